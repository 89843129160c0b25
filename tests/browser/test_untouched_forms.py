"""Nothing happens by an untouched click: every form of staff that changes something, opened and sent as it is."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.documentation_page import PATIENCE
from tests.browser.staff_page import StaffPage
from tests.database_contents import contents, files

pytestmark = pytest.mark.browser
BACKGROUND = {"job", "job_pace", "periodic", "digest_run", "feed_cursor", "first_publication", "usage_count"}
"""Tables that the service writes by itself: its worker, and the counts of what was read before."""


@pytest.fixture
def writing(address: str) -> list[str]:
    """The ids of all operations that change something."""
    described: dict[str, Any] = httpx.get(f"{address}/openapi/staff.json").json()
    return [
        operation["operationId"]
        for methods in described["paths"].values()
        for method, operation in methods.items()
        if method != "get"
    ]


def test_every_writing_form_that_is_sent_untouched_changes_nothing(
    page: Page, address: str, environment: dict[str, str], key: str, writing: list[str]
) -> None:
    page.goto(f"{address}/docs/staff")
    desk = StaffPage(page)
    desk.authorise(key)
    url, folder = environment["KB_DATABASE_URL"], Path(environment["KB_MAIL_DIRECTORY"])
    before, kept = contents(url), files(folder)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(f"{request.method} {request.url}"))
    for operation in writing:
        form = desk.open(operation)
        form.submit()
        expect(form.answer.locator(".headline")).to_contain_text("Nothing was sent", timeout=PATIENCE)
        controls = form.main.locator("input:not([type=checkbox], [type=radio], [type=file]), select, textarea")
        assert controls.evaluate_all("all => all.map((each) => each.value).join('')") == "", operation
        assert form.main.locator("input:checked").count() == 0, operation
    assert [each for each in sent if not each.startswith("GET ")] == []
    assert files(folder) == kept
    after = contents(url)
    assert {name for name in before if before[name] != after[name]} <= BACKGROUND


def test_the_documentation_page_has_no_form_of_staff(docs: Page) -> None:
    assert docs.locator("[id^='operations-staff-']").count() == 0
    docs.get_by_role("link", name="Staff", exact=True).click()
    expect(docs.get_by_role("heading", name="Choose a task")).to_be_visible(timeout=PATIENCE)
