"""The documentation page as a reader's browser sees it."""

from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.documentation_page import open_operation
from tests.browser.page_monitor import PageMonitor

pytestmark = pytest.mark.browser
LIST = "/v1/publications"


@pytest.fixture(scope="module")
def description(address: str) -> dict[str, Any]:
    described: dict[str, Any] = httpx.get(f"{address}/openapi/public.json").json()
    return described


def test_nothing_leaves_the_host_and_nothing_is_refused_by_the_policy(
    docs: Page, witness: PageMonitor, description: dict[str, Any], address: str
) -> None:
    first = {method: definition for path in description["paths"].values() for method, definition in path.items()}
    for definition in first.values():
        operation = open_operation(docs, definition["operationId"], definition["tags"][0])
        expect(operation.locator(".responses-inner")).to_be_visible(timeout=20_000)
    docs.wait_for_load_state("networkidle")
    assert witness.hosts() == {urlsplit(address).netloc}
    assert witness.complaints == []


def test_sections_stand_in_the_order_of_the_description(docs: Page, description: dict[str, Any]) -> None:
    names = [tag["name"] for tag in description["tags"]]
    links = docs.get_by_role("navigation", name="Sections").get_by_role("link")
    shown = [each.lower() for each in links.all_inner_texts()]
    assert [each for each in shown if each in names] == names
    assert shown[-1] == "staff"
    heights = []
    for name, link in zip(names, links.all(), strict=False):
        link.click()  # what is out of sight is not drawn
        section = docs.locator(f".opblock-tag[data-tag={name}]")
        expect(section).to_be_in_viewport(timeout=20_000)
        heights.append(section.evaluate("heading => heading.getBoundingClientRect().top + window.scrollY"))
    assert heights == sorted(heights)


def test_publications_are_listed_by_try_it_out(docs: Page, witness: PageMonitor, description: dict[str, Any]) -> None:
    operation = description["paths"][LIST]["get"]
    block = open_operation(docs, operation["operationId"], operation["tags"][0])
    block.get_by_role("button", name="Execute").click()
    answer = block.locator(".live-responses-table .response").first
    expect(answer.locator(".response-col_status")).to_contain_text("200", timeout=20_000)
    expect(answer.locator(".response-col_description")).to_contain_text('"results"')
    block.get_by_text("Snippets").click()
    expect(block.locator(".request-snippets")).to_contain_text("curl -X 'GET'")
    assert witness.complaints == []


def test_the_front_page_leads_to_the_documentation(page: Page, witness: PageMonitor, address: str) -> None:
    page.goto(f"{address}/")
    page.get_by_role("link", name="For developers").click()
    assert urlsplit(page.url).path == "/docs"
    expect(page.locator(".opblock").first).to_be_visible(timeout=20_000)
    assert witness.complaints == []
