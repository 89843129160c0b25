"""One committed state of the tantivy index, queried so that results depend on its documents alone. Tantivy counts
deleted documents until it merges their segments, and equal scores come in the order of the segments. So its own
scores and frequencies are not used: documents come as sets, and counts are corrected where documents were deleted."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import cached_property
from typing import Final, cast

import tantivy
from pyroaring import BitMap
from tantivy import Occur, Order

from app.search.scoring.impacts import LEVELS, SEPARATOR

KEY, IDENT, TEXT, IMPACT, SURFACE, LABEL = "key", "id", "text", "impact", "surface", "label"
"""The fields: what a document is found by as a whole, its id, its stems in their order, each stem with its level, its
words as they are written, and the words of its names."""

UNSAID: Final = "unsaid"
"""A field for those of the stems that stand in hidden labels alone."""

BY_LENGTH: Final = "by_length"
"""A field to order by: entries before all others, then the number of words of a document's own name, then its id."""

EVERY: Final = "*"
"""A key of every document."""

OTHER: Final = "-"
"""A key of every document that is no entry."""

MOST_AT_ONCE: Final = 500
"""Documents with a stem up to which they are listed at once, and not level by level."""

MOST_COUNTED: Final = 24
"""Words that are counted at once: a score is a float of 32 bits, of which so many hold a sum of powers of two
exactly."""

MOST_KEYS: Final = 256
"""Documents up to which they are looked up one by one, and not as a set."""

_IDENT_BITS: Final = 32
_OTHERS: Final = 1 << 62
"""Added to a value of `BY_LENGTH` of what is no entry."""

Levels = Sequence[tuple[str, BitMap]]
"""The documents of a stem by level."""


def place_by_length(words: int, ident: int, *, is_entry: bool) -> int:
    """The value of `BY_LENGTH`."""
    return words << _IDENT_BITS | ident | (0 if is_entry else _OTHERS)


def ident_of(place: int) -> int:
    """The id in a value of `BY_LENGTH`."""
    return place & (1 << _IDENT_BITS) - 1


