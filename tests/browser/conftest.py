"""A served knowledge base and a browser to look at it with."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.witness import Witness
from tests.smtp_server import AUTHORITY, NAME, SmtpServer

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@pytest.fixture(scope="session")
def mail_server() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory, mail_server: SmtpServer) -> dict[str, str]:
    """What `kb` needs to know of a service over a database of its own, whose mail goes to that server with TLS."""
    port = _free_port()
    base_url = f"http://127.0.0.1:{port}"
    folder = tmp_path_factory.mktemp("browser")
    AUTHORITY.cert_pem.write_to_path(str(folder / "authority.pem"))
    settings = {
        "KB_DATABASE_URL": f"sqlite:///{folder}/knowledge-base.sqlite",
        "KB_SECRET_FILE": f"{folder}/secrets",
        "KB_SMTP_HOST": NAME,
        "KB_SMTP_PORT": str(mail_server.port),
        "SSL_CERT_FILE": str(folder / "authority.pem"),
        "KB_HOST": "127.0.0.1",
        "KB_PORT": str(port),
        "KB_BASE_URL": base_url,
    }
    return os.environ | settings


@pytest.fixture(scope="session")
def address(environment: dict[str, str]) -> Iterator[str]:
    """The base URL of that service, migrated and seeded."""
    base_url = environment["KB_BASE_URL"]
    kb = str(Path(sys.executable).with_name("kb"))
    subprocess.run([kb, "migrate"], env=environment, check=True)
    subprocess.run([kb, "seed"], env=environment, check=True)
    service = subprocess.Popen([kb, "serve"], env=environment, stdout=subprocess.DEVNULL)
    try:
        _wait_until_ready(base_url, service)
        yield base_url
    finally:
        service.terminate()
        service.wait(timeout=20)


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
def witness(page: Page) -> Witness:
    return Witness(page)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _wait_until_ready(base_url: str, service: subprocess.Popen[bytes], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not _is_ready(base_url):
        assert service.poll() is None, f"the service stopped with {service.returncode}"
        assert time.monotonic() < deadline, f"not ready after {seconds} s"
        time.sleep(0.2)


def _is_ready(base_url: str) -> bool:
    try:
        return httpx.get(f"{base_url}/health/ready", timeout=2).status_code == 200
    except httpx.TransportError:
        return False
