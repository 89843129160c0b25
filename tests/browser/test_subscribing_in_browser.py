"""From the form to the last link of a mail, in a browser that runs no script; every page passes axe."""

import email
import re
import time
from collections.abc import Iterator
from email import policy
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from app.db.engine import make_engine
from app.db.sessions import Sessions
from app.kit.clock import utc_now
from app.mailing import tokens
from app.mailing.links import manage_url
from app.mailing.tables import Purpose

pytestmark = pytest.mark.browser
PATIENCE = 30.0
"""Seconds for a mail to be written."""


@pytest.fixture
def plain(browser: Browser) -> Iterator[Page]:
    """A page without scripts."""
    with browser.new_context(java_script_enabled=False) as context:
        yield context.new_page()


def mails(folder: Path) -> list[str]:
    """The plain text of each, oldest first."""
    paths = sorted(folder.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
    found = [email.message_from_bytes(path.read_bytes(), policy=policy.default) for path in paths]
    return [part.get_content() for each in found if (part := each.get_body(("plain",))) is not None]


def link_in_new_mail(folder: Path, known: int, pattern: str) -> str:
    """The first address of that form in any mail after the first `known`."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for text in mails(folder)[known:]:
            if found := re.search(pattern, text):
                return found.group()
        time.sleep(0.2)
    raise AssertionError(f"no mail with {pattern} among {len(mails(folder))}")


def sound(browser: Browser, address: str) -> None:
    """A page has nothing that axe objects to (it needs scripts, our pages do not)."""
    with browser.new_context(bypass_csp=True) as context:
        page = context.new_page()
        page.goto(address)
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()


def manage_link(environment: dict[str, str]) -> str:
    """As a mail would bring it to the first subscriber; ten minutes have not passed."""
    engine = make_engine(environment["KB_DATABASE_URL"])
    with Sessions(engine).write() as session:
        token = tokens.issue(session, Purpose.manage, 1, now=utc_now()).text
    engine.dispose()
    return manage_url(environment["KB_BASE_URL"], token)


def test_from_the_form_to_the_last_link(
    browser: Browser, plain: Page, address: str, environment: dict[str, str]
) -> None:
    base, folder = address, Path(environment["KB_MAIL_DIRECTORY"])
    for path in ("/subscribe", "/subscribe/manage", "/subscribe/privacy", "/subscribe/confirm/none"):
        sound(browser, base + path)
    plain.goto(f"{base}/subscribe")
    plain.get_by_label("Your e-mail address").fill("reader@example.org")
    plain.get_by_label("Events").check()
    plain.get_by_label("Topic").select_option(index=1)
    plain.get_by_role("button", name="Subscribe").click()
    assert plain.get_by_role("heading", level=1).inner_text() == "Look into your mailbox"

    confirm = link_in_new_mail(folder, 0, rf"{base}/subscribe/confirm/\S+")
    sound(browser, confirm)
    plain.goto(confirm)
    assert plain.get_by_role("listitem").count() == 2
    plain.get_by_role("button", name="Yes, subscribe me").click()
    assert plain.get_by_role("heading", level=1).inner_text() == "Thank you"

    unsubscribe = link_in_new_mail(folder, 1, rf"{base}/v1/unsubscribe/[0-9a-f.-]+")
    sound(browser, unsubscribe)
    known = len(mails(folder))
    plain.goto(unsubscribe)
    plain.get_by_role("button", name="Pause what is ticked").click()
    assert "paused" in plain.get_by_role("status").inner_text()

    manage = manage_link(environment)
    sound(browser, manage)
    plain.goto(manage)
    plain.get_by_role("group", name="Events").get_by_role("button", name="Unsubscribe").click()
    assert "unsubscribed" in plain.get_by_role("status").inner_text()

    plain.goto(f"{base}/subscribe/manage")
    plain.get_by_label("Your e-mail address").fill("reader@example.org")
    plain.get_by_role("button", name="Send me the link").click()
    assert plain.get_by_role("heading", level=1).inner_text() == "Look into your mailbox"
    assert len(mails(folder)) == known, "one mail in ten minutes"
