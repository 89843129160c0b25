"""The work of staff in their page: each task as the guide tells it, without typing a slug, a version or a brace."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Dialog, FilePayload, Page, Route, expect

from tests.browser.documentation_page import PATIENCE
from tests.browser.page_monitor import PageMonitor
from tests.browser.staff_page import StaffPage
from tests.browser.test_accessibility import broken

pytestmark = pytest.mark.browser
GUIDE = Path(__file__).parents[2] / "docs" / "staff-guide"
TITLE = "What a report may be called"
LATE = "What a slow line shows late"
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
    """One page, open all day, of somebody who has pasted their key. What it complained of is asked at the end."""
    with browser.new_context(viewport={"width": 1100, "height": 760}) as context:
        page = context.new_page()
        witness = PageMonitor(page)
        page.goto(f"{address}/docs/staff")
        expect(page.get_by_role("link", name="Add a publication, as a draft")).to_be_visible(timeout=PATIENCE)
        found = StaffPage(page, GUIDE if os.environ.get("GUIDE") else None)
        found.authorise(key)
        found.picture("tasks")
        yield found
        assert [each for each in witness.complaints if "status of 4" not in each] == []


def public(address: str, title: str) -> httpx.Response:
    """The entry with this title, as readers find it."""
    found = httpx.get(f"{address}/v1/entries", params={"q": f'"{title}"'}).json()["results"]
    return httpx.get(found[0]["url"]) if found else httpx.Response(404)


def test_an_entry_from_the_first_draft_to_the_correction(desk: StaffPage, address: str) -> None:
    assert desk.task("See what awaits me, and my key").send()["name"] == "Ann Editor"
    form = desk.task("Add a publication, as a draft")
    form.fill("Title", TITLE).fill("Summary", "What it found.").fill("Date", "2024-05")
    form.assign("Formats", "Report").assign("Topics", "Ethical and trustworthy innovation").picture("add")
    form.send(status=201)
    assert form.headline == f"Saved: “{TITLE}” is a draft, version 1."
    form.picture("added")

    form = desk.go_on("Ask for review", "Submit an entry for review")
    form.send()
    assert form.headline == f"Saved: “{TITLE}” is in review, version 2."
    form = desk.go_on("Publish", "Publish an entry now")
    expect(form.main.get_by_label("Which one")).to_have_value(TITLE, timeout=PATIENCE)
    form.send()
    form.picture("published")
    assert public(address, TITLE).json()["issued"] == "2024-05"

    form = desk.go_on("Correct", "Correct a publication")
    form.fill("Summary", "What it found, in a sentence.").fill("Note", "As its first page has it.").send()
    assert "your changes wait" in form.headline
    form.picture("corrected")
    assert public(address, TITLE).json()["summary"] == "What it found."
    desk.go_on("Publish", "Publish an entry now").send()
    assert public(address, TITLE).json()["summary"] == "What it found, in a sentence."
    assert broken(desk.page) == {}


def test_what_is_wrong_is_said_beside_the_field(desk: StaffPage) -> None:
    form = desk.task("Correct a publication").which(TITLE)
    form.fill("Date", "Spring 2024")
    form.send(status=422)
    assert form.headline == "Nothing was saved. One thing needs correcting:"
    expect(form.answer.locator(".faults")).to_contain_text("must be a year, a month or a day, for example 2022")
    form.picture("mistakes")
    link = form.answer.get_by_role("link", name="Date", exact=True)
    link.click()
    expect(form.main.get_by_label("Date", exact=True)).to_be_focused()
    assert form.main.get_by_label("Date", exact=True).get_attribute("aria-invalid") == "true"
    assert broken(desk.page) == {}
    form.fill("Date", "2024-06").send()


def test_when_somebody_was_faster_each_field_is_chosen_from_both(desk: StaffPage, address: str, key: str) -> None:
    form = desk.task("Correct a publication").which(TITLE)
    here = f"{address}/v1/staff/publications/what-a-report-may-be-called"
    holder = {"Authorization": f"Bearer {key}"}
    version = httpx.get(here, headers=holder).json()["version"]
    theirs = {"version": version, "venue": "Elsewhere", "summary": "Theirs.", "issued": "2024-07"}
    httpx.patch(here, headers=holder, json=theirs).raise_for_status()
    form.fill("Summary", "Written without having seen the other change.").fill("Date", "2024-08").send(status=412)
    assert form.headline == "Nothing is saved yet, and nothing is lost."
    expect(form.answer).to_contain_text(
        re.compile(r"You changed it .+ \(date, summary, venue\); nobody else changed it\.")
    )
    chosen = form.answer.get_by_role("group")
    expect(chosen.filter(has_text="Venue").get_by_role("radio", name="Theirs: Elsewhere")).to_be_checked()
    form.press("Save what is chosen")
    expect(form.answer.get_by_role("alert")).to_have_text("Choose one of the two first.")
    expect(chosen.filter(has_text="Date").get_by_role("radio", name="Mine: 2024-08")).to_be_focused()
    chosen.filter(has_text="Date").get_by_role("radio", name="Theirs: 2024-07").check()
    chosen.filter(has_text="Summary").get_by_role("radio", name="Mine: Written without").check()
    form.picture("overtaken")
    assert broken(desk.page) == {}
    form.send("Save what is chosen")
    kept = httpx.get(here, headers=holder).json()["data"]
    assert (kept["venue"], kept["issued"], kept["summary"]) == (
        "Elsewhere",
        "2024-07",
        "Written without having seen the other change.",
    )


def held(page: Page, path: str, method: str = "GET") -> list[Route]:
    """Requests to such addresses, which wait until somebody lets them go on."""
    found: list[Route] = []

    def hold(route: Route) -> None:
        if route.request.method == method:
            found.append(route)
        else:
            route.continue_()

    page.route(re.compile(path), hold)
    return found


def let_go(page: Page, routes: list[Route]) -> None:
    for each in routes:
        each.continue_()
    page.unroute_all()


def test_what_was_added_before_it_was_shown_is_added_to_what_is_there(desk: StaffPage, address: str, key: str) -> None:
    holder = {"Authorization": f"Bearer {key}"}
    made = {
        "title": LATE,
        "resources": [{"type": "view", "url": "https://example.org/first"}],
        "terms": {"format": ["report"], "topic": ["trustworthy-innovation"]},
        "alternative_titles": ["Late"],
        "picture": {"url": "https://example.org/late.png", "alternative_text": "A line"},
    }
    httpx.post(f"{address}/v1/staff/publications", headers=holder, json=made).raise_for_status()
    late = held(desk.page, r"/v1/staff/publications/what-a-slow-line-shows-late$")
    form = desk.task("Correct a publication").name("Which one", LATE).press("Add a link")
    form.choose("Type", "Watch").fill("URL", "https://example.org/second").fill("Summary", "Written early. ")
    form.assign("Topics", "Defining innovation").unfold("More about it")
    form.fill("Alternative text", "A slow line").fill("Alternative titles", "Later\nLa")
    let_go(desk.page, late)
    expect(form.status).to_contain_text("You see", timeout=PATIENCE)
    expect(form.main.get_by_role("button", name="Remove this link")).to_have_count(2)
    expect(form.main.get_by_label("Summary").first).to_have_value("Written early. ")
    expect(form.main.get_by_label("Alternative titles")).to_be_focused()
    desk.page.keyboard.type("st")
    expect(form.main.get_by_label("Alternative titles")).to_have_value("Late\nLater\nLast")
    data = form.send()["data"]
    assert [each["url"] for each in data["resources"]] == ["https://example.org/first", "https://example.org/second"]
    assert data["terms"]["topic"] == ["trustworthy-innovation", "defining-innovation"]
    assert data["picture"] == {"url": "https://example.org/late.png", "alternative_text": "A slow line"}
    assert (data["summary"], data["alternative_titles"]) == ("Written early.", ["Late", "Later", "Last"])


def test_a_row_that_was_added_stays_when_what_is_there_is_read_again(desk: StaffPage, address: str, key: str) -> None:
    form = desk.task("Correct a publication").which(LATE).press("Add a link")
    here = f"{address}/v1/staff/publications/what-a-slow-line-shows-late"
    holder = {"Authorization": f"Bearer {key}"}
    theirs = {"version": httpx.get(here, headers=holder).json()["version"], "venue": "Elsewhere"}
    httpx.patch(here, headers=holder, json=theirs).raise_for_status()
    form.main.get_by_label("Which one").dispatch_event("change")
    expect(form.main.get_by_label("Venue")).to_have_value("Elsewhere", timeout=PATIENCE)
    expect(form.main.get_by_role("button", name="Remove this link")).to_have_count(3)


def test_what_is_typed_while_it_is_read_again_is_not_sent_over_what_was_not_seen(
    desk: StaffPage, address: str, key: str
) -> None:
    form = desk.task("Correct a publication").which(LATE)
    here = f"{address}/v1/staff/publications/what-a-slow-line-shows-late"
    holder = {"Authorization": f"Bearer {key}"}
    late = held(desk.page, r"/v1/staff/publications/what-a-slow-line-shows-late$")
    form.main.get_by_label("Which one").dispatch_event("change")
    theirs = {"version": httpx.get(here, headers=holder).json()["version"], "summary": "Theirs."}
    httpx.patch(here, headers=holder, json=theirs).raise_for_status()
    form.fill("Summary", "Mine.")
    let_go(desk.page, late)
    form.send(status=412)
    chosen = form.answer.get_by_role("group").filter(has_text="Summary")
    chosen.get_by_role("radio", name="Theirs: Theirs.").check()
    form.fill("Venue", "Written after the refusal")
    assert form.send("Save what is chosen")["data"]["venue"] == "Written after the refusal"


def test_a_row_that_was_removed_is_a_change(desk: StaffPage) -> None:
    form = desk.task("Correct a publication").which(LATE)
    form.main.get_by_role("button", name="Remove this link").first.click()
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.dismiss()

    desk.page.once("dialog", stay)
    desk.page.get_by_label("What do you want to do?").fill("add a site")
    desk.page.get_by_role("navigation", name="Tasks").get_by_role("link", name="Add a site, as a draft").click()
    assert asked == ["Leave this form? What you wrote was not sent."]
    assert [each["url"] for each in form.send()["data"]["resources"]] == ["https://example.org/second"]


def test_nothing_is_typed_into_what_is_being_saved(desk: StaffPage) -> None:
    form = desk.task("Correct a publication").which(LATE).fill("Venue", "Somewhere")
    late = held(desk.page, r"/v1/staff/publications/what-a-slow-line-shows-late$", "PATCH")
    form.submit()
    expect(form.main.locator("form[inert]")).to_have_count(1, timeout=PATIENCE)
    let_go(desk.page, late)
    expect(form.answer.locator(".headline")).to_contain_text("version", timeout=PATIENCE)
    expect(form.main.locator("form[inert]")).to_have_count(0)


def test_a_question_comes_before_another_one_is_shown_over_what_was_not_sent(desk: StaffPage) -> None:
    form = desk.task("Correct a publication").which(LATE).fill("Summary", "Of this one alone.")
    asked: list[str] = []

    def answered(dialog: Dialog, *, yes: bool) -> None:
        asked.append(dialog.message)
        dialog.accept() if yes else dialog.dismiss()

    desk.page.once("dialog", lambda dialog: answered(dialog, yes=False))
    form.name("Which one", TITLE)
    expect(form.main.get_by_label("Which one")).to_have_value(LATE, timeout=PATIENCE)
    assert form.main.get_by_label("Summary").first.input_value() == "Of this one alone."
    desk.page.once("dialog", lambda dialog: answered(dialog, yes=True))
    form.name("Which one", TITLE)
    expect(form.status).to_contain_text(TITLE, timeout=PATIENCE)
    expect(form.main.get_by_label("Summary").first).not_to_have_value("Of this one alone.")
    assert asked == ["Show another one? What you wrote was not sent."] * 2
    form.submit()
    expect(form.answer.locator(".headline")).to_contain_text("Nothing was sent: you changed nothing", timeout=PATIENCE)


def test_who_stays_with_what_they_wrote_by_cancelling_sends_nothing(desk: StaffPage, address: str, key: str) -> None:
    here = f"{address}/v1/staff/publications/what-a-slow-line-shows-late"
    holder = {"Authorization": f"Bearer {key}"}
    version = httpx.get(here, headers=holder).json()["version"]
    form = desk.task("Correct a publication").which(LATE).fill("Summary", "Kept, and not sent.")
    desk.page.once("dialog", lambda dialog: dialog.dismiss())
    form.fill("Which one", TITLE)
    desk.page.keyboard.press("Enter")
    expect(form.main.get_by_label("Which one")).to_have_value(LATE, timeout=PATIENCE)
    assert form.main.get_by_label("Summary").first.input_value() == "Kept, and not sent."
    desk.page.wait_for_load_state("networkidle")
    assert httpx.get(here, headers=holder).json()["version"] == version
    assert form.send()["data"]["summary"] == "Kept, and not sent."


def test_whoever_comes_back_to_an_entry_before_another_one_came_sees_it_whole(desk: StaffPage) -> None:
    form = desk.task("Correct a publication").which(LATE)
    late = held(desk.page, r"/v1/staff/publications/what-a-report-may-be-called$")
    form.name("Which one", TITLE)
    expect(form.main.get_by_label("Summary").first).to_have_value("", timeout=PATIENCE)
    form.name("Which one", LATE)
    expect(form.main.get_by_label("Summary").first).to_have_value("Kept, and not sent.", timeout=PATIENCE)
    let_go(desk.page, late)
    data = form.press("Add a link").fill("Venue", "Here").send()["data"]
    assert [each["url"] for each in data["resources"]] == ["https://example.org/second"]


def test_what_was_saved_and_could_not_be_read_again_stays_with_its_entry(desk: StaffPage) -> None:
    form = desk.task("Correct a publication").which(LATE).fill("Summary", "Saved, and not read again.")
    path = re.compile(r"/v1/staff/publications/what-a-slow-line-shows-late$")
    busy = {"title": "Too many requests"}
    desk.page.route(
        path, lambda each: each.fulfill(status=429, json=busy) if each.request.method == "GET" else each.continue_()
    )
    form.send()
    desk.page.unroute_all()
    form.name("Which one", TITLE)
    expect(form.status).to_contain_text(TITLE, timeout=PATIENCE)
    expect(form.main.get_by_label("Summary").first).not_to_have_value("Saved, and not read again.")
    form.name("Which one", LATE)
    expect(form.status).to_contain_text(LATE, timeout=PATIENCE)
    assert form.fill("Venue", "There").send()["data"]["summary"] == "Saved, and not read again."


def test_a_term_is_taken_away_though_the_lists_of_terms_came_after_the_entry(
    page: Page, address: str, key: str
) -> None:
    page.goto(f"{address}/docs/staff")
    late = held(page, r"/v1/vocabularies\?")
    desk = StaffPage(page)
    desk.authorise(key)
    form = desk.task("Correct a publication").which(LATE)
    let_go(page, late)
    form.unfold("Topics: ")
    form.main.get_by_label("Defining innovation", exact=True).uncheck()
    form.main.get_by_label("Ethical and trustworthy innovation", exact=True).uncheck()
    assert list(form.send()["data"]["terms"]) == ["format"]


def test_a_term_that_the_lists_do_not_have_can_be_taken_away(desk: StaffPage, address: str, key: str) -> None:
    holder = {"Authorization": f"Bearer {key}"}
    desk.task("Correct a publication").which(LATE).unfold("Topics")  # with the lists of terms, which are read once
    of_a_colleague = {"label": "A topic of a colleague"}
    httpx.post(f"{address}/v1/staff/vocabularies/topic/terms", headers=holder, json=of_a_colleague).raise_for_status()
    here = f"{address}/v1/staff/publications/what-a-slow-line-shows-late"
    theirs = {"version": httpx.get(here, headers=holder).json()["version"]}
    terms = {"topic": ["a-topic-of-a-colleague", "defining-innovation"]}
    httpx.patch(here, headers=holder, json=theirs | {"terms": terms}).raise_for_status()
    form = desk.task("Correct a publication").which(LATE)
    form.unfold("Topics: Defining innovation, a-topic-of-a-colleague (not in this list)")
    form.main.get_by_label("a-topic-of-a-colleague (not in this list)").uncheck()
    assert form.send()["data"]["terms"]["topic"] == ["defining-innovation"]
    expect(form.main.get_by_label("a-topic-of-a-colleague (not in this list)")).to_have_count(0)


def test_what_was_typed_for_a_name_that_nothing_has_is_for_the_one_that_was_meant(desk: StaffPage) -> None:
    form = desk.task("Correct a publication").fill("Summary", "Written first.")
    form.fill("Which one", "what-a-slow-line-shows-lat").main.get_by_label("Which one").press("Tab")
    form.press(f"Take “{LATE}”")
    expect(form.status).to_contain_text(f"You see: “{LATE}”", timeout=PATIENCE)
    assert form.send()["data"]["summary"] == "Written first."


def test_versions_that_come_late_are_not_shown_for_another_one(desk: StaffPage) -> None:
    late = held(desk.page, r"/publications/what-a-slow-line-shows-late/revisions")
    form = desk.task("See a version of an entry or a person").name("Which one", LATE).name("Which one", TITLE)
    form.choose("Version", re.compile("^Version 1: created by Ann Editor"))
    shown = form.main.get_by_label("Version").first.inner_text()
    with desk.page.expect_response(re.compile("what-a-slow-line-shows-late/revisions")) as answered:
        let_go(desk.page, late)
    answered.value.finished()
    assert form.send()["data"]["title"] == TITLE
    assert form.main.get_by_label("Version").first.inner_text() == shown


def test_a_webhook_is_changed(desk: StaffPage) -> None:
    form = desk.task("Create a webhook").fill("Name", "A library").fill("URL", "https://library.example.org/hook")
    made = form.fill("Owner", "systems@example.org").send(status=201)
    form = desk.task("Change, pause or resume a webhook").choose("Which one", re.compile("^A library"))
    expect(form.main.get_by_label("Owner")).to_have_value("systems@example.org", timeout=PATIENCE)
    assert form.choose("State", "Paused").send() == {**made, "secret": None, "state": "paused", "version": 2} | {
        "pause_reason": "asked"
    }


def test_what_is_emptied_and_unticked_goes(desk: StaffPage, address: str, key: str) -> None:
    form = desk.task("Correct a publication").which(TITLE)
    form.fill("Venue", "")
    form.main.locator("summary").filter(has_text="Topics: ").click()
    form.main.get_by_label("Ethical and trustworthy innovation", exact=True).uncheck()
    data = form.send()["data"]
    assert (data["venue"], list(data["terms"])) == (None, ["format"])


def test_a_name_that_nothing_has_is_answered_with_the_nearest(desk: StaffPage) -> None:
    form = desk.task("Correct a publication").fill("Which one", "what-a-report-may-be-caled")
    form.main.get_by_label("Which one").press("Tab")
    form.press(f"Take “{TITLE}”")
    expect(form.status).to_contain_text(f"You see: “{TITLE}”", timeout=PATIENCE)
    assert broken(desk.page) == {}


def test_what_was_typed_is_looked_up_before_it_is_sent(desk: StaffPage) -> None:
    title = "Pressed at once"
    desk.task("Add an event, as a draft").fill("Title", title).assign("Formats", "Event").send(status=201)
    form = desk.task("Submit an entry for review").fill("Which one", title)
    assert form.send()["version"] == 2
    form = desk.go_on("History", "See the history of an entry or a person")
    expect(form.main.get_by_label("Which one")).to_have_value(title, timeout=PATIENCE)
    form = desk.task("Publish an entry now").fill("Which one", "Pressd at once").submit()
    expect(form.answer.locator(".headline")).to_have_text(
        "Nothing was sent. Which one, “Pressd at once”: nothing is called so. Did you mean:", timeout=PATIENCE
    )
    assert broken(desk.page) == {}
    form.press(f"Take “{title}”")
    expect(form.status).to_contain_text(f"You see: “{title}”", timeout=PATIENCE)
    assert form.send()["state"] == "published"


def test_a_key_without_the_scope_learns_who_can_grant_it_and_what_was_typed_stays(
    desk: StaffPage, address: str, key: str
) -> None:
    holder = {"Authorization": f"Bearer {key}"}
    reading = {"name": "Only Reader", "scopes": ["entries:read"], "expires_in_days": 1}
    made = httpx.post(f"{address}/v1/staff/keys", headers=holder, json=reading).json()
    form = desk.task("Add a publication, as a draft").fill("Title", "Typed with another key")
    desk.page.get_by_role("button", name="Forget the key").click()
    desk.authorise(made["key"])
    form.send(status=403)
    assert form.headline == "Your key may not do this."
    expect(form.answer).to_contain_text(
        "This requires a key with entries:write: Create and change entries; nothing is public until it is published. "
        "Whoever may manage keys can make you one."
    )
    httpx.delete(f"{address}/v1/staff/keys/{made['id']}", headers=holder).raise_for_status()
    form.send(status=401)
    form.press("Paste another key")
    expect(desk.page.get_by_label("Your key")).to_be_focused()
    desk.authorise(key)
    assert form.send(status=201)["data"]["title"] == "Typed with another key"


def test_json_that_cannot_be_read_is_shown_by_its_line(desk: StaffPage) -> None:
    form = desk.task("Preview a digest")
    form.main.locator("summary").get_by_text("Where", exact=True).click()
    form.fill("Where", '{"field": "issued",\n "value" 2024}')
    form.submit()
    wanted = "Nothing was sent: Where is no JSON. Line 2, column 10: expected a colon."
    expect(form.answer.locator(".headline")).to_have_text(wanted, timeout=PATIENCE)
    expect(form.answer.locator("pre")).to_have_text(' "value" 2024}\n         ^')
    expect(form.main.get_by_label("Where")).to_have_attribute("aria-invalid", "true")
    form.fill("Where", "").fill("Words", "innovation").send()


def test_a_list_of_terms_that_only_filters_says_nothing_of_publishing(desk: StaffPage) -> None:
    form = desk.task("Preview a digest")
    formats = form.main.locator("summary").filter(has_text="Formats")
    expect(formats).to_have_text("Formats", timeout=PATIENCE)
    form.assign("Formats", "Report").main.get_by_label("Video", exact=True).first.check()
    expect(form.main.get_by_label("Report", exact=True).first).to_be_checked()
    form.send()
    form = desk.task("Add a publication, as a draft")
    expect(form.main.locator("summary").filter(has_text="Formats")).to_have_text(
        "Formats (needed before it is published)"
    )


def test_what_is_only_looked_at_is_looked_at_again_each_time(desk: StaffPage) -> None:
    form = desk.task("Preview a digest").fill("Words", "innovation")
    expect(form.main.get_by_role("button", name="Check only, change nothing")).to_have_count(0)
    for _ in range(2):
        form.send()
        assert form.headline.startswith("Subject: ")
    form = desk.task("Import references: propose entries or create drafts").fill("Paste here", REFERENCE)
    for _ in range(2):
        form.send()
        assert form.headline == "1 read. Nothing is saved yet."


def test_a_new_author_is_added_from_the_form(desk: StaffPage) -> None:
    form = desk.task("Add a publication, as a draft").fill("Title", "By somebody new")
    form.main.get_by_role("button", name="Add a contributor").click()
    form.fill("Person or organisation", "Newcomer, Robin").choose("Role", "Author").send(status=422)
    form.picture("new-person")
    form.answer.get_by_role("button", name="Add “Newcomer, Robin” as a new person").click()
    expect(form.answer.locator(".headline")).to_have_text(
        "Saved: “By somebody new” is a draft, version 1.", timeout=PATIENCE
    )
    expect(form.answer).to_contain_text("Before it can be published it needs: format.")
    form = desk.task("See what awaits me, and my key")
    assert [each["title"] for each in form.send()["mine"]][:1] == ["By somebody new"]
    form.picture("who-i-am")


ONCE = "nothing was saved a second time. To do it once more, open the form anew."


def test_what_was_saved_is_not_made_a_second_time_by_pressing_again(desk: StaffPage, address: str, key: str) -> None:
    form = desk.task("Add a person").fill("Name", "Pressed Twice")
    form.main.locator("button[type=submit]").dblclick()
    expect(form.answer.locator(".headline")).to_have_text(
        "Saved: “Pressed Twice” is published, version 1.", timeout=PATIENCE
    )
    made = form.send(status=201)["id"]
    assert form.headline == f"This was saved already: {ONCE}"
    expect(form.answer).to_contain_text("Saved: “Pressed Twice” is published, version 1.")
    form.answer.get_by_role("button", name="Correct").wait_for()
    holder = {"Authorization": f"Bearer {key}"}
    people = f"{address}/v1/staff/people?q=Pressed%20Twice"
    assert [each["id"] for each in httpx.get(people, headers=holder).json()["results"]] == [made]
    form = desk.task("Add a person").fill("Name", "Pressed Twice")
    assert form.send(status=201)["id"] != made
    expect(form.answer).to_contain_text("This name is here already: people/pressed-twice.")


def test_what_was_corrected_is_not_corrected_a_second_time_by_pressing_again(desk: StaffPage) -> None:
    form = desk.task("Correct a publication").which(TITLE).fill("Venue", "Here")
    corrected = form.send()
    form.submit()
    expect(form.answer.locator(".headline")).to_have_text(
        "Nothing was sent: you changed nothing since it was shown or saved."
    )
    assert form.fill("Venue", "").send()["version"] == corrected["version"] + 1


def test_withdrawn_and_reinstated(desk: StaffPage, address: str) -> None:
    form = desk.task("Withdraw an entry").which(TITLE)
    form.fill("Reason", "It was an example.").send()
    gone = httpx.get(f"{address}/v1/publications/what-a-report-may-be-called")
    assert (gone.status_code, gone.json()["reason"]) == (410, "It was an example.")
    form = desk.task("Correct a publication").which(TITLE).fill("Venue", "Out of sight")
    form.send()
    assert form.headline.startswith(f"Saved: “{TITLE}” is withdrawn, with changes that wait, version ")
    desk.go_on("Reinstate", "Reinstate a withdrawn entry").send()
    assert httpx.get(gone.request.url).status_code == 200
    form = desk.go_on("History", "See the history of an entry or a person")
    actions = [each["action"] for each in form.send()["results"]]
    first = form.answer.get_by_role("row").last
    expect(first).to_contain_text(re.compile(f"Created.*“{TITLE}”"))
    assert first.locator("details[open]").count() == 0
    assert re.fullmatch(r"\d\d fields", first.locator("summary").inner_text())
    expect(form.answer.locator("tr").filter(has_text="Withdrawn")).to_contain_text("It was an example.")
    form.picture("history")
    assert actions[:3] == ["reinstate", "edit", "withdraw"]


def test_two_versions_are_compared_field_by_field(desk: StaffPage) -> None:
    form = desk.task("Correct a publication").which(TITLE)
    form.fill("Venue", "A journal").fill("Note", "As its first page has it.").send()
    form = desk.task("Compare an entry with what is published").name("Which one", TITLE)
    form.send()
    assert form.headline == "1 field differs from what is published."
    expect(form.answer.get_by_role("row").nth(1)).to_have_text("VenueOut of sightA journal")
    history = desk.task("See the history of an entry or a person").name("Which one", TITLE)
    history.send()
    expect(history.answer.get_by_role("row").nth(1)).to_contain_text("Venue: before: Out of sight; now: A journal")
    form = desk.task("See a version of an entry or a person").name("Which one", TITLE)
    form.choose("Version", re.compile("^Version 2: submitted for review by Ann Editor")).send()
    assert form.headline.startswith("Version 2: submitted for review by Ann Editor on ")
    said = form.answer.get_by_role("region", name="All that was said then").get_by_role("row")
    expect(said.filter(has_text="Summary")).to_have_text("SummaryWhat it found.")
    form = desk.go_on("Restore version 2", "Restore a version of an entry or a person")
    expect(form.main.get_by_label("Version")).to_have_value("2", timeout=PATIENCE)


def test_what_was_done_is_told_by_its_title(desk: StaffPage) -> None:
    title = "Told by its title"
    desk.task("Add a publication, as a draft").fill("Title", title).assign("Formats", "Report").send(status=201)
    desk.go_on("Publish", "Publish an entry now").send()
    for summary in ("Thrown away.", "It waits."):
        desk.task("Correct a publication").which(title).fill("Summary", summary).send()
        if summary == "Thrown away.":
            form = desk.task("Discard unpublished changes to an entry").which(title)
            form.send("Check only, change nothing")
            expect(form.answer).to_contain_text("These changes are thrown away: summary.")
            form.send()
            assert form.headline == f"Discarded: the changes to “{title}” are thrown away; it is published, version 4."
    form = desk.task("Withdraw an entry").which(title).fill("Reason", "An example.")
    form.send("Check only, change nothing")
    expect(form.answer).to_contain_text(f"Readers no longer find “{title}”")
    form.send()
    assert form.headline == f"Withdrawn: “{title}” is no longer public; the changes wait as a draft, version 6."
    form = desk.go_on("Reinstate", "Reinstate a withdrawn entry")
    form.send()
    assert form.headline == f"Reinstated: “{title}” is published, with the changes that waited, version 7."


def test_a_draft_is_deleted_by_its_title(desk: StaffPage) -> None:
    for title in ("Deleted as a draft", "Deleted never"):
        desk.task("Add a publication, as a draft").fill("Title", title).assign("Formats", "Report").send(status=201)
    desk.go_on("Publish", "Publish an entry now").send()
    form = desk.task("Delete a draft").name("Which one", "Deleted")
    expect(form.options("Which one")).to_have_count(1)
    form.which("Deleted as a draft").submit()
    expect(form.answer).to_contain_text("Fill in: Confirm.")
    form.fill("Confirm", "Deleted as a draft").send(status=204)
    assert form.headline == "Deleted: the draft “Deleted as a draft”. This cannot be undone."


def test_a_merge_says_what_it_changes_and_asks_for_the_name(desk: StaffPage) -> None:
    for name in ("Jo Example", "Jo Exemplar"):
        desk.task("Add a person").fill("Name", name).send(status=201)
    form = desk.task("Merge an entry or a person into another").which("Jo Exemplar")
    form.name("Into which one", "Jo Example")
    form.submit()
    expect(form.answer).to_contain_text("Fill in: Confirm.")
    checked = form.send("Check only, change nothing")
    assert checked["effects"] == [
        "Jo Exemplar is merged into Jo Example, and its address leads there. Nothing names it."
    ]
    form.picture("merge")
    form.fill("Confirm", "Jo Example").send(status=422)
    form.fill("Confirm", "Jo Exemplar").send()
    assert form.headline == "Merged: “Jo Exemplar” into “Jo Example”."


def test_people_of_the_same_name_are_distinguished_where_they_are_chosen(
    desk: StaffPage, address: str, key: str
) -> None:
    holder = {"Authorization": f"Bearer {key}"}
    orcid = {"scheme": "orcid", "value": "0000-0002-1825-0097"}
    made = [
        {"name": "Alex Namesake", "identifiers": [orcid], "affiliations": [{"organisation": "university-of-sussex"}]},
        {"name": "Alex Namesake"},
    ]
    for each in made:
        httpx.post(f"{address}/v1/staff/people", headers=holder, json=each).raise_for_status()
    goes = "Alex Namesake (0 entries, alex-namesake-2)"
    stays = "Alex Namesake (ORCID 0000-0002-1825-0097, University of Sussex, 0 entries, alex-namesake)"
    form = desk.task("Merge an entry or a person into another").name("Which one", "Alex Namesake", goes)
    assert sorted(str(each.get_attribute("value")) for each in form.options("Which one").all()) == [goes, stays]
    expect(form.status).to_contain_text("You see: “Alex Namesake”", timeout=PATIENCE)
    form.name("Into which one", "Alex Namesake", stays)
    assert form.send("Check only, change nothing")["effects"][0].startswith(
        "Alex Namesake (alex-namesake-2) is merged into Alex Namesake (alex-namesake), "
    )
    assert form.fill("Confirm", "Alex Namesake").send()["slug"] == "alex-namesake"
    desk.task("Add a person").fill("Name", "Michelle Lefevre").send(status=201)
    form = desk.task("Merge an entry or a person into another").name("Which one", "Michelle Lefevre")
    known = form.main.locator("datalist option[value$='5 entries, michelle-lefevre)']")
    expect(known).to_be_attached()
    fresh = "Michelle Lefevre (0 entries, michelle-lefevre-2)"
    form.name("Which one", "Michelle Lefevre", fresh)
    form.name("Into which one", "Michelle Lefevre", known.get_attribute("value"))
    form.fill("Confirm", "Michelle Lefevre").send()


def test_a_name_that_several_have_is_chosen_from_the_refusal(desk: StaffPage, address: str, key: str) -> None:
    holder = {"Authorization": f"Bearer {key}"}
    orcid = {"scheme": "orcid", "value": "0000-0001-5109-3700"}
    for each in ({"name": "Kim Double", "identifiers": [orcid]}, {"name": "Kim Double"}):
        httpx.post(f"{address}/v1/staff/people", headers=holder, json=each).raise_for_status()
    form = desk.task("Add a publication, as a draft").press("Add a contributor").fill("Title", "By one of two")
    form.fill("Person or organisation", "Kim Double").choose("Role", "Author").send(status=422)
    expect(form.answer.get_by_role("listitem")).to_contain_text("Several have this name")
    taken = form.answer.get_by_role("listitem").get_by_role("button")
    expect(taken).to_have_text(
        [
            "Take “Kim Double (ORCID 0000-0001-5109-3700, 0 entries, kim-double)”",
            "Take “Kim Double (0 entries, kim-double-2)”",
        ]
    )
    assert broken(desk.page) == {}
    desk.driver.press(taken.last)
    expect(form.answer.locator(".headline")).to_have_text(
        "Saved: “By one of two” is a draft, version 1.", timeout=PATIENCE
    )
    expect(form.main.get_by_label("Person or organisation")).to_have_value("Kim Double (0 entries, kim-double-2)")
    made = httpx.get(f"{address}/v1/staff/publications/by-one-of-two", headers=holder).json()["data"]
    assert [each["agent"] for each in made["contributors"]] == ["people/kim-double-2"]


def test_steps_follow_each_other_in_one_form(desk: StaffPage) -> None:
    title = "Scheduled twice"
    desk.task("Add an event, as a draft").fill("Title", title).assign("Formats", "Event").send(status=201)
    form = desk.task("Schedule publishing of an entry").which(title).fill("Publish at", "14 July 2099, 9:00")
    scheduled = form.send()
    expect(form.status).to_contain_text(f"version {scheduled['version']}", timeout=PATIENCE)
    form.submit()
    expect(form.answer.locator(".headline")).to_contain_text("This was saved already")
    assert form.fill("Publish at", "15 July 2099, 9:00").send()["publish_at"] == "2099-07-15T08:00:00Z"


def test_what_is_about_one_kind_alone_is_found_by_its_title(desk: StaffPage) -> None:
    desk.task("Add a site, as a draft").fill("Title", "A site by its title").fill("Nation", "Wales").send(status=201)
    form = desk.task("Change confidential notes").name("Which one", "A site by its title")
    expect(form.status).to_contain_text("You see", timeout=PATIENCE)
    form.fill("Notes", "Ask before a visit.").send()
    expect(form.answer.get_by_role("row").filter(has_text="Notes")).to_contain_text("Ask before a visit.")
    form = desk.task("See confidential notes").name("Which one", "A site by its title")
    form.send()
    expect(form.answer.get_by_role("row").filter(has_text="Notes")).to_contain_text("Ask before a visit.")
    form = desk.task("List entries of one kind, people or organisations").choose("Kind", "Sites")
    form.send()
    expect(form.answer.get_by_role("row").filter(has_text="A site by its title")).to_contain_text("draft")


def test_the_audit_log_says_of_what_it_is_and_restores_nothing(desk: StaffPage) -> None:
    desk.task("Add a person").fill("Name", "Logged Person").send(status=201)
    form = desk.task("Read the audit log")
    form.send()
    expect(form.answer.get_by_role("row").nth(1)).to_contain_text("logged-person")
    expect(form.answer.get_by_role("button", name="Restore")).to_have_count(0)


def test_a_key_is_told_in_words_and_revoked_by_its_name(desk: StaffPage) -> None:
    form = desk.task("Create a key").fill("Name", "Bob Helper").fill("Expires in days", "a year").submit()
    expect(form.answer.locator(".headline")).to_contain_text("a whole number of days, such as 365")
    form.fill("Expires in days", "30").fill("Contact", "bob@example.org")
    form.main.get_by_label("See which links are broken").check()
    made = form.send(status=201)
    form = desk.task("See a key").choose("Which one", re.compile("^Bob Helper, valid"))
    form.send()
    rows = form.answer.get_by_role("row")
    expect(rows.filter(has_text="What the key may do")).to_contain_text("See which links are broken")
    expect(rows.filter(has_text="State")).to_contain_text("Valid")
    form = desk.task("Revoke a key").choose("Which one", re.compile("^Bob Helper"))
    expect(form.main).not_to_contain_text("Requires")
    form.fill("Confirm", "Bob Helper").send()
    assert form.headline == "Revoked: the key of Bob Helper no longer works."
    assert made["name"] == "Bob Helper"


def test_digests_that_were_sent_are_listed_by_their_times(desk: StaffPage) -> None:
    form = desk.task("List digests that were sent")
    for _ in range(100):  # the worker plans the first ones once it runs
        if form.send()["results"]:
            break
        desk.page.wait_for_timeout(200)
    expect(form.answer.get_by_role("row").first).to_contain_text("FrequencyPlanned for")


def test_what_waits_and_what_is_done_already_is_told(desk: StaffPage) -> None:
    title = "Corrected and waiting"
    desk.task("Add an event, as a draft").fill("Title", title).assign("Formats", "Event").send(status=201)
    form = desk.go_on("Publish", "Publish an entry now")
    form.send()
    form = desk.task("Publish an entry now").which(title)
    form.send()
    assert form.headline == f"Nothing to do: “{title}” is published, version 2."
    desk.task("Correct an event").which(title).fill("Summary", "It waits.").send()
    form = desk.task("Publish an entry now").which(title)
    expect(form.status).to_contain_text(f"“{title}”, published, with changes that wait (draft), version 3")
    form.send()


def test_a_pasted_reference_becomes_a_draft(desk: StaffPage) -> None:
    form = desk.task("Import references: propose entries or create drafts")
    form.fill("Paste here", REFERENCE)
    proposed = form.send()
    form.picture("proposed")
    assert [each["outcome"] for each in proposed["records"]] == ["proposed"]
    expect(form.answer.get_by_role("row").nth(1)).to_contain_text("New here: Jo Bloggs, Jan van der Berg.")
    (record,) = form.send("Create this draft", status=201)["records"]
    assert record["outcome"] == "created"
    form = desk.go_on("Correct “What a pasted reference becomes”", "Correct a publication")
    expect(form.main.get_by_label("Title").first).to_have_value("What a pasted reference becomes", timeout=PATIENCE)


def test_a_new_term_can_be_chosen_at_once(desk: StaffPage) -> None:
    desk.task("Add a publication, as a draft").assign("Topics", "Ethical and trustworthy innovation")
    desk.page.once("dialog", lambda dialog: dialog.accept())
    form = desk.task("Add a term").choose("Vocabulary", "Topics").fill("Label", "A topic of today")
    form.send(status=201)
    form = desk.task("Add a publication, as a draft").fill("Title", "Under a new topic")
    assert form.assign("Topics", "A topic of today").send(status=201)["data"]["terms"].keys() == {"topic"}
    form = desk.go_on("Publish", "Publish an entry now")
    form.send(status=422)
    expect(form.answer.get_by_role("listitem")).to_contain_text("Choose one of “Formats”.")


def test_a_file_of_references_is_read(desk: StaffPage) -> None:
    form = desk.task("Import references: propose entries or create drafts")
    file = FilePayload(name="one.ris", mimeType="", buffer=REFERENCE.encode())
    form.main.get_by_label("Or choose a file").set_input_files(file)
    assert [each["outcome"] for each in form.send()["records"]] == ["duplicate"]


def test_a_workbook_is_taken_from_the_page_and_read_again(desk: StaffPage) -> None:
    form = desk.task("Get the template as a workbook").choose("Kind", "Event")
    form.submit()
    with desk.page.expect_download() as saved:
        form.answer.get_by_role("link", name="Save event.xlsx").click()
    path = saved.value.path()
    form = desk.task("Import references: propose entries or create drafts")
    file = FilePayload(name="event.xlsx", mimeType="", buffer=Path(path).read_bytes())
    form.main.get_by_label("Or choose a file").set_input_files(file)
    (record,) = form.send()["records"]
    assert (record["kind"], record["outcome"]) == ("event", "proposed")


def test_an_update_is_written_tested_and_sent(desk: StaffPage) -> None:
    form = desk.task("Create an update").fill("Subject", "Our report is out").fill("Body", "Read it **today**.")
    form.send(status=201)
    form.picture("update")
    assert "today" in desk.go_on("Preview", "Preview an update").send()["text"]
    expect(form.answer.get_by_role("button", name="Send", exact=True)).to_be_visible()
    form.picture("preview")
    expect(form.answer.locator("pre.mail")).to_contain_text("Read it **today**.")
    form = desk.task("Send an update").choose("Which one", re.compile("^Our report is out"))
    checked = form.send("Check only, change nothing")
    assert checked["effects"] == ["0 subscribers will get it. A mail cannot be called back."]
    form.picture("send")
    form.fill("Confirm", "Our report is out").send()
    assert form.headline.startswith("“Our report is out” is on its way, version ")
    form = desk.go_on("What became of it", "List mails and what became of them")
    expect(form.answer.locator(".headline")).to_have_text("0 mails.")  # without a further step
    form.picture("deliveries")
    form = desk.task("Count subscribers")
    form.send()
    assert form.headline.startswith("Subscribers: ")


def test_what_became_of_mails_is_said_in_words(desk: StaffPage, address: str, key: str) -> None:
    form = desk.task("Import subscribers").fill("Table", "address\nreader@example.org\nx\n").fill("Basis", "Agreed.")
    form.send()
    expect(form.answer.get_by_role("row").filter(has_text="line 3")).to_contain_text(
        "address: must be an e-mail address"
    )
    form = desk.task("Create an update").fill("Subject", "To one reader").fill("Body", "Read it.")
    form.send(status=201)
    desk.task("Send an update").choose("Which one", re.compile("^To one reader")).fill(
        "Confirm", "To one reader"
    ).send()
    form = desk.go_on("What became of it", "List mails and what became of them")
    expect(form.answer.locator(".headline")).to_contain_text("mail")
    for _ in range(100):  # the worker sends it once it runs
        if [each["state"] for each in form.send()["results"]] == ["sent"]:
            break
        desk.page.wait_for_timeout(200)
    expect(form.answer.get_by_role("row").nth(1)).to_contain_text("reader@example.org")
    expect(form.answer.get_by_role("row").nth(1)).to_contain_text("Accepted by the mail server of its reader")
    form.fill("Update", "the first").submit()
    expect(form.answer.locator(".headline")).to_contain_text("“the first” is no number: write it in digits, as 30.")
    gone = {"address": "reader@example.org", "confirm": "reader@example.org"}
    holder = {"Authorization": f"Bearer {key}"}
    httpx.post(f"{address}/v1/staff/subscribers/erase", headers=holder, json=gone).raise_for_status()


def test_a_question_comes_before_what_was_not_sent_is_left(desk: StaffPage) -> None:
    form = desk.task("Add an event, as a draft").fill("Title", "An event that nobody saved")
    desk.page.get_by_label("What do you want to do?").fill("add a site")
    dialogs: list[str] = []

    def stay(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    desk.page.once("dialog", stay)
    desk.page.get_by_role("navigation", name="Tasks").get_by_role("link", name="Add a site, as a draft").click()
    assert dialogs == ["Leave this form? What you wrote was not sent."]
    assert form.main.get_by_label("Title").first.input_value() == "An event that nobody saved"
    desk.page.once("dialog", lambda dialog: dialog.accept())
    desk.task("Add a site, as a draft")


@pytest.mark.parametrize(
    "words", ["withdraw", "undo", "add a publication", "import doi", "compare", "restore", "merge", "add a term"]
)
def test_tasks_are_found_by_the_words_of_the_guide(desk: StaffPage, words: str) -> None:
    desk.page.get_by_label("What do you want to do?").fill(words)
    desk.page.keyboard.press("Enter")
    expected = {
        "withdraw": "Withdraw an entry",
        "undo": "See the history of an entry or a person",
        "compare": "Compare an entry with what is published",
        "restore": "Restore a version of an entry or a person",
        "merge": "Merge an entry or a person into another",
        "add a term": "Add a term",
        "add a publication": "Add a publication, as a draft",
        "import doi": "Import references: propose entries or create drafts",
    }
    expect(desk.page.get_by_role("heading", name=expected[words], exact=True)).to_be_focused(timeout=PATIENCE)
    desk.page.get_by_label("What do you want to do?").fill("")


def test_a_form_is_reached_by_the_keyboard_in_ten_tabs(browser: Browser, address: str) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{address}/docs/staff")
        expect(page.get_by_role("link", name="Add an event, as a draft")).to_be_visible(timeout=PATIENCE)
        tabs = 0
        while tabs < 10 and page.evaluate("document.activeElement.id") != "search":
            page.keyboard.press("Tab")
            tabs += 1
        page.keyboard.type("add an event")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Add an event, as a draft")).to_be_focused()


def test_on_a_telephone_nothing_is_beyond_the_edge_and_the_answer_is_in_view(desk: StaffPage) -> None:
    page = desk.page
    page.set_viewport_size({"width": 400, "height": 800})
    form = desk.task("List entries of every kind, including unpublished ones")
    form.send()
    expect(form.answer.locator(".headline")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    assert broken(page) == {}
    page.set_viewport_size({"width": 1100, "height": 760})
