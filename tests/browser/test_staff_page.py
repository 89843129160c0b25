"""A day at the desk: what staff do with an entry, in the documentation page, with what it fills in by itself."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.browser.page_monitor import PageMonitor
from tests.browser.staff_page import ANSWER, BODY, PATIENCE, StaffPage

pytestmark = pytest.mark.browser
GUIDE = Path(__file__).parents[2] / "docs" / "staff-guide"
REFERENCE = """TY  - JOUR
AU  - Bloggs, Jo
AU  - van der Berg, Jan
TI  - What a pasted reference becomes
T2  - Journal of Examples
PY  - 2023
VL  - 4
SP  - 11
EP  - 29
ER  - 
"""


@pytest.fixture(scope="module")
def desk(browser: Browser, address: str, key: str) -> Iterator[StaffPage]:
    """One page, open all day, and somebody who has shown it their key. What it complained of is asked at the end."""
    with browser.new_context(viewport={"width": 1000, "height": 680}) as context:
        page = context.new_page()
        witness = PageMonitor(page)
        page.goto(f"{address}/docs")
        expect(page.locator(".opblock").first).to_be_visible(timeout=PATIENCE)
        found = StaffPage(page, GUIDE if os.environ.get("GUIDE") else None)
        found.authorise(key)
        yield found
        assert [each for each in witness.complaints if "status of 4" not in each] == []


def test_the_way_in_is_a_link(desk: StaffPage) -> None:
    page = desk.page
    page.get_by_role("link", name="Staff", exact=True).click()
    page.get_by_role("link", name="a publication", exact=True).click()
    block = page.locator("[id='operations-staff-create_publication']")
    expect(block.locator(".opblock-summary-control")).to_be_in_viewport(timeout=PATIENCE)
    expect(block.get_by_role("button", name="Execute")).to_be_visible()
    assert len(page.context.pages) == 1
    page.go_back()
    page.get_by_role("link", name="Staff", exact=True).click()
    expect(page.get_by_role("link", name="a publication", exact=True)).to_be_in_viewport(timeout=PATIENCE)


def test_from_the_example_to_the_tombstone(desk: StaffPage, address: str) -> None:
    page = desk.page
    page.get_by_role("link", name="Staff", exact=True).click()
    expect(page.get_by_role("link", name="a publication", exact=True)).to_be_visible(timeout=PATIENCE)
    desk.picture("section")

    form = desk.open("get_dashboard")
    assert form.execute(200)["name"] == "Ann Editor"
    form.picture("who-i-am", ANSWER)

    form = desk.open("create_publication").picture("add")
    made = form.execute(201)
    form.picture("added", ANSWER)
    assert (made["state"], made["version"], made["public"]) == ("draft", 1, None)
    slug = made["slug"]

    form = desk.open("edit_publication").fill("slug", slug)
    wrong = form.write({"version": 1, "title": "", "issued": "May 2024", "terms": {"format": ["reprot"]}}).execute(422)
    form.picture("mistakes", ANSWER)
    assert wrong["detail"] == "`title` may not be empty. See `errors` for 1 more."
    assert [each["pointer"] for each in wrong["errors"]] == ["/title", "/issued"]

    correction = {"version": 1, "title": "An example of a report, corrected", "note": "As its title page has it."}
    corrected = form.write(correction).execute(200)
    assert (corrected["version"], corrected["data"]["title"]) == (2, "An example of a report, corrected")

    overtaken = form.write({"version": 1, "summary": "Written without having seen the correction."}).execute(412)
    form.picture("overtaken", ANSWER)
    assert overtaken["version"] == 2
    assert set(overtaken["differences"]) == {"title", "summary"}

    assert step(desk, "submit", slug, {"version": 2})["state"] == "in_review"
    published = step(desk, "publish", slug, {"version": 3}, picture="published")
    assert (published["state"], published["public"]["state"]) == ("published", "live")

    listed = desk.open("list_publications", "explore").choose("topic", "trustworthy-innovation").execute(200)
    assert slug in [each["slug"] for each in listed["results"]]
    assert httpx.get(f"{address}/v1/publications/{slug}").json()["title"] == "An example of a report, corrected"

    change_what_is_public(desk, slug, address)
    schedule_and_take_back(desk, slug)
    reason = {"version": 7, "reason": "It was an example."}
    assert step(desk, "withdraw", slug, reason)["public"]["state"] == "gone"
    tombstone = httpx.get(f"{address}/v1/publications/{slug}")
    assert (tombstone.status_code, tombstone.json()["reason"]) == (410, "It was an example.")
    assert step(desk, "reinstate", slug, {"version": 8})["public"]["state"] == "live"

    form = desk.open("list_revisions").choose("resource_type", "publications").fill("slug", slug)
    history = form.execute(200)["results"]
    form.picture("history", ANSWER)
    steps = ["reinstate", "withdraw", "unschedule", "schedule", "edit", "publish", "submit", "edit", "create"]
    assert [each["action"] for each in history][: len(steps)] == steps


def change_what_is_public(desk: StaffPage, slug: str, address: str) -> None:
    """Readers see nothing of it before it is published."""
    form = desk.open("edit_publication").fill("slug", slug)
    form.write({"version": 4, "summary": "A better sentence."}).execute(200)
    assert httpx.get(f"{address}/v1/publications/{slug}").json()["summary"] == "What it found, in a sentence or two."
    form = desk.open("compare_resource").choose("resource_type", "publications").fill("slug", slug)
    changes = form.execute(200)["changes"]
    form.picture("compared", ANSWER)
    assert changes["summary"] == {"old": "What it found, in a sentence or two.", "new": "A better sentence."}


def schedule_and_take_back(desk: StaffPage, slug: str) -> None:
    plan = {"version": 5, "publish_at": "2099-01-31T09:00:00Z"}
    assert step(desk, "schedule", slug, plan)["publish_at"] == "2099-01-31T09:00:00Z"
    assert step(desk, "unschedule", slug, {"version": 6})["publish_at"] is None


def step(desk: StaffPage, name: str, slug: str, body: Any, picture: str | None = None) -> Any:
    form = desk.open(f"{name}_entry").choose("resource_type", "publications").fill("slug", slug).write(body)
    answer = form.execute(200)
    if picture is not None:
        form.picture(picture, ANSWER)
    return answer


def test_a_pasted_reference_becomes_a_draft(desk: StaffPage) -> None:
    form = desk.open("import_records").write(REFERENCE).picture("import", BODY)
    proposed = form.execute(200)
    form.picture("proposed", ANSWER)
    (record,) = proposed["records"]
    assert record["outcome"] == "proposed"
    assert record["data"]["title"] == "What a pasted reference becomes"
    assert record["origin"]["venue"] == "T2"

    (record,) = form.choose("create", "true").execute(201)["records"]
    assert (record["outcome"], record["links"]["entry"].rpartition("/")[2]) == ("created", record["slug"])

    (again,) = form.execute(201)["records"]
    assert (again["outcome"], again["duplicates"][0]["slug"]) == ("duplicate", record["slug"])

    form = desk.open("list_staff_entries").choose("state", "draft").fill("q", "pasted")
    assert [each["slug"] for each in form.execute(200)["results"]] == [record["slug"]]


def test_a_typed_fault_in_the_json_is_found(desk: StaffPage) -> None:
    wrong = desk.open("create_publication").write('{"slug": "one", "title": "Two" "issued": "2024"}').execute(400)
    assert "line 1, column 32" in json.dumps(wrong)
