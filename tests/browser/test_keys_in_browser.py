"""A key at work in the documentation page: typed in once, it opens what it is for."""

import json
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.page_monitor import PageMonitor
from tests.browser.staff_page import StaffPage

pytestmark = pytest.mark.browser


@pytest.fixture
def desk(page: Page, witness: PageMonitor, address: str, key: str) -> Page:
    """The documentation page of somebody who has shown it their key."""
    page.goto(f"{address}/docs")
    expect(page.locator(".opblock").first).to_be_visible(timeout=20_000)
    StaffPage(page).authorise(key)
    return page


def answered(page: Page, operation: str, status: int) -> Any:
    """The body that this operation answers with, sent as the page has filled it in."""
    page.get_by_placeholder("Filter by tag or path").fill(
        "/v1/staff/keys" if operation == "create_key" else "/v1/staff"
    )
    block: Locator = page.locator(f"[id='operations-staff-{operation}']")
    expect(block).to_be_visible(timeout=20_000)
    page.wait_for_timeout(1_000)  # the page draws its list anew once nothing more is typed
    block.locator(".opblock-summary-control").click()
    with page.expect_response(lambda response: "/v1/staff" in response.url) as caught:
        block.get_by_role("button", name="Execute").click()
    answer = block.locator(".live-responses-table .response").first
    expect(answer.locator(".response-col_status")).to_contain_text(str(status), timeout=20_000)
    return json.loads(caught.value.text())


def test_without_a_key_there_is_nothing_to_see(page: Page, witness: PageMonitor, address: str) -> None:
    page.goto(f"{address}/docs")
    assert answered(page, "get_dashboard", 401)["title"] == "Authentication required"


def test_who_shows_a_key_is_known(desk: Page, witness: PageMonitor) -> None:
    assert answered(desk, "get_dashboard", 200)["name"] == "Ann Editor"
    assert witness.complaints == []


def test_a_key_is_made_from_the_example_as_it_stands(desk: Page, witness: PageMonitor) -> None:
    assert answered(desk, "create_key", 201)["key"].startswith("kb_")
    assert witness.complaints == []


def test_the_key_is_forgotten_with_the_page(desk: Page, witness: PageMonitor, key: str) -> None:
    stored = desk.evaluate("JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage)])")
    assert key not in stored + desk.evaluate("document.cookie")
    desk.reload()
    answered(desk, "get_dashboard", 401)
