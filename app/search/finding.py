"""From a typed text to the documents it finds: all words, else corrected words, else most of them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import tantivy
from pyroaring import BitMap

from app.search.wording import Clause, expand, understand, whole_name
from app.search.words import MOST_CLAUSES, Words

Names = Callable[[str], Iterable[str]]
"""The full names that a text stands for, as an acronym does."""


@dataclass(frozen=True)
class Found:
    """The documents, those to be shown first, what was searched in the end, the corrected text if there was one,
    and whether only some of the words had to occur."""

    ids: BitMap
    clauses: tuple[Clause, ...]
    first: tuple[int, ...] = ()
    did_you_mean: str | None = None
    some: bool = False

    def query(self, words: Words) -> tantivy.Query:
        return words.most(self.clauses) if self.some else words.query(self.clauses)


def find(words: Words, text: str, names: Names, identified: tuple[int, ...]) -> Found:
    """`identified` are documents that carry the text as an identifier: they are found first."""
    clauses = read(text, names)
    if len(clauses) > MOST_CLAUSES:
        ids = words.hits(words.most(clauses)) | BitMap(identified)
        return Found(ids, clauses, identified, some=True)
    ids = words.hits(words.query(clauses))
    if ids or identified:
        return Found(ids | BitMap(identified), clauses, identified)
    mended = words.correction(text)
    if mended is not None:
        clauses = read(mended, names)
        ids = words.hits(words.query(clauses))
    if ids or len(clauses) < 2:
        return Found(ids, clauses, (), mended)
    return Found(words.hits(words.most(clauses)), clauses, (), mended, some=True)


def read(text: str, names: Names) -> tuple[Clause, ...]:
    """The clauses of a text, other names expanded to full names."""
    return whole_name(text, names) or expand(understand(text), names)
