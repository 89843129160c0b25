"""A key at work in the page for staff: pasted once, checked at once, kept in this tab, and forgotten when asked."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.documentation_page import PATIENCE
from tests.browser.page_monitor import PageMonitor
from tests.browser.staff_page import StaffPage

pytestmark = pytest.mark.browser


@pytest.fixture
def desk(page: Page, address: str) -> StaffPage:
    page.goto(f"{address}/docs/staff")
    expect(page.get_by_role("link", name="Add a publication, as a draft")).to_be_visible(timeout=PATIENCE)
    return StaffPage(page)


def test_a_key_is_checked_at_once_and_described(desk: StaffPage, witness: PageMonitor, key: str) -> None:
    desk.authorise(key)
    expect(desk.key_status).to_contain_text("Key of Ann Editor: may write, publish")
    expect(desk.page.get_by_label("What do you want to do?")).to_be_focused()
    assert witness.complaints == []


def test_a_wrong_key_is_refused_in_words_and_not_kept(desk: StaffPage) -> None:
    desk.page.get_by_label("Your key").fill("kb_nobody_nothing")
    desk.page.get_by_role("button", name="Use this key").click()
    expect(desk.key_status).to_contain_text("This is not a key of this service, or it is incomplete.", timeout=PATIENCE)
    assert desk.page.evaluate("JSON.stringify(sessionStorage)") == "{}"


def test_without_a_key_nothing_is_sent(desk: StaffPage) -> None:
    form = desk.open("get_dashboard")
    form.main.get_by_role("button", name="Show").click()
    expect(form.answer).to_contain_text("Paste your key at the top of the page first.")


def test_a_key_is_kept_for_this_tab_and_forgotten_when_asked(desk: StaffPage, key: str) -> None:
    desk.authorise(key)
    page = desk.page
    assert key not in page.evaluate("JSON.stringify([Object.entries(localStorage), document.cookie])")
    page.reload()
    expect(desk.key_status).to_contain_text("Key of Ann Editor", timeout=PATIENCE)
    page.get_by_role("button", name="Forget the key").click()
    assert key not in page.evaluate("JSON.stringify(sessionStorage)")
    expect(page.get_by_label("Your key")).to_be_focused()
