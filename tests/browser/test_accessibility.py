"""What axe-core finds by its rules for WCAG 2.0 to 2.2, levels A and AA."""

from typing import Any
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.documentation_page import open_operation
from tests.browser.page_monitor import PageMonitor

pytestmark = pytest.mark.browser
RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]}
MIN_PASSED = 8
"""Rules that have to have found something to look at: an empty page breaks none."""


def broken(page: Page, within: str = "html") -> dict[str, list[str]]:
    """The rules that a part of the page breaks as it is, and where."""
    found: dict[str, Any] = Axe().run(page, within, {"runOnly": RULES}).response
    assert len(found["passes"]) >= MIN_PASSED
    return {rule["id"]: [" ".join(node["target"]) for node in rule["nodes"]] for rule in found["violations"]}


@pytest.fixture
def search(page: Page, elsewhere: str, address: str) -> Page:
    page.goto(f"{elsewhere}/search.html?api={quote(address, safe='')}")
    expect(page.get_by_role("heading", level=2).first).to_be_visible(timeout=20_000)
    return page


@pytest.mark.parametrize("width", [1280, 320])
def test_the_search_page(search: Page, width: int) -> None:
    search.set_viewport_size({"width": width, "height": 800})
    assert broken(search) == {}
    search.get_by_label("Words").fill("trust")
    search.get_by_role("button", name="Search").click()
    expect(search.locator("#results mark").first).to_be_visible()
    search.get_by_role("group", name="format").get_by_role("checkbox").first.check()
    expect(search.get_by_role("group", name="format").locator(":checked")).to_be_focused()
    assert broken(search) == {}


def test_the_search_page_that_says_what_is_wrong(page: Page, elsewhere: str, address: str) -> None:
    page.route("**/v1/entries?*", lambda route: route.fulfill(status=400, json={"detail": "The query is not valid."}))
    page.goto(f"{elsewhere}/search.html?api={quote(address, safe='')}")
    expect(page.get_by_role("status")).to_have_text("The query is not valid.")
    assert broken(page) == {}


def test_the_documentation_page_as_it_opens(docs: Page) -> None:
    assert broken(docs) == {}


@pytest.mark.parametrize("operation", ["explore-list_people", "explore-search_people", "explore-list_terms"])
def test_the_documentation_page_with_a_request_tried_out(docs: Page, witness: PageMonitor, operation: str) -> None:
    section, _, name = operation.partition("-")
    block = open_operation(docs, name, section)
    block.get_by_role("button", name="Execute").click()
    status = block.locator(".live-responses-table .response").first.locator(".response-col_status")
    expect(status).to_contain_text("200", timeout=20_000)
    assert broken(docs, f"#operations-{operation}") == {}
    assert witness.complaints == []


def test_the_schemas_of_the_documentation_page(docs: Page) -> None:
    docs.locator(".models-control").click()
    expect(docs.locator(".json-schema-2020-12").first).to_be_visible()
    assert broken(docs, ".models") == {}


def test_operations_of_the_documentation_page_are_opened_by_the_keyboard(docs: Page) -> None:
    summary = docs.locator("#operations-explore-list_publications .opblock-summary-control")
    summary.focus()
    docs.keyboard.press("Enter")
    expect(docs.locator("#operations-explore-list_publications .responses-inner")).to_be_visible(timeout=20_000)
    assert docs.url.endswith("#/explore/list_publications")
    docs.keyboard.press("Tab")
    assert docs.evaluate("document.activeElement.tagName") == "BUTTON"
