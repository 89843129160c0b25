"""Words that stand nowhere, put right: by the nearest one that does, and of equally near ones by the most frequent.

English words and numbers are never put right: they were meant, whether anything has them or not. The last word may be
one that is being typed: it is finished where a name has a word that begins so.
"""

import re
from collections.abc import Iterable
from functools import cached_property
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

from app.search.scoring.threshold import smallest
from app.search.text.engine import SURFACE, TEXT, Engine
from app.search.text.english_words import is_english
from app.search.text.prefix_index import expand_prefix
from app.search.text.query_parser import STEMS, plain
from app.search.text.query_parser import SURFACE as WRITTEN

MAX_CORRECTED: Final = 8
"""Words put right in one text."""

FINISHED: Final = 3
"""Letters of a last word from which on it is finished."""

POSSESSIVE: Final = re.compile("['\u2019]s?$")

Candidate = tuple[int, int, str]
"""How many letters away, how frequent (negative), and the word: the smallest is meant."""


def is_meant(word: str, token: str) -> bool:
    """Whether a word is a number or English; `token` is what it is folded to."""
    if any(char.isdigit() for char in token):
        return True
    return is_english(token) or is_english(POSSESSIVE.sub("", word.lower()))


class Corrections:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @cached_property
    def _frequencies(self) -> dict[str, int]:
        """Every word as written (folded), with what its number of documents does not exceed."""
        return dict(self._engine.beginning(SURFACE, ""))

    @cached_property
    def _by_length(self) -> dict[int, list[str]]:
        found: dict[int, list[str]] = {}
        for word in self._frequencies:
            found.setdefault(len(word), []).append(word)
        return found

    def correct(self, text: str) -> str | None:
        """The text with each word that occurs nowhere, and is none, put right within one or two letters; None if it
        cannot be."""
        strange: dict[str, str | None] = {}

        def mend(match: re.Match[str]) -> str:
            word = match[0]
            if word not in strange:
                tokens = WRITTEN.analyze(plain(word))
                if len(strange) == MAX_CORRECTED or len(tokens) != 1 or self._occurs(word):
                    return word
                if not is_meant(word, tokens[0]):
                    last = match.end() == len(text)
                    strange[word] = self._nearest(tokens[0]) or (self._finished(tokens[0]) if last else None)
            return strange.get(word) or word

        text = text.rstrip()
        corrected = re.sub(r"\w[\w'\u2019]*", mend, text)
        return corrected if any(strange.values()) else None

    def _finished(self, begun: str) -> str | None:
        """The most frequent word of names that begins so."""
        if len(begun) < FINISHED or not begun.isalpha():
            return None
        return next(iter(expand_prefix(self._engine, begun, alone=False)), None)

    def _occurs(self, word: str) -> bool:
        return all(self._engine.count(TEXT, token) for token in STEMS.analyze(plain(word)))

    def _nearest(self, word: str) -> str | None:
        """The most frequent word that goes on from the stem of this one, else the one fewest letters away."""
        stem = STEMS.analyze(word)[0]
        begun = self._engine.beginning(SURFACE, stem) if len(stem) > 3 else ()
        return self._best((0, -most, each) for each, most in begun) or self._misspelt(word)

    def _misspelt(self, word: str) -> str | None:
        """Letters may be inserted, deleted, changed or swapped with a neighbour (optimal string alignment)."""
        reach = 0 if len(word) < 4 else 1 if len(word) < 6 else 2
        lengths = range(len(word) - reach, len(word) + reach + 1)
        return self._best(
            (distance, -self._frequencies[found], found)
            for length in lengths
            for found, distance, _ in process.extract(
                word, self._by_length.get(length, ()), scorer=OSA.distance, score_cutoff=reach, limit=None
            )
        )

    def _best(self, possible: Iterable[Candidate]) -> str | None:
        found = smallest(1, sorted(possible), self._counted)
        return found[0][2] if found else None

    def _counted(self, candidate: Candidate) -> Candidate | None:
        distance, _, word = candidate
        count = self._engine.count(SURFACE, word)
        return (distance, -count, word) if count else None
