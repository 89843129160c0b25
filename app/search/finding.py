"""From a typed text to the documents it finds: all words, else corrected words, else as many of them as can be."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

import tantivy
from pyroaring import BitMap

from app.search.wording import Clause, expand, understand, whole_name
from app.search.words import MOST_CLAUSES, Words

Names = Callable[[str], Iterable[str]]
"""The full names that a text stands for, as an acronym does."""

SHARES = (0.75, 0.5, 0.25)
"""Of the words, how many must occur where not all do: the first share that finds something."""

FEW = 3
"""Fewer documents than this leave room for those with most of the words, where three words or more were asked for."""

TELLING = 3
"""Of a passage's most telling words so many must occur."""


@dataclass(frozen=True)
class Found:
    """The documents; what was searched in the end, as clauses and as text; the documents to be shown first;
    the corrected text if there was one; how many clauses had to occur, None where all had to."""

    ids: BitMap
    clauses: tuple[Clause, ...]
    text: str
    first: tuple[int, ...] = ()
    did_you_mean: str | None = None
    enough: int | None = None

    @property
    def some(self) -> bool:
        """Whether only some of the words had to occur."""
        return self.enough is not None

    def query(self, words: Words) -> tantivy.Query:
        asked = words.query(self.clauses) if self.enough is None else words.most(self.clauses, self.enough)
        return words.favouring(asked, self.text)


def find(words: Words, text: str, names: Names, identified: tuple[int, ...], expected: BitMap | None = None) -> Found:
    """`identified` are documents that carry the text as an identifier: they are found first.

    While none of the `expected` documents is found (None: any will do), misspellings are forgiven and words left out.
    """
    clauses = read(text, names)
    if len(clauses) > MOST_CLAUSES:
        telling = words.telling(clauses)
        ids = words.hits(words.most(telling, TELLING)) | BitMap(identified)
        return Found(ids, telling, text, identified, enough=TELLING)
    ids = words.matching(clauses)
    if identified:
        return Found(ids | BitMap(identified), clauses, text, identified)
    mended = None if ids else words.correction(text)
    if mended is not None:
        clauses = read(mended, names)
        ids = words.matching(clauses)
    return with_some(words, Found(ids, clauses, mended or text, did_you_mean=mended), expected)


def with_some(words: Words, found: Found, expected: BitMap | None) -> Found:
    """What was found, and where that is nothing or next to nothing, what has most of the words."""
    had = len(found.ids if expected is None else found.ids & expected)
    asked = [clause for clause in found.clauses if not clause.negative]
    plainly = len(asked) == len(found.clauses) and not any(clause.runs[0].phrase for clause in asked)
    if had >= FEW or (had and (len(asked) < 3 or not plainly)):
        return found
    best = found
    for enough in islice(steps(len(asked)), 1 if had else None):
        hits = words.hits(words.most(found.clauses, enough))
        more = (hits if expected is None else hits & expected) - found.ids
        if more:
            best = replace(found, ids=found.ids | more, enough=enough)
        if had + len(more) >= FEW:
            break
    return best


def steps(asked: int) -> Iterator[int]:
    """How many of so many words must occur, fewer at each step."""
    numbers = (math.ceil(asked * share) for share in SHARES)
    return iter(dict.fromkeys(number for number in numbers if number < asked))


def read(text: str, names: Names) -> tuple[Clause, ...]:
    """The clauses of a text, other names expanded to full names."""
    return whole_name(text, names) or expand(understand(text), names)
