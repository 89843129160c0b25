"""Paths of searches."""

from collections.abc import Iterable
from typing import Final

from app.reading.requests.urls import Pair, encoded

SEARCH: Final = "/search"
MAP: Final = "/map"
EMBED: Final = "/embed"
"""Below it, every page that may stand in others as a card has the address of its own."""


def search_path(pairs: Iterable[Pair], path: str = SEARCH) -> str:
    """`path` is that of the list that is searched."""
    query = encoded(pairs)
    return f"{path}?{query}" if query else path
