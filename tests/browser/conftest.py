"""A served knowledge base, another origin beside it, and a browser to look at them with."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.page_monitor import PageMonitor
from tests.clients.serving import environment_in, running
from tests.smtp_server import AUTHORITY, NAME, SmtpServer

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def mail_server() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory, mail_server: SmtpServer) -> dict[str, str]:
    """What `kb` needs to know of a service over a database of its own, whose mail goes to that server with TLS."""
    folder = tmp_path_factory.mktemp("browser")
    AUTHORITY.cert_pem.write_to_path(str(folder / "authority.pem"))
    mail = {
        "KB_SMTP_HOST": NAME,
        "KB_SMTP_PORT": str(mail_server.port),
        "SSL_CERT_FILE": str(folder / "authority.pem"),
    }
    return environment_in(folder) | mail


@pytest.fixture(scope="session")
def address(environment: dict[str, str]) -> Iterator[str]:
    """The base URL of that service, migrated and seeded."""
    with running(environment) as found:
        yield found


@pytest.fixture(scope="session")
def key(environment: dict[str, str], address: str) -> str:
    """The first key of that service, as its holder gets it."""
    kb = str(Path(sys.executable).with_name("kb"))
    made = subprocess.run(
        [kb, "key", "create", "--name", "Ann Editor"], env=environment, check=True, capture_output=True, text=True
    )
    return made.stdout.splitlines()[-1]


@pytest.fixture(scope="session")
def elsewhere() -> Iterator[str]:
    """Another origin, which serves the examples."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=EXAMPLES)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    assert chromium, "Chromium is not on the path: name it in CHROMIUM"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET, headless=True)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a fresh profile."""
    with browser.new_context(viewport={"width": 1280, "height": 1000}) as context:
        yield context.new_page()


@pytest.fixture
def witness(page: Page) -> PageMonitor:
    return PageMonitor(page)


@pytest.fixture
def docs(page: Page, witness: PageMonitor, address: str) -> Page:
    page.goto(f"{address}/docs")
    expect(page.locator(".opblock").first).to_be_visible(timeout=20_000)
    return page
