"""The search page of the guide, opened from another origin than the service's."""

import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import EXAMPLES
from tests.browser.page_monitor import PageMonitor

pytestmark = pytest.mark.browser


@pytest.fixture
def search(page: Page, witness: PageMonitor, elsewhere: str, address: str) -> Iterator[Page]:
    page.route("**/favicon.ico", lambda route: route.fulfill(status=204))
    page.goto(f"{elsewhere}/search.html?api={quote(address, safe='')}")
    expect(titles(page).first).to_be_visible(timeout=20_000)
    yield page
    assert witness.complaints == []


def titles(page: Page) -> Locator:
    return page.get_by_role("region", name="Results").get_by_role("heading", level=2)


def found(page: Page) -> int:
    """How many the page says there are."""
    match = re.match(r"\d+", page.get_by_role("status").inner_text())
    assert match
    return int(match[0])


def ask(page: Page, words: str) -> None:
    page.get_by_label("Words").fill(words)
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("status")).to_contain_text(words)


def test_words_are_found_and_marked(search: Page) -> None:
    everything = found(search)
    ask(search, "trust")
    expect(search.locator("#results mark").first).to_have_text(re.compile("trust", re.IGNORECASE))
    assert 0 < found(search) < everything


def test_a_facet_narrows_down_and_keeps_the_focus(search: Page) -> None:
    choice = search.get_by_role("group", name="format").get_by_role("checkbox").first
    count = re.search(r"\((\d+)\)$", choice.locator("..").inner_text())
    assert count
    choice.check()
    expect(search.get_by_role("status")).to_have_text(re.compile(rf"^{count[1]} found"))
    assert found(search) == int(count[1])
    expect(search.get_by_role("group", name="format").locator(":checked")).to_be_focused()


def test_pages_are_turned(search: Page) -> None:
    first = titles(search).all_inner_texts()
    expect(search.get_by_role("button", name="Previous page")).to_be_disabled()
    search.get_by_role("button", name="Next page").click()
    expect(search.get_by_role("button", name="Previous page")).to_be_enabled()
    assert set(titles(search).all_inner_texts()).isdisjoint(first)
    search.get_by_role("button", name="Previous page").click()
    expect(titles(search)).to_have_text(first)


def test_what_is_typed_is_completed(search: Page) -> None:
    search.get_by_label("Words").press_sequentially("mobil")
    expect(search.locator("#completions option[value='Mobilising']")).to_be_attached()


def test_nothing_is_without_a_name(search: Page) -> None:
    for role in ("combobox", "button", "checkbox", "link", "navigation", "region", "group"):
        every = search.get_by_role(role)
        named = search.get_by_role(role, name=re.compile(r"\S"))
        assert every.count() == named.count() > 0, role
    levels = search.locator("h1, h2, h3").evaluate_all("all => all.map(each => Number(each.tagName[1]))")
    assert levels[0] == 1
    assert set(levels[1:]) == {2}
    assert search.locator("html").get_attribute("lang")
    assert search.title()


def test_everything_is_reached_by_the_keyboard(search: Page) -> None:
    search.get_by_label("Words").focus()
    search.keyboard.type("ethics")
    search.keyboard.press("Enter")
    expect(search.get_by_role("status")).to_contain_text("ethics")
    search.keyboard.press("Tab")
    search.keyboard.press("Tab")
    search.keyboard.press("Space")
    expect(search.get_by_role("checkbox").first).to_be_checked()
    expect(search.get_by_role("checkbox").first).to_be_focused()


def test_the_script_is_forty_lines_and_needs_nothing_else() -> None:
    page = (EXAMPLES / "search.html").read_text("utf-8")
    (script,) = re.findall(r"<script>\n(.*?)</script>", page, re.DOTALL)
    assert len(script.splitlines()) <= 40
    assert not re.search(r"\b(src|import)\b", page)
