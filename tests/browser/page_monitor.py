"""Notes what a page does that it should not do."""

from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Page

_REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => {
  console.error("policy violation: " + event.effectiveDirective + " " + event.blockedURI + " " + event.sample);
});
"""


class PageMonitor:
    """Everything a page asked for, and every complaint about it, in order; attach it before the page is opened."""

    def __init__(self, page: Page) -> None:
        self.requested: list[str] = []
        self.complaints: list[str] = []
        page.add_init_script(_REPORT_VIOLATIONS)
        page.on("request", lambda request: self.requested.append(request.url))
        page.on("requestfailed", lambda request: self.complaints.append(f"failed: {request.url}"))
        page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))
        page.on("console", self._hear)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.type}: {message.text}")

    def hosts(self) -> set[str]:
        """Hosts asked over the network (`data:` and `blob:` stay inside the browser)."""
        return {urlsplit(url).netloc for url in self.requested if not url.startswith(("data:", "blob:"))}
