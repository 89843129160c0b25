"""How frequent words are in English at large: what is frequent there weighs little in a search, however few documents
of a small collection have it."""

from functools import cache
from importlib.resources import files
from math import log10
from typing import Final

from app.search.text.query_parser import STEMS

WORDS: Final = files("app.search.text") / "english_frequency.txt"
"""One a line, the most frequent first; where they come from stands beside them."""

MOST_FREQUENT: Final = 100
"""So many words are taken to be equally frequent."""

LEAST_WEIGHT: Final = 0.2
"""Their weight at most, as a share of what a word can have."""

WEIGHT_PER_DECADE: Final = 0.2
"""Added for words that are ten times rarer."""


def max_weight(stem: str) -> float:
    """The weight that a stem can have, as a share of that of a word that English hardly has."""
    return _max_weights().get(stem, 1.0)


@cache
def _max_weights() -> dict[str, float]:
    """By stem, of the most frequent of its words."""
    found: dict[str, float] = {}
    for rank, word in enumerate(WORDS.read_text("ascii").split(), 1):
        for stem in STEMS.analyze(word):
            found.setdefault(stem, LEAST_WEIGHT + WEIGHT_PER_DECADE * log10(max(rank / MOST_FREQUENT, 1)))
    return found
