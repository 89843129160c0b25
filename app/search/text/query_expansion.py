"""Words that find little, widened by what they may stand for: other names, at a lower weight."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from app.search.text.query_parser import MAX_NAME_LENGTH, Clause, Name, WordRun

FEW_HITS = 3
"""Fewer documents than this leave room for others."""


class Synonyms(Protocol):
    """What texts stand for."""

    def full_names(self, text: str) -> Sequence[Name]:
        """Of what is called so."""

    def holding(self, text: str) -> Sequence[Name]:
        """Of what has these words in a name."""


def expand(clauses: Sequence[Clause], synonyms: Synonyms, is_found: Callable[[Clause], bool]) -> tuple[Clause, ...]:
    """Words that are not found enough may also be the names that hold them: as many of them together as one does."""
    return tuple(_widened(clauses, synonyms, is_found))


def _widened(clauses: Sequence[Clause], synonyms: Synonyms, is_found: Callable[[Clause], bool]) -> Iterator[Clause]:
    place = 0
    while place < len(clauses):
        size, clause = _longest(clauses[place : place + MAX_NAME_LENGTH], synonyms, is_found)
        yield clause
        place += size


def _longest(window: Sequence[Clause], synonyms: Synonyms, is_found: Callable[[Clause], bool]) -> tuple[int, Clause]:
    bare = next((place for place, clause in enumerate(window) if not clause.is_bare_word), len(window))
    for size in range(bare, 0, -1):
        run = WordRun(" ".join(clause.runs[0].text for clause in window[:size]))
        names = synonyms.holding(run.text)
        if names and not is_found(Clause((run,))):
            return size, Clause((run, *(name.run for name in names)))
    return 1, window[0]
