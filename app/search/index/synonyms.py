"""Other names of what there is: which full names a text stands for, and how much each of them counts."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Final

from pyroaring import BitMap

from app.kit.text.characters import fold
from app.kit.text.suggestions import closest_matches
from app.search.storage.rows import IndexRow
from app.search.text.english_words import is_english
from app.search.text.query_parser import (
    EXPANDED,
    STOP_WORDS,
    SURFACE,
    YEAR,
    FullName,
    match_whole_name,
    plain,
    stems,
)
from app.search.words.engine import LABEL

if TYPE_CHECKING:
    from app.search.index.snapshot import Snapshot

SYNONYM: Final = "@synonym"
"""The postings of the names of terms, people and organisations, folded."""

NAMED: Final = "@named"
"""The postings of what the words of its names lead to: terms, and agents with other names than their label."""

RING: Final = 0.8
"""What another word of a synonym ring counts, of what the one that was typed does."""

WIDER: Final = 0.5
"""What the label of a wider term counts, of what that of the term does."""

DESCRIBED: Final = 0.3
"""What the label of a term counts that has the words in its definition."""

MAX_HOLDING: Final = 8
"""Documents with some words in a name; where more have them, the words are ambiguous."""

MAX_NAMES: Final = 500
"""Documents with a word in a name up to which it is looked at whose name that is."""

REMEMBERED: Final = 10_000
"""Names whose stems are remembered."""

MAX_NEAR_TERMS: Final = 3

NONE: Final = BitMap()

SEVERAL: Final = re.compile("(\\w{2,6})['\u2019]?s")
"""What may be an acronym in the plural or possessive, folded."""


class SnapshotSynonyms:
    """Of one state of the index. Made in a thread: it goes through every name."""

    def __init__(self, snapshot: "Snapshot") -> None:
        self._snapshot = snapshot
        self._by_stem = self._names_by_stem()

    def labels(self, text: str) -> list[FullName]:
        """The labels of what has this text as a name."""
        return [FullName(row.label, EXPANDED) for row in self._named(text)]

    def full_names(self, text: str) -> list[FullName]:
        """The labels of what has this text as a name; of the wider terms too, which count the less the wider."""
        return [name for row in self._named(text) for name in self._upwards(row)]

    def is_name(self, text: str) -> bool:
        """Whether a text is a name, or names of agents alone: words of these, of which one at least is no English word
        (years aside)."""
        if match_whole_name(text, self.labels):
            return True
        words = [word for word in SURFACE.analyze(plain(text)) if word not in STOP_WORDS and not YEAR.fullmatch(word)]
        return self._agent_words.issuperset(words) and not all(map(is_english, words))

    def is_family_name(self, text: str) -> bool:
        """Whether a text is the last word of a person's name, and no English word. A word that very many names have, or
        those of several people, tells nobody."""
        words = SURFACE.analyze(plain(text))
        engine = self._snapshot.words.engine
        if len(words) != 1 or is_english(words[0]) or engine.at_most(LABEL, words[0]) > MAX_NAMES:
            return False
        named = self._people & engine.having(LABEL, words[0])
        rows = [row for ident in named if (row := self._snapshot.rows.get(ident))] if len(named) <= MAX_HOLDING else []
        return any(SURFACE.analyze(plain(row.label))[-1:] == words for row in rows)

    @cached_property
    def _people(self) -> BitMap:
        schemas = self._snapshot.registry.schemas.values()
        people = (each.collection for each in schemas if any(field.name == "family" for field in each.fields))
        return BitMap.union(BitMap(), *(self._snapshot.members(collection) for collection in people if collection))

    @cached_property
    def _agent_words(self) -> frozenset[str]:
        """The words of the labels of people and organisations."""
        schemas = self._snapshot.registry.schemas.values()
        agents = (each.collection for each in schemas if each.collection and not each.has_terms and not each.defines)
        rows = (row for collection in agents for row in self._snapshot.live(collection))
        return frozenset(word for row in rows for word in SURFACE.analyze(plain(row.label)))

    def holding(self, text: str) -> list[FullName]:
        """What is `labelled` with the text, and the other words of the rings that it is one of."""
        names = [*self.labelled(text), *(FullName(name, RING) for name in self._ring(stems(text)))]
        if not names and (one := singular(fold(text))):
            return self.holding(one)
        return sorted(names, key=lambda name: (-name.weight, name.text))

    def labelled(self, text: str) -> list[FullName]:
        """The labels of what has a name with all words of the text, and of wider terms. They count the less, the more
        other words that name has."""
        requested = stems(text)
        rows = [(row, share) for row in self._with_words(requested) if (share := share_of_name(row, requested))]
        found: dict[str, float] = {}
        for row, share in rows if len(rows) <= MAX_HOLDING else ():
            for label, weight in self._upwards(row):
                found[label] = max(found.get(label, 0), weight * share)
        return [
            FullName(label, weight) for label, weight in sorted(found.items(), key=lambda each: (-each[1], each[0]))
        ]

    def described(self, ids: BitMap) -> list[FullName]:
        """The labels of the terms and organisations among some documents, unless there are too many to tell which of
        them was meant."""
        found = ids & self._snapshot.posting(NAMED, "")
        rows = [row for ident in found if (row := self._snapshot.rows.get(ident)) and row.collection not in self._rings]
        return (
            [FullName(label, DESCRIBED) for label in sorted({row.label for row in rows})]
            if len(rows) <= MAX_HOLDING
            else []
        )

    def _ring(self, requested: frozenset[str]) -> list[str]:
        """The other words of the rings that a text is one of."""
        rows = self._with_words(requested, rings=True)
        rings = [names for row in rows if requested in (names := stems_by_name(row)).values()]
        return [name for names in rings for name, its in names.items() if its != requested]

    def _named(self, text: str) -> list[IndexRow]:
        name = fold(text)
        ids = self._snapshot.posting(SYNONYM, name) or self._snapshot.posting(SYNONYM, singular(name) or name)
        rows = [row for ident in ids if (row := self._snapshot.rows.get(ident)) is not None]
        return [row for row in rows if row.collection not in self._rings]

    @cached_property
    def _rings(self) -> frozenset[str]:
        """The collections of synonym rings."""
        known = self._snapshot.registry.vocabularies.values()
        return frozenset(each.collection for each in known if not each.is_field)

    def _with_words(self, requested: frozenset[str], *, rings: bool = False) -> Iterator[IndexRow]:
        """What has such names with these words: rings, or all else."""
        having = (self._by_stem.get(stem, NONE) for stem in requested)
        ids = BitMap.intersection(*having) if requested else NONE
        rows = (row for ident in ids if (row := self._snapshot.rows.get(ident)) is not None)
        return (row for row in rows if (row.collection in self._rings) is rings)

    def has_names_with(self, requested: Iterable[str]) -> bool:
        """Whether any of some stems stands in a name."""
        return not self._by_stem.keys().isdisjoint(requested)

    def _names_by_stem(self) -> Mapping[str, BitMap]:
        """What has a name with a stem: far less than what has it anywhere."""
        found: defaultdict[str, BitMap] = defaultdict(BitMap)
        for ident in self._snapshot.posting(NAMED, ""):
            row = self._snapshot.rows.get(ident)
            for stem in {stem for name in (names_of(row) if row else ()) for stem in stems_of_name(name)}:
                found[stem].add(ident)
        return dict(found)

    def _upwards(self, row: IndexRow) -> Iterator[FullName]:
        yield FullName(row.label, EXPANDED)
        fields = self._snapshot.fields(self._snapshot.registry.everything).values()
        for queried in (each for each in fields if row.collection in each.collections):
            weight = EXPANDED
            for slug in self._snapshot.broader(queried, row.slug)[1:]:
                weight *= WIDER
                wider = self._snapshot.row(row.collection, slug)
                if wider is not None:
                    yield FullName(wider.label, weight)


def singular(name: str) -> str | None:
    """Of what may be an acronym in the plural or possessive, folded, the one; None of anything else."""
    several = SEVERAL.fullmatch(name)
    return several[1] if several and not is_english(name) else None


@lru_cache(REMEMBERED)
def stems_of_name(name: str) -> frozenset[str]:
    """Names outlast the state of the index that they are in."""
    return stems(name)


def stems_by_name(row: IndexRow) -> Mapping[str, frozenset[str]]:
    return {name: stems_of_name(name) for name in names_of(row)}


def share_of_name(row: IndexRow, requested: frozenset[str]) -> float:
    """How much of a name some stems are, of the one that they are most of; nought where none has them all."""
    names = map(stems_of_name, names_of(row))
    return max((len(requested) / len(name) for name in names if name and requested <= name), default=0)


def names_of(row: IndexRow) -> list[str]:
    """All names of a term, folded."""
    return [name for of, name in row.keys if of == SYNONYM]


def near_terms(rows: Sequence[IndexRow], text: str) -> Sequence[str]:
    """The slugs of terms one of whose names has every word of a text, endings aside, those that have no others first;
    else the slugs most like it."""
    return _named_alike(rows, text) or closest_matches(text, [row.slug for row in rows], MAX_NEAR_TERMS)


def _named_alike(rows: Sequence[IndexRow], text: str) -> list[str]:
    requested = stems(text)
    begun = [stem[: max(1, len(stem) - 2)] for stem in requested]  # what no ending changes

    def others(row: IndexRow) -> int | None:
        """How many other words the nearest of its names has; None: there is no such name."""
        names = (name for name in names_of(row) if all(part in name for part in begun))
        return min((len(its) for name in names if requested <= (its := stems(name))), default=None)

    named = ((count, row.slug) for row in rows if (count := others(row)) is not None)
    return [slug for _, slug in sorted(named, key=lambda each: each[0])[:MAX_NEAR_TERMS]] if requested else []
