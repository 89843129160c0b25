"""Working in the documentation page as people do: what they look for, type and read, and a picture of each step."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

PATIENCE = 20_000
"""Milliseconds."""
BODY = ".opblock-section-request-body"
ANSWER = ".live-responses-table"


@dataclass(frozen=True)
class StaffPage:
    """`pictures` is where pictures go, if anybody wants them."""

    page: Page
    pictures: Path | None = None

    def authorise(self, key: str) -> None:
        self.page.get_by_role("button", name="Authorize").first.click()
        form = self.page.locator(".auth-container").filter(has_text="paste your key")
        expect(form.locator("input")).to_be_focused(timeout=PATIENCE)
        self.picture("key")
        self.page.keyboard.insert_text(key)
        form.get_by_role("button", name="Apply credentials").click()
        form.get_by_role("button", name="Close").click()

    def open(self, operation: str, section: str = "staff") -> "Form":
        """By its address within the page, as the links of the page and of the guide lead there."""
        self.page.evaluate("hash => { window.location.hash = hash }", f"#/{section}/{operation}")
        block = self.page.locator(f"[id='operations-{section}-{operation}']")
        expect(block.get_by_role("button", name="Execute")).to_be_visible(timeout=PATIENCE)
        return Form(self, block)

    def picture(self, name: str, shown: Locator | None = None) -> None:
        """Of what is to be seen, or of one part of it."""
        if self.pictures is None:
            return
        path = self.pictures / f"{name}.png"
        self.page.screenshot(path=path) if shown is None else shown.screenshot(path=path)


@dataclass(frozen=True)
class Form:
    """One operation, open."""

    desk: StaffPage
    block: Locator

    def fill(self, parameter: str, value: str) -> "Form":
        self.block.get_by_placeholder(parameter, exact=True).fill(value)
        return self

    def choose(self, parameter: str, value: str) -> "Form":
        row = self.block.locator(f"tr[data-param-name='{parameter}']")
        row.locator("select").select_option(value)
        return self

    @property
    def body(self) -> Locator:
        return self.block.locator("textarea.body-param__text")

    def write(self, body: Any) -> "Form":
        """Over what stands there: JSON, or text as it is."""
        self.body.fill(body if isinstance(body, str) else json.dumps(body, indent=2))
        return self

    def execute(self, status: int) -> Any:
        """What is answered, as the page shows it."""
        with self.desk.page.expect_response(lambda response: "/v1/" in response.url) as caught:
            self.block.get_by_role("button", name="Execute").click()
        answer = self.block.locator(".live-responses-table .response").first
        expect(answer.locator(".response-col_status")).to_contain_text(str(status), timeout=PATIENCE)
        return json.loads(caught.value.text()) if status != 204 else None

    def picture(self, name: str, part: str | None = None) -> "Form":
        """Of the form from its head on, or from a part of it on: what is sent (`BODY`), what came back (`ANSWER`)."""
        shown = self.block if part is None else self.block.locator(part)
        shown.evaluate("element => element.scrollIntoView()")
        self.desk.picture(name)
        return self
