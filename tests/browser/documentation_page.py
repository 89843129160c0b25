"""The documentation page for readers and developers: its operations, opened."""

from playwright.sync_api import Locator, Page, expect

PATIENCE = 20_000
"""Milliseconds."""


def open_operation(page: Page, operation: str, section: str) -> Locator:
    """By its address within the page, as the links of the page lead there."""
    page.evaluate("hash => { window.location.hash = hash }", f"#/{section}/{operation}")
    block = page.locator(f"[id='operations-{section}-{operation}']")
    expect(block.get_by_role("button", name="Execute")).to_be_visible(timeout=PATIENCE)
    return block
