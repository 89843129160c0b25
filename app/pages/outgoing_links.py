"""Links that lead out of pages, counted on the way: through a path of our own, which names a link that a published
document has, and never an address."""

from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Final

from app.kit.json_types import JsonMapping

PATH: Final = "/out"
KEY_LENGTH: Final = 16
Leave = Callable[[str | None], str | None]
"""From an address to what a page links to instead."""


def unchanged(url: str | None) -> str | None:
    return url


def counted(document: str) -> Leave:
    """Of the document with this id."""

    def leave(url: str | None) -> str | None:
        is_outside = url is not None and url.startswith(("https://", "http://"))
        return f"{PATH}/{document}/{link_key(url)}" if url is not None and is_outside else url

    return leave


def link_key(url: str) -> str:
    return sha256(url.encode()).hexdigest()[:KEY_LENGTH]


def find_outgoing(document: JsonMapping, key: str) -> str | None:
    """The address that a key names, among those that the document itself has."""
    return next((url for url in _outgoing(document) if link_key(url) == key), None)


def _outgoing(document: JsonMapping) -> Iterator[str]:
    for each in (*document.get("resources", ()), *document.get("identifiers", ())):
        yield from (url for url in (each.get("url"), each.get("archived_url")) if url)
