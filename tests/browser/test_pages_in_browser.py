"""The pages for people in a browser: on a phone, on a screen, zoomed, printed, by keyboard, and without a script."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.page_monitor import PageMonitor

pytestmark = pytest.mark.browser
PICTURES = Path(__file__).parents[2] / "docs" / "pages"
WIDTHS = (320, 390, 1280)
"""CSS pixels: the narrowest that WCAG asks for, a phone, a screen."""
MAX_PAINT = 1000
"""Milliseconds until the largest part of a page is painted, on the same machine."""
OBSERVE = """
window.seen = { paint: 0, shift: 0 };
const observe = (type, note) => new PerformanceObserver((list) => list.getEntries().forEach(note))
  .observe({ type, buffered: true });
observe("largest-contentful-paint", (entry) => { window.seen.paint = entry.startTime; });
observe("layout-shift", (entry) => { window.seen.shift += entry.value; });
"""
PAINTED = """() => new Promise((done) => {
  const look = () => window.seen.paint ? done(window.seen) : setTimeout(look, 20);
  look();
})"""
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def paths(address: str) -> dict[str, str]:
    """A page of every sort."""

    def first(collection: str, **parameters: str) -> str:
        found = httpx.get(f"{address}/v1/{collection}", params={"per_page": "1", **parameters}).json()["results"][0][
            "url"
        ]
        return str(found).removeprefix(f"{address}/v1")

    entry = first("publications", doi__exists="true")
    return {
        "home": "/",
        "search": "/search?q=trust",
        "facets": "/search?format=article",
        "list": "/people",
        "entry": entry,
        "citations": f"{entry}/citation",
        "framework": first("frameworks", sort="title"),
        "event": first("events"),
        "person": first("people"),
        "term": first("topics"),
        "vocabulary": "/vocabularies/topic",
        "map": "/map",
        "divided map": "/map?cells=format&q=innovation",
        "divided whole map": "/map?cells=format",
        "guides": "/guide",
        "guide": "/guide/querying",
        "accessibility": "/accessibility",
        "subscribe": "/subscribe",
        "problem type": "/problems/gone",
        "missing": "/publications/nothing",
        "misspelt": "/search?topic=nothing",
    }


@pytest.fixture(scope="module")
def axe_page(browser: Browser) -> Iterator[Page]:
    """Axe needs scripts that the policy of our pages forbids."""
    with browser.new_context(bypass_csp=True) as context:
        yield context.new_page()


def broken(page: Page) -> list[str]:
    found: dict[str, Any] = Axe().run(page).response
    assert found["passes"]
    return [f"{rule['id']}: {node['target']}" for rule in found["violations"] for node in rule["nodes"]]


@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_passes_axe_and_scrolls_only_down(
    axe_page: Page, address: str, paths: dict[str, str], width: int
) -> None:
    axe_page.set_viewport_size({"width": width, "height": 800})
    wrong: dict[str, object] = {}
    for name, path in paths.items():
        axe_page.goto(address + path)
        found = [*broken(axe_page), *([f"{sideways} px"] if (sideways := axe_page.evaluate(SIDEWAYS)) else [])]
        if found:
            wrong[name] = found
    assert wrong == {}


def test_every_page_passes_axe_in_the_dark(axe_page: Page, address: str, paths: dict[str, str]) -> None:
    axe_page.emulate_media(color_scheme="dark")
    wrong = {}
    for name in ("home", "facets", "entry", "framework", "divided map", "subscribe", "guide"):
        axe_page.goto(address + paths[name])
        if found := broken(axe_page):
            wrong[name] = found
    axe_page.emulate_media(color_scheme="light")
    assert wrong == {}


def test_pages_are_painted_at_once_and_nothing_moves(browser: Browser, address: str, paths: dict[str, str]) -> None:
    late: dict[str, object] = {}
    for name, path in paths.items():
        with browser.new_context(viewport={"width": 390, "height": 844}) as context:
            page = context.new_page()
            witness = PageMonitor(page)
            page.add_init_script(OBSERVE)
            page.goto(address + path)
            found = page.evaluate(PAINTED)
            if found["paint"] > MAX_PAINT or found["shift"]:
                late[name] = found
            assert witness.hosts() == {address.removeprefix("http://")}
            assert [complaint for complaint in witness.complaints if "status of 40" not in complaint] == []
    assert late == {}


def test_at_twice_the_size_nothing_is_lost(browser: Browser, address: str, paths: dict[str, str]) -> None:
    """A screen of 1280 pixels zoomed to 200 %, and one of 1280 at 400 %."""
    for width, scale in ((640, 2), (320, 4)):
        with browser.new_context(viewport={"width": width, "height": 400}, device_scale_factor=scale) as context:
            page = context.new_page()
            for name in ("home", "facets", "entry", "framework", "subscribe", "guide"):
                page.goto(address + paths[name])
                assert page.evaluate(SIDEWAYS) == 0, name
                expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_from_the_first_page_to_an_entry_by_keyboard_alone(page: Page, address: str) -> None:
    page.goto(f"{address}/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("trust")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{address}/search?q=trust")
    result = page.get_by_role("region", name="Results").get_by_role("heading", level=2).first.get_by_role("link")
    title = result.inner_text()
    for _ in range(100):
        page.keyboard.press("Tab")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none"
        if result.evaluate("(link) => link === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def test_the_journey_is_gone_through_by_keyboard(page: Page, address: str) -> None:
    page.goto(f"{address}/")
    stage = page.locator(".journey svg.wide a").first
    expect(page.locator(".journey svg.tall a").first).to_be_hidden()
    stage.focus()
    name = str(stage.get_attribute("aria-label")).partition(",")[0]
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def test_citations_are_loaded_when_wanted_and_copied(
    page: Page, witness: PageMonitor, address: str, paths: dict[str, str]
) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
    page.goto(address + paths["entry"])
    assert not [url for url in witness.requested if url.endswith("/citation")]
    page.get_by_text("Citations in five styles").click()
    buttons = page.get_by_role("button", name="Copy")
    expect(buttons).to_have_count(5)
    buttons.first.click()
    expect(page.get_by_role("status").filter(has_text="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("#cite-apa").inner_text().strip()
    assert witness.complaints == []


def test_everything_can_be_read_without_a_script(browser: Browser, address: str, paths: dict[str, str]) -> None:
    with browser.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        page.goto(f"{address}/search")
        page.get_by_role("navigation", name="Filters").get_by_role("link", name="Article", exact=True).click()
        expect(page.get_by_role("link", name="Remove Formats Article")).to_be_visible()
        page.goto(address + paths["entry"])
        page.get_by_text("Citations in five styles").click()
        page.get_by_role("link", name="APA, Harvard, Chicago, MLA and Vancouver").click()
        expect(page.locator(".citation")).to_have_count(5)
        expect(page.get_by_role("button", name="Copy")).to_have_count(0)


def test_on_a_phone_filters_wait_until_they_are_opened(browser: Browser, address: str) -> None:
    with browser.new_context(viewport={"width": 390, "height": 844}) as context:
        page = context.new_page()
        page.goto(f"{address}/search?q=innovation")
        filters = page.get_by_role("navigation", name="Filters")
        expect(filters.get_by_role("link").first).to_be_hidden()
        filters.get_by_text("Filters").click()
        expect(filters.get_by_role("link").first).to_be_visible()


def test_in_print_there_is_what_is_read_and_where_links_lead(page: Page, address: str, paths: dict[str, str]) -> None:
    page.emulate_media(media="print", color_scheme="dark")
    page.goto(address + paths["entry"])
    for hidden in ("navigation", "button"):
        expect(page.get_by_role(hidden)).to_have_count(0)
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    shown = page.evaluate("getComputedStyle(document.querySelector('article a[href^=http]'), '::after').content")
    assert "http" in shown
    assert len(page.pdf()) > 10_000


@pytest.mark.skipif("GUIDE" not in os.environ, reason="Pictures are taken anew by `make guide`.")
@pytest.mark.parametrize(
    ("name", "sort", "width", "scheme"),
    [
        ("home", "home", 1280, "light"),
        ("entry", "entry", 1280, "light"),
        ("phone", "home", 390, "dark"),
        ("map", "divided whole map", 1280, "light"),
    ],
)
def test_pictures_of_the_guide(
    browser: Browser, address: str, paths: dict[str, str], name: str, sort: str, width: int, scheme: Any
) -> None:
    with browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme) as context:
        page = context.new_page()
        page.goto(address + paths[sort])
        PICTURES.mkdir(exist_ok=True)
        page.screenshot(path=PICTURES / f"{name}.png")
