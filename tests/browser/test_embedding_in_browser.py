"""The example of embedding, on a page of another origin that allows nothing but the knowledge base."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import EXAMPLES
from tests.browser.page_monitor import PageMonitor

pytestmark = pytest.mark.browser
EXAMPLE: Path = EXAMPLES / "embedding.html"
WRITTEN_FOR = "http://127.0.0.1:8000"
HEAR = "window.heard = []; window.addEventListener('message', (event) => window.heard.push(event.data));"


def policy(address: str) -> str:
    """As strict as it can be: no style, no inline script, no markup made of text."""
    allowed = (f"{name} {address}" for name in ("script-src", "connect-src", "frame-src", "form-action"))
    return "; ".join(("default-src 'none'", *allowed, "base-uri 'none'", "require-trusted-types-for 'script'"))


class Site:
    """Another origin, with one page."""

    def __init__(self) -> None:
        self.html = ""
        self.policy = ""
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = site.html.encode() if self.path == "/page" else b""
                self.send_response(200 if body else 204)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                if site.policy:
                    self.send_header("Content-Security-Policy", site.policy)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/page"

    def show(self, page: Page, html: str, policy: str = "") -> None:
        self.html, self.policy = html, policy
        page.goto(self.url)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    found = Site()
    with found.server as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield found
        server.shutdown()


def example(address: str) -> str:
    return EXAMPLE.read_text("utf-8").replace(WRITTEN_FOR, address)


def test_a_div_becomes_a_list_of_what_its_attributes_ask_for(
    page: Page, witness: PageMonitor, site: Site, address: str
) -> None:
    site.show(page, example(address), policy(address))
    found = httpx.get(f"{address}/v1/entries", params={"topic": "trustworthy-innovation", "per_page": 3}).json()
    items = page.locator("[data-topic] li")
    expect(items).to_have_count(3)
    titles = [items.nth(number).get_by_role("link").inner_text() for number in range(3)]
    assert titles == [each["title"] for each in found["results"]]
    first = page.locator("[data-topic]").get_by_role("link").first
    expect(first).to_have_attribute("href", found["results"][0]["url"].replace("/v1/", "/"))
    everything = page.locator("[data-topic]").get_by_role("link", name=f"All {found['meta']['count']}")
    expect(everything).to_have_attribute("href", f"{address}/search?topic=trustworthy-innovation")
    assert items.first.evaluate("(item) => getComputedStyle(item).listStyleType") == "none"
    expect(page.locator("[data-query] .summary").first).to_be_visible()
    assert witness.complaints == []
    assert page.context.cookies() == []


def test_the_list_of_another_site_passes_axe(page: Page, site: Site, address: str) -> None:
    site.show(page, example(address))
    expect(page.locator("[data-topic] li")).to_have_count(3)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_what_cannot_be_queried_leaves_what_was_there_and_says_why(
    page: Page, witness: PageMonitor, site: Site, address: str
) -> None:
    html = example(address).replace('data-topic="trustworthy-innovation"', 'data-topic="trustworthy-inovation"')
    site.show(page, html, policy(address))
    expect(page.locator("[data-query] li").first).to_be_visible()
    expect(page.get_by_role("link", name="Entries about trustworthy innovation")).to_be_visible()
    assert any("Did you mean `trustworthy-innovation`?" in complaint for complaint in witness.complaints)


def test_a_card_stands_in_the_page_and_leads_out_of_it(
    page: Page, witness: PageMonitor, site: Site, address: str
) -> None:
    entry = httpx.get(f"{address}/v1/publications?per_page=1").json()["results"][0]
    path = entry["url"].removeprefix(f"{address}/v1")
    answer = httpx.get(f"{address}/oembed", params={"url": address + path}).json()
    site.show(page, f"<!doctype html><title>Elsewhere</title>{answer['html']}", policy(address))
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("heading", name=entry["title"])).to_be_visible()
    style = "(card) => getComputedStyle(card).borderStyle"
    assert frame.locator("body").evaluate(style) == "solid"  # its style sheet is loaded
    assert witness.complaints == []
    frame.get_by_role("link", name=entry["title"]).click()
    expect(page).to_have_url(address + path)


def test_wordpress_receives_the_height_and_which_link_was_followed(page: Page, site: Site, address: str) -> None:
    """It frames what it does not know so, and acts on these messages."""
    page.add_init_script(HEAR)
    html = f'<!doctype html><iframe sandbox="allow-scripts" src="{address}/embed/search#?secret=abc"></iframe>'
    site.show(page, html, policy(address))
    link = page.frame_locator("iframe").get_by_role("link").first
    link.click()
    page.wait_for_function("window.heard.some((each) => each.message === 'link')")
    heard = {each["message"]: each for each in page.evaluate("window.heard")}
    assert heard["height"]["value"] > 200
    assert heard["link"]["value"].startswith(f"{address}/")
    assert {each["secret"] for each in heard.values()} == {"abc"}
    assert page.url == site.url


def test_nothing_else_can_be_framed(page: Page, site: Site, address: str) -> None:
    with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
        site.show(page, f'<!doctype html><iframe src="{address}/search"></iframe>', policy(address))


def test_the_form_signs_up(page: Page, site: Site, address: str) -> None:
    site.show(page, example(address), policy(address))
    page.get_by_label("Your e-mail address").fill("visitor@example.org")
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("heading", name="Check your inbox")).to_be_visible()
