"""From the form to the last link of a mail, in a browser that runs no script; every page passes axe."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.smtp_server import Received, SmtpServer
from tests.waiting import wait_until

pytestmark = pytest.mark.browser


@pytest.fixture
def plain(browser: Browser) -> Iterator[Page]:
    """A page without scripts."""
    with browser.new_context(java_script_enabled=False) as context:
        yield context.new_page()


def mail(server: SmtpServer, number: int) -> Received:
    """The mail of that number that the server received for the reader, with TLS and in due form."""

    def received() -> list[Received]:
        return [each for each in server.received if each.recipient == "new-reader@example.org"]

    wait_until(lambda: len(received()) > number)
    assert "STARTTLS" in server.commands
    return received()[number]


def link(received: Received, pattern: str) -> str:
    """The address of that form, which is the same in the text and in the HTML."""
    in_text, in_html = (re.search(pattern, body(received, kind)) for kind in ("plain", "html"))
    assert in_text is not None
    assert in_html is not None
    assert in_text.group() == in_html.group()
    return in_text.group()


def body(received: Received, kind: str) -> str:
    part = received.message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def reads_well(browser: Browser, received: Received) -> None:
    """The HTML of a mail passes axe's rules of WCAG (where a page has its landmarks is the mail program's), and loads
    nothing."""
    with browser.new_context() as context:
        page = context.new_page()
        requests: list[str] = []
        page.on("request", lambda request: requests.append(request.url))
        page.set_content(body(received, "html"))
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]})
        assert found.violations_count == 0, found.generate_report()
        assert requests == []


def sound(browser: Browser, address: str) -> None:
    """A page has nothing that axe objects to (it needs scripts, our pages do not)."""
    with browser.new_context(bypass_csp=True) as context:
        page = context.new_page()
        page.goto(address)
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()


def test_from_the_form_to_the_last_link(browser: Browser, plain: Page, address: str, mail_server: SmtpServer) -> None:
    base = address
    for path in ("/subscribe", "/subscribe/manage", "/subscribe/privacy", "/subscribe/confirm/none"):
        sound(browser, base + path)
    plain.goto(f"{base}/subscribe")
    plain.get_by_label("Your e-mail address").fill("new-reader@example.org")
    plain.get_by_label("Events").check()
    plain.get_by_label("Topic").select_option(index=1)
    plain.get_by_role("button", name="Subscribe").click()
    assert plain.get_by_role("heading", level=1).inner_text() == "Check your inbox"

    asking = mail(mail_server, 0)
    assert asking.recipient == "new-reader@example.org"
    reads_well(browser, asking)
    confirm = link(asking, rf"{base}/subscribe/confirm/[\w-]+")
    sound(browser, confirm)
    plain.goto(confirm)
    assert plain.get_by_role("main").get_by_role("listitem").count() == 2
    plain.get_by_role("button", name="Yes, subscribe me").click()
    assert plain.get_by_role("heading", level=1).inner_text() == "Thank you"

    welcome = mail(mail_server, 1)
    reads_well(browser, welcome)
    unsubscribe = link(welcome, rf"{base}/v1/unsubscribe/[0-9a-f.-]+")
    assert welcome.message["List-Unsubscribe"] == f"<{unsubscribe}>"
    sound(browser, unsubscribe)
    plain.goto(unsubscribe)
    plain.get_by_role("button", name="Pause the selected").click()
    assert "paused" in plain.get_by_role("status").inner_text()

    plain.goto(f"{base}/subscribe/manage")
    plain.get_by_label("Your e-mail address").fill("new-reader@example.org")
    plain.get_by_role("button", name="Send me the link").click()
    assert plain.get_by_role("heading", level=1).inner_text() == "Check your inbox"

    with_link = mail(mail_server, 2)
    reads_well(browser, with_link)
    manage = link(with_link, rf"{base}/subscribe/manage/[\w-]+")
    sound(browser, manage)
    plain.goto(manage)
    plain.get_by_role("group", name="Events").get_by_role("button", name="Unsubscribe").click()
    assert "unsubscribed" in plain.get_by_role("status").inner_text()
