"""Two ways to work a page, with one interface: by mouse, and by the keyboard alone."""

import re
from typing import Final, Protocol

from playwright.sync_api import FilePayload, Locator, expect

from tests.browser.documentation_page import PATIENCE

FAR: Final = 80
"""Presses of Tab after which something is taken to be out of reach."""
_WAY: Final = """(control) => {
  const at = document.activeElement;
  const isGroup = control.type === "radio" && at.type === "radio" && control.name === at.name;
  if (at === control || isGroup) return "";
  return at.compareDocumentPosition(control) & Node.DOCUMENT_POSITION_PRECEDING ? "Shift+Tab" : "Tab";
}"""
"""The key that leads towards a control; nothing where it is focused, or another choice of its group."""
_IN_SIGHT: Final = """() => {
  const at = document.activeElement;
  const { left, top, width, height } = at.getBoundingClientRect();
  const seen = document.elementFromPoint(left + width / 2, top + Math.min(height / 2, 20));
  return at.contains(seen) || at.labels?.[0]?.contains(seen);
}"""
"""Whether what is focused is neither beyond the edge nor behind something else."""


class Driver(Protocol):
    """What people do with controls."""

    def press(self, control: Locator) -> None:
        """A button, a link, or what unfolds."""

    def fill(self, control: Locator, text: str) -> None:
        """In place of what stands there."""

    def choose(self, control: Locator, words: str) -> None:
        """The option of a list that says this."""

    def tick(self, box: Locator) -> None: ...

    def attach(self, control: Locator, file: FilePayload) -> None: ...


class Mouse:
    """As Playwright does it: what is filled in or chosen is there at once."""

    def press(self, control: Locator) -> None:
        control.click()

    def fill(self, control: Locator, text: str) -> None:
        control.fill(text)

    def choose(self, control: Locator, words: str) -> None:
        control.select_option(label=words)

    def tick(self, box: Locator) -> None:
        box.check()

    def attach(self, control: Locator, file: FilePayload) -> None:
        with control.page.expect_file_chooser() as chooser:
            control.click()
        chooser.value.set_files(file)


class Keyboard:
    """Real keys: nothing is focused, pressed or filled in by a script. What is focused has to be in view."""

    def press(self, control: Locator) -> None:
        self._reach(control)
        control.page.keyboard.press("Enter")

    def fill(self, control: Locator, text: str) -> None:
        self._reach(control)
        control.page.keyboard.press("Control+A")
        control.page.keyboard.press("Delete")
        control.page.keyboard.type(text)

    def choose(self, control: Locator, words: str) -> None:
        self._reach(control)
        option = control.locator("option").filter(has_text=re.compile(f"^{re.escape(words)}$"))
        expect(option).to_be_attached(timeout=PATIENCE)
        control.page.keyboard.press("Home")
        for _ in range(option.evaluate("(option) => option.index")):
            control.page.keyboard.press("ArrowDown")
        assert control.evaluate("(control) => control.selectedOptions[0].text") == words

    def tick(self, box: Locator) -> None:
        self._reach(box)
        if box.get_attribute("type") == "checkbox":
            box.page.keyboard.press("Space")
        for _ in range(FAR):
            if box.is_checked():
                return
            is_focused = box.evaluate("(control) => control === document.activeElement")
            box.page.keyboard.press("Space" if is_focused else "ArrowDown")
        raise AssertionError(f"{box} cannot be chosen by the keyboard")

    def attach(self, control: Locator, file: FilePayload) -> None:
        with control.page.expect_file_chooser() as chooser:
            self.press(control)
        chooser.value.set_files(file)

    def _reach(self, control: Locator) -> None:
        """Presses Tab, or Shift+Tab, until it is focused."""
        for _ in range(FAR):
            key = control.evaluate(_WAY)
            if key == "":
                control.page.wait_for_function(_IN_SIGHT, timeout=PATIENCE)
                return
            control.page.keyboard.press(key)
        raise AssertionError(f"{control} is not reached by the keyboard")
