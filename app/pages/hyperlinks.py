"""Links as templates show them: a label, and an address that is safe to follow."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from app.kit.json_types import JsonMapping


@dataclass(frozen=True, slots=True)
class Hyperlink:
    """`url` is None where there is nothing safe to lead to; `note` is said behind it."""

    label: str
    url: str | None = None
    note: str = ""
    rel: str = ""


def safe_url(url: str | None) -> str | None:
    """The address, if it is a web address or a path of ours; None for whatever else a browser might run."""
    if not url:
        return None
    is_path = url.startswith("/") and not url.startswith("//")
    return url if is_path or url.startswith(("https://", "http://")) else None


def host_of(url: str) -> str:
    """The host that a reader is sent to, without `www.`."""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


class PagePaths:
    """From the addresses in documents to the paths of pages; `base` has no slash at its end."""

    def __init__(self, base: str) -> None:
        self._api = f"{base}/v1"

    def path(self, url: str) -> str | None:
        """The page of what an address of the API names, or None."""
        return safe_url(url.removeprefix(self._api)) if url.startswith(f"{self._api}/") else None

    def link(self, reference: JsonMapping, note: str = "") -> Hyperlink:
        """To the page of what a document refers to."""
        return Hyperlink(reference["label"], self.path(reference["url"]), note)