class Engine:
    def __init__(self, schema: tantivy.Schema, searcher: tantivy.Searcher) -> None:
        self._schema = schema
        self._searcher = searcher

    @cached_property
    def _deleted(self) -> int:
        """How many documents are still counted though they were deleted."""
        return int(self._searcher.doc_freq(KEY, EVERY) - self._searcher.num_docs)

    # --- queries

    def term(self, field: str, word: str) -> tantivy.Query:
        return tantivy.Query.term_query(self._schema, field, word)

    def every(self, parts: Sequence[tantivy.Query]) -> tantivy.Query:
        return tantivy.Query.boolean_query([(Occur.Must, part) for part in parts])

    def any_of(self, field: str, words: Sequence[str]) -> tantivy.Query:
        return tantivy.Query.boolean_query([(Occur.Should, self.term(field, word)) for word in words])

    # --- answers

    def having(self, field: str, word: str) -> BitMap:
        """Every document that has a word."""
        return self.hits(self.term(field, word), self.at_most(field, word))

    def having_all(self, field: str, words: Sequence[str]) -> BitMap:
        """Every document that has all of some words."""
        return self.hits(self.every([self.term(field, word) for word in words]), self._rarest(field, words))

    def having_phrase(self, stems: Sequence[str]) -> BitMap:
        """Every document in which some stems stand side by side."""
        return self.hits(tantivy.Query.phrase_query(self._schema, TEXT, [*stems]), self._rarest(TEXT, stems))

    def _rarest(self, field: str, words: Sequence[str]) -> int:
        return min(self.at_most(field, word) for word in words)

    def hits(self, query: tantivy.Query, most: int) -> BitMap:
        """Every document that matches, of which there are no more than `most`: the engine allocates memory for so
        many."""
        if not most:
            return BitMap()
        found = self._searcher.search(query, limit=most, count=False, order_by_field=IDENT)
        return BitMap([ident for ident, _ in found.hits])

    def shortest(self, query: tantivy.Query, most: int, *, entries: bool) -> list[int]:
        """Of the documents that match, entries or all others, those of the shortest names."""
        return [ident_of(place) for place in self.shortest_places(query, most, entries=entries)]

    def shortest_places(self, query: tantivy.Query, most: int, *, entries: bool) -> list[int]:
        """As `shortest`: their values of `BY_LENGTH`."""
        queried = query if entries else self.every([query, self.term(KEY, OTHER)])
        found = self._searcher.search(queried, limit=most, count=False, order_by_field=BY_LENGTH, order=Order.Asc)
        return [int(place) for place, _ in found.hits if not entries or place < _OTHERS]

    def at_most(self, field: str, word: str) -> int:
        """A number that `count` does not exceed."""
        return int(self._searcher.doc_freq(field, word))

    def at_least(self, field: str, word: str) -> int:
        """A number that `count` does not fall below."""
        return max(self.at_most(field, word) - self._deleted, 0)

    def count(self, field: str, word: str) -> int:
        """How many documents have a word."""
        return self._count(field, word, self.at_most(field, word))

    def _count(self, field: str, word: str, most: int) -> int:
        return self._matches(self.term(field, word)) if most and self._deleted else most

    def count_among(self, field: str, word: str, among: BitMap) -> int:
        """How many of some documents have a word."""
        return self._matches(self.every([self.term(field, word), self._in(among)]))

    def counts(self, field: str, words: Sequence[str]) -> list[int]:
        """The `count` of each of some words."""
        return [self.count(field, word) for word in words]

    def counts_among(self, field: str, words: Sequence[str], among: BitMap) -> list[int]:
        """How many of some documents of this searcher have each of at most `MOST_COUNTED` words: a document's score
        says which of them it has, a bit for each."""
        bits = [(Occur.Should, self._scored(field, word, 1 << place)) for place, word in enumerate(words)]
        if not bits or not among or not self._searcher.num_docs:
            return [0] * len(words)
        query = tantivy.Query.boolean_query([(Occur.Must, self._in(among)), *bits])
        found = Counter(int(score) for score, _ in self._searcher.search(query, limit=len(among), count=False).hits)
        return [sum(many for score, many in found.items() if score >> place & 1) for place in range(len(words))]

    def _scored(self, field: str, word: str, score: int) -> tantivy.Query:
        return tantivy.Query.const_score_query(self.term(field, word), float(score))

    def _matches(self, query: tantivy.Query) -> int:
        found = self._searcher.search(query, limit=1, count=True)
        return int(found.count)  # type: ignore[attr-defined]  # the stubs leave it out

    def beginning(self, field: str, prefix: str) -> Sequence[tuple[str, int]]:
        """The words that begin so, each with what its `count` does not exceed; some may stand nowhere any more."""
        return self._searcher.terms_with_prefix(field, prefix)

    def levels(self, stem: str) -> Levels:
        """All documents of a stem."""
        terms = self.beginning(IMPACT, stem + SEPARATOR)
        most = sum(count for _, count in terms)
        if most <= MOST_AT_ONCE:
            return self.by_level([(Occur.Should, self._as_number(term)) for term, _ in terms], most)
        found = ((term[-1], self.hits(self.term(IMPACT, term), count)) for term, count in terms)
        return tuple((level, ids) for level, ids in found if ids)

    def levels_among(self, stem: str, among: BitMap) -> Levels:
        """Those of some documents; faster than `levels` where they are far fewer than all."""
        terms = self.beginning(IMPACT, stem + SEPARATOR)
        if not terms or not among:
            return ()
        numbers = ((Occur.Should, self._as_number(term)) for term, _ in terms)
        return self.by_level([(Occur.Must, self._in(among)), *numbers], len(among))

    def _in(self, ids: BitMap) -> tantivy.Query:
        """Some documents, all with a score of zero."""
        keys = [str(ident) for ident in ids]
        few = len(keys) <= MOST_KEYS
        found = self.any_of(KEY, keys) if few else tantivy.Query.term_set_query(self._schema, KEY, keys)
        return tantivy.Query.const_score_query(found, 0.0)

    def _as_number(self, term: str) -> tantivy.Query:
        """A stem with its level, which is returned as the score."""
        return self._scored(IMPACT, term, LEVELS.index(term[-1]) + 1)

    def by_level(self, parts: Sequence[tuple[tantivy.Occur, tantivy.Query]], most: int) -> Levels:
        """At most so many documents by the level that is their score."""
        if not parts or not most or not self._searcher.num_docs:
            return ()
        found = self._searcher.search(tantivy.Query.boolean_query(parts), limit=most, count=False).hits
        ids = cast("list[int]", self._searcher.fast_field_values(IDENT, [address for _, address in found]))
        having = defaultdict[float, list[int]](list)
        for (number, _), ident in zip(found, ids, strict=True):
            having[number].append(ident)
        return tuple((LEVELS[round(number) - 1], BitMap(having[number])) for number in sorted(having) if number)
