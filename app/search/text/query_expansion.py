"""Words that find little, widened by what they may stand for: other names, at a lower weight."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

from pyroaring import BitMap

from app.search.text.query_parser import MAX_NAME_LENGTH, Clause, FullName, WordRun, runs_of

FEW_HITS = 3
"""With fewer matches than this, the query is expanded."""

Count = Callable[[Clause], int]
"""In how many of the documents that are looked for a clause is."""


class Synonyms(Protocol):
    """What texts stand for."""

    def full_names(self, text: str) -> Sequence[FullName]:
        """Of what is called so."""

    def holding(self, text: str) -> Sequence[FullName]:
        """Of what has these words in a name, and other words for the same."""

    def labelled(self, text: str) -> Sequence[FullName]:
        """Of what has these words in a name."""

    def described(self, ids: BitMap) -> Sequence[FullName]:
        """Of those of some documents that are no entries, where they are few."""

    def has_names_with(self, requested: Iterable[str]) -> bool:
        """Whether any of some stems stands in a name."""

    def is_family_name(self, text: str) -> bool:
        """Whether a text is a person's family name, and no English word."""


def expand(clauses: Sequence[Clause], synonyms: Synonyms, count: Count, said: Count) -> tuple[Clause, ...]:
    """Words that are not `said` enough may also be the names that hold them: as many of them together as one does.
    `said` leaves out documents that have a word in hidden labels alone."""
    return tuple(_expanded(clauses, synonyms, count, said))


def _expanded(clauses: Sequence[Clause], synonyms: Synonyms, count: Count, said: Count) -> Iterator[Clause]:
    place = 0
    while place < len(clauses):
        size, clause = _longest(clauses[place : place + MAX_NAME_LENGTH], synonyms, count, said)
        yield clause
        place += size


def _longest(window: Sequence[Clause], synonyms: Synonyms, count: Count, said: Count) -> tuple[int, Clause]:
    bare = next((place for place, clause in enumerate(window) if not clause.is_bare_word), len(window))
    for size in range(bare, 0, -1):
        runs = runs_of(window[:size])
        names = dict.fromkeys(name for run in runs for name in synonyms.holding(run.text))
        if names and said(Clause(runs)) < FEW_HITS:
            return size, Clause((*runs, *(name.run for name in names if _is_there(name, count))))
    return 1, window[0]


def _is_there(name: FullName, count: Count) -> bool:
    """Whether any document may have the name; if not, it would use up the limit of expansions."""
    return count(Clause((WordRun(name.text),))) > 0


def expand_by_names(clauses: Sequence[Clause], names: Sequence[FullName]) -> tuple[Clause, ...]:
    """All words of a text, or one of some names."""
    runs = runs_of(clauses)
    return (Clause((*runs, *(name.run for name in names))),)
