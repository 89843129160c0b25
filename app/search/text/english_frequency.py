"""How frequent words are in English at large: what is frequent there tells little of a document, however few of a small
collection have it."""

from functools import cache
from importlib.resources import files
from math import log10
from typing import Final

from app.search.text.query_parser import STEMS

WORDS: Final = files("app.search.text") / "english_frequency.txt"
"""One a line, the most frequent first; where they come from stands beside them."""

MOST_FREQUENT: Final = 100
"""So many words are taken to be equally frequent."""

LEAST_TOLD: Final = 0.2
"""What these tell at most, of what a word can."""

TOLD_MORE: Final = 0.2
"""What words tell that are ten times rarer, beyond that."""


def most_told(stem: str) -> float:
    """What a stem can tell at most, of what a word can that English hardly has."""
    return _most_told().get(stem, 1.0)


@cache
def _most_told() -> dict[str, float]:
    """By stem, of the most frequent of its words."""
    found: dict[str, float] = {}
    for rank, word in enumerate(WORDS.read_text("ascii").split(), 1):
        for stem in STEMS.analyze(word):
            found.setdefault(stem, LEAST_TOLD + TOLD_MORE * log10(max(rank / MOST_FREQUENT, 1)))
    return found
