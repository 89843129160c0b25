"""A stored, immutable word index and the changes since, queried as one index."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

import tantivy
from pyroaring import BitMap

from app.kit.containers.chunks import chunks
from app.search.words.engine import MOST_COUNTED, Engine, Levels, ident_of
from app.search.words.frequent_words import FrequentWords

REMEMBERED: Final = 4_096
"""Words of the stored index whose documents are remembered."""

MOST_AMONG: Final = 1_000
"""Documents that changed up to which it is counted together how many of them have each of several words."""

LISTED_PER_KEY: Final = 64
"""Documents of a word to each that changed, from which on these are looked up: below, all that have the word are listed
once."""


class StoredWords:
    """A stored index as it was written: `everything` is in it; `languages`, by id, are those beside English; `frequent`
    are its frequent words."""

    def __init__(self, engine: Engine, everything: BitMap, languages: dict[int, str], frequent: FrequentWords) -> None:
        self.engine = engine
        self.everything = everything
        self.languages = languages
        self.frequent = frequent
        self.having = lru_cache(REMEMBERED)(engine.having)
        """The documents of a word: they outlast every change."""

    def count_among(self, field: str, word: str, ids: BitMap) -> int:
        """How many of some documents have a word. They are looked up where that is faster than to list, the first
        time, those that have it."""
        if LISTED_PER_KEY * len(ids) <= self.engine.at_most(field, word):
            return self.engine.count_among(field, word, ids)
        return len(self.having(field, word) & ids)

    def counts_among(self, field: str, words: Sequence[str], ids: BitMap) -> Iterator[int]:
        """The `count_among` of each of some words."""
        if len(ids) > MOST_AMONG:
            yield from (self.count_among(field, word, ids) for word in words)
            return
        for together in chunks(words, MOST_COUNTED):
            yield from self.engine.counts_among(field, together, ids)


class UpdatedEngine(Engine):
    """`replaced` are the ids of the stored index that hold no more; what is there instead is found by `searcher`."""

    def __init__(
        self, schema: tantivy.Schema, searcher: tantivy.Searcher, stored: StoredWords, replaced: BitMap
    ) -> None:
        super().__init__(schema, searcher)
        self._stored = stored
        self._replaced = replaced

    def hits(self, query: tantivy.Query, most: int) -> BitMap:
        return self._stored.engine.hits(query, most) - self._replaced | super().hits(query, most)

    def shortest_places(self, query: tantivy.Query, most: int, *, entries: bool) -> list[int]:
        wanted, kept = most, list[int]()
        while len(kept) < most and wanted:
            found = self._stored.engine.shortest_places(query, wanted, entries=entries)
            kept = [place for place in found if ident_of(place) not in self._replaced]
            wanted = 2 * wanted if len(found) == wanted else 0
        return sorted([*kept, *super().shortest_places(query, most, entries=entries)])[:most]

    def at_most(self, field: str, word: str) -> int:
        return self._stored.engine.at_most(field, word) + super().at_most(field, word)

    def at_least(self, field: str, word: str) -> int:
        kept = self._stored.engine.at_least(field, word) - len(self._replaced)
        return max(kept, 0) + max(super().at_most(field, word) - self._deleted, 0)

    def count(self, field: str, word: str) -> int:
        own = self._own_count(field, word)
        kept = self._stored.engine.count(field, word)
        if kept and self._replaced:
            kept -= self._stored.count_among(field, word, self._replaced)
        return own + kept

    def _own_count(self, field: str, word: str) -> int:
        return self._count(field, word, super().at_most(field, word))

    def counts(self, field: str, words: Sequence[str]) -> list[int]:
        own = (self._own_count(field, word) for word in words)
        kept = self._stored.engine.counts(field, words)
        gone = self._stored.counts_among(field, words, self._replaced)
        return [one + other - less for one, other, less in zip(own, kept, gone, strict=True)]

    def beginning(self, field: str, prefix: str) -> Sequence[tuple[str, int]]:
        changed = super().beginning(field, prefix)
        kept = self._stored.engine.beginning(field, prefix)
        if not changed:
            return kept
        counts = dict(kept)
        for word, count in changed:
            counts[word] = counts.get(word, 0) + count
        return sorted(counts.items())

    def by_level(self, parts: Sequence[tuple[tantivy.Occur, tantivy.Query]], most: int) -> Levels:
        found = {level: ids - self._replaced for level, ids in self._stored.engine.by_level(parts, most)}
        for level, ids in super().by_level(parts, most):
            found[level] = found.get(level, BitMap()) | ids
        return tuple((level, ids) for level, ids in sorted(found.items()) if ids)
