"""Working in the page for staff as people do, by mouse or by keyboard: what they look for, type and read, and a picture
of each step."""

import json
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.browser.documentation_page import PATIENCE
from tests.browser.drivers import Driver, Mouse

DESCRIPTION = Path(__file__).parents[2] / "openapi.json"


@cache
def _requests() -> dict[str, tuple[str, re.Pattern[str]]]:
    """The method and the paths of each operation."""
    paths = json.loads(DESCRIPTION.read_text("utf-8"))["paths"]
    return {
        operation["operationId"]: (method.upper(), re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path))))
        for path, operations in paths.items()
        for method, operation in operations.items()
    }


@dataclass(frozen=True)
class StaffPage:
    """`pictures` is where pictures go, if anybody wants them; `steps` are what was done since somebody cleared them:
    a form that was opened or filled in, or a button that was pressed."""

    page: Page
    pictures: Path | None = None
    driver: Driver = field(default_factory=Mouse)
    steps: list[str] = field(default_factory=list)

    def authorise(self, key: str) -> None:
        self.driver.fill(self.page.get_by_label("Your key"), key)
        if not self.steps:
            self.picture("key")
        self.driver.press(self.page.get_by_role("button", name="Use this key"))
        expect(self.page.get_by_role("button", name="Forget the key")).to_be_visible(timeout=PATIENCE)

    @property
    def key_status(self) -> Locator:
        return self.page.locator("#key-status")

    def task(self, summary: str) -> "Form":
        """Found by its words, as people find it."""
        self.steps.append(f"opened: {summary}")
        another = self.page.get_by_role("link", name="Find another task")
        if another.is_visible():
            self.driver.press(another)
        self.driver.fill(self.page.get_by_label("What do you want to do?"), summary)
        tasks = self.page.get_by_role("navigation", name="Tasks")
        self.driver.press(tasks.get_by_role("link", name=summary, exact=True))
        return self._opened(summary)

    def open(self, operation: str) -> "Form":
        """By its address within the page."""
        self.page.evaluate("hash => { window.location.hash = hash }", f"#{operation}")
        expect(self.page.locator(f"[data-operation='{operation}']")).to_be_visible(timeout=PATIENCE)
        return Form(self)

    def go_on(self, button: str, summary: str) -> "Form":
        """By a button of an answer."""
        self.steps.append(f"pressed: {button}")
        self.driver.press(self.page.locator(".answer").get_by_role("button", name=button, exact=True))
        return self._opened(summary)

    def _opened(self, summary: str) -> "Form":
        at = self.page.locator("[data-operation]:focus-within")
        expect(at.get_by_role("heading", name=summary, exact=True)).to_be_visible(timeout=PATIENCE)
        return Form(self)

    def picture(self, name: str, shown: Locator | None = None) -> None:
        """Of what is to be seen, or of one part of it."""
        if self.pictures is None:
            return
        path = self.pictures / f"{name}.png"
        self.page.screenshot(path=path) if shown is None else shown.screenshot(path=path)


@dataclass(frozen=True)
class Form:
    """The form that is open."""

    desk: StaffPage

    @property
    def main(self) -> Locator:
        return self.desk.page.get_by_role("main")

    @property
    def driver(self) -> Driver:
        return self.desk.driver

    @property
    def operation(self) -> str:
        return self.main.locator("[data-operation]").get_attribute("data-operation") or ""

    @property
    def answer(self) -> Locator:
        return self.main.locator(".answer")

    @property
    def headline(self) -> str:
        return self.answer.locator(".headline").inner_text()

    @property
    def status(self) -> Locator:
        """What the page says of the resource that was chosen."""
        return self.main.locator(".status")

    def _filling(self) -> None:
        if self.desk.steps[-1:] != ["filled in"]:
            self.desk.steps.append("filled in")

    def press(self, button: str) -> "Form":
        """A button within the fields, which adds a row to fill in."""
        self.desk.steps.append(f"pressed: {button}")
        self.driver.press(self.main.get_by_role("button", name=button, exact=True))
        return self

    def unfold(self, words: str) -> "Form":
        """What is folded under these words."""
        self.driver.press(self.main.locator("summary").filter(has_text=words).first)
        return self

    def fill(self, label: str, value: str) -> "Form":
        self._filling()
        self.driver.fill(self.main.get_by_label(label).first, value)
        return self

    def attach(self, label: str, file: FilePayload) -> "Form":
        self._filling()
        self.driver.attach(self.main.get_by_label(label), file)
        return self

    def name(self, label: str, title: str, option: str | None = None) -> "Form":
        """Names something by its title, in a field that looks it up; by one of its options where several are called
        so."""
        self._filling()
        control = self.main.get_by_label(label).first
        self.driver.fill(control, title)
        options = self.options(label)
        expect(options.first).to_be_attached(timeout=PATIENCE)
        if option is not None:
            self.driver.fill(control, option)
        self.desk.page.keyboard.press("Tab")
        return self

    def options(self, label: str) -> Locator:
        """What a field that looks names up offers."""
        name = self.main.get_by_label(label).first.get_attribute("list")
        return self.main.locator(f"#{name} option")

    def choose(self, label: str, value: str | re.Pattern[str]) -> "Form":
        """An option by its words, or by the beginning of them."""
        self._filling()
        control = self.main.get_by_label(label).first
        if isinstance(value, re.Pattern):
            option = control.locator("option").filter(has_text=value)
            expect(option).to_be_attached(timeout=PATIENCE)
            value = option.inner_text()
        self.driver.choose(control, value)
        return self

    def which(self, title: str) -> "Form":
        """Names what the form is about, by its title, and waits until the page shows it."""
        self.name("Which one", title)
        expect(self.status).to_contain_text("You see", timeout=PATIENCE)
        return self

    def assign(self, vocabulary: str, term: str) -> "Form":
        self._filling()
        self.unfold(vocabulary).driver.tick(self.main.get_by_label(term, exact=True).first)
        return self

    def submit(self) -> "Form":
        """Presses the button of the form, whatever comes of it."""
        self.driver.press(self.main.locator("button[type=submit]"))
        return self

    def send(self, button: str | None = None, status: int = 200) -> Any:
        """Presses the button of the form, or another one; what is answered."""
        self.desk.steps.append(f"pressed: {button or 'send'}")
        pressed = (
            self.main.locator("button[type=submit]")
            if button is None
            else self.main.get_by_role("button", name=button, exact=True)
        )
        # The page reads other things meanwhile, and what it answered before is still shown: neither is this answer.
        method, paths = _requests()[self.operation]
        self.answer.evaluate("panel => panel.querySelector('.headline')?.setAttribute('data-before', '')")
        with self.desk.page.expect_response(
            lambda response: response.request.method == method and bool(paths.fullmatch(urlsplit(response.url).path))
        ) as caught:
            self.driver.press(pressed)
        expect(self.answer.locator(".headline:not([data-before])")).to_be_visible(timeout=PATIENCE)
        assert caught.value.status == status, caught.value.text()[:500]
        return json.loads(caught.value.text() or "null")

    def picture(self, name: str) -> "Form":
        self.desk.picture(name)
        return self
