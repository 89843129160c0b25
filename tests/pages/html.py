"""Pages as tests read them."""

from html.parser import HTMLParser
from typing import Any

import httpx

from tests.client import Client

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
"""What a browser accepts."""
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


class Page(HTMLParser):
    """Elements in their order, each with its attributes and the text in it; elements that do not nest are an error."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__()
        assert response.headers["content-type"] == "text/html; charset=utf-8"
        self.status = response.status_code
        self.headers = response.headers
        self.source = response.text
        self.elements: list[tuple[str, dict[str, str | None], list[str]]] = []
        self._open: list[tuple[str, list[str]]] = []
        self.feed(response.text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        text: list[str] = []
        self.elements.append((tag, dict(attrs), text))
        if tag not in VOID:
            self._open.append((tag, text))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs), []))

    def handle_endtag(self, tag: str) -> None:
        opened, _ = self._open.pop()
        assert opened == tag, f"</{tag}> in <{opened}>"

    def handle_data(self, data: str) -> None:
        for _, text in self._open:
            text.append(data)

    def texts(self, tag: str, **attributes: str) -> list[str]:
        """Of all elements of that name, without line breaks."""
        return [" ".join("".join(text).split()) for _, _, text in self._found(tag, attributes)]

    def values(self, tag: str, attribute: str, **attributes: str) -> list[str]:
        return [str(attrs[attribute]) for _, attrs, _ in self._found(tag, attributes) if attribute in attrs]

    def _found(self, tag: str, attributes: dict[str, str]) -> list[Any]:
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [each for each in self.elements if each[0] == tag and wanted.items() <= each[1].items()]

    def links(self) -> dict[str, str]:
        """Addresses by their text, the first of each."""
        found: dict[str, str] = {}
        for _, attrs, text in self._found("a", {}):
            found.setdefault(" ".join("".join(text).split()), str(attrs.get("href")))
        return found


def browse(client: Client, path: str) -> Page:
    """The page that a browser gets at a path."""
    return Page(client.get(path, accept=BROWSER))
