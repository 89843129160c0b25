"""Which documents have which words, as sets: those of frequent words are cached, others come from the engine, and
combining them costs no more than reading them."""

import math
from collections.abc import Sequence, Set
from dataclasses import replace
from itertools import combinations
from typing import Final

from pyroaring import BitMap

from app.kit.containers.unlocked_cache import UnlockedCache, remember
from app.search.text.english_frequency import max_weight
from app.search.text.query_parser import Clause, WordRun
from app.search.words.engine import TEXT, UNSAID, Engine, Levels
from app.search.words.frequent_words import FrequentWords

REMEMBERED: Final = 128
"""Phrases and groups of stems that are remembered."""

REMEMBERED_BYTES: Final = 12 * 2**20
"""Of the stems that are remembered beside the frequent ones."""

BYTES_PER_ID: Final = 4
"""Of a document of a remembered stem: it stands in two sets."""

BYTES_PER_SET: Final = 300
"""Of each set of a remembered stem, a level or all, beside its documents."""

MANY: Final = 800
"""Documents with a stem up to which the engine lists them all by level, sooner than those of them that are wanted by
name."""

COUNTED: Final = 800
"""Documents with a stem up to which it is counted how many of them are entries."""

MANY_OTHERS: Final = 10
"""As many more to each that is wanted."""

FREQUENT: Final = 0.6
"""A word is frequent among some documents that stands in more of them than this power of their number."""

WEIGHT_SHARE: Final = 0.2
"""Of the weight of all words."""

EVERYDAY: Final = 0.4
"""Words of less weight are everyday words: about the thousand most frequent of English."""

MOSTLY_UNKNOWN: Final = 2 / 3
"""Share of unknown words from which on a single known word is not significant."""


class WordSets:
    """Of one state of the index: `everything` is in it, `others` are what are no entries, and `frequent` the documents
    of stems that are."""

    def __init__(
        self,
        engine: Engine,
        everything: BitMap,
        others: BitMap,
        frequent: FrequentWords,
        languages: Sequence[str] = (),
    ) -> None:
        """`languages` are those beside English in which words are stemmed too."""
        self.engine = engine
        self.everything = everything
        self._others = others
        self._languages = languages
        self._frequent = {stem: (levels, _all(levels)) for stem, levels in frequent.items()}
        self._known: UnlockedCache[str, tuple[Levels, BitMap]] = UnlockedCache(REMEMBERED_BYTES)
        self._hidden: dict[str, BitMap] = {}
        self._together: dict[tuple[bool | str, ...], BitMap] = {}
        self._rarest: dict[tuple[str, ...], str] = {}

    def matching(self, clauses: Sequence[Clause]) -> BitMap:
        """The documents that match all positive clauses and no excluded one."""
        requested = [each for each in clauses if not each.negative]
        barred = self._barred(clauses)
        if not requested:
            return BitMap.difference(self.everything, *barred) if barred else BitMap()
        if self._languages:
            return BitMap.difference(BitMap.intersection(*map(self.of, requested)), *barred)
        read = [each.stem for each in requested if each.stem and not self.knows(each.stem)]
        together = read if len(read) > 1 else []
        found = [self.of(each) for each in requested if not each.stem or each.stem not in together]
        if together:
            found.append(self.engine.having_all(TEXT, together))
        return BitMap.difference(BitMap.intersection(*found), *barred)

    def knows(self, stem: str) -> bool:
        """Whether the documents of a stem are in memory."""
        return stem in self._frequent or stem in self._known

    def _barred(self, clauses: Sequence[Clause]) -> list[BitMap]:
        """What has excluded words: in what it says, for nobody sees its hidden labels."""
        return [self.said((each,), self.of(each)) for each in clauses if each.negative]

    def said(self, clauses: Sequence[Clause], ids: BitMap) -> BitMap:
        """Of the documents that match some clauses those that have the words in what they say, not in their hidden
        labels alone."""
        tokens = {token for each in clauses for token in each.runs[0].tokens}
        hidden = [unsaid for token in tokens if (unsaid := self._unsaid(token))]
        return BitMap.difference(ids, *hidden) if hidden else ids

    def _unsaid(self, stem: str) -> BitMap:
        """What has a stem in hidden labels alone."""
        known = self._hidden.get(stem)
        if known is None:
            known = self.engine.having(UNSAID, stem) if self.engine.at_most(UNSAID, stem) else BitMap()
            remember(self._hidden, stem, known, REMEMBERED, freed=REMEMBERED // 2)
        return known

    def at_least(self, clauses: Sequence[Clause], most: int) -> list[BitMap]:
        """The documents with so many of the clauses or more, by how many: from none to `most`. None has what is
        excluded."""
        barred = self._barred(clauses)
        levels = [BitMap.difference(self.everything, *barred), *(BitMap() for _ in range(most))]
        for each in clauses:
            if not each.negative:
                having = self.of(each)
                for level in range(most, 0, -1):
                    levels[level] |= levels[level - 1] & having
        return levels

    def distinctive(
        self, clauses: Sequence[Clause], within: BitMap, people: Set[Clause] = frozenset(), *, least: float = 0
    ) -> BitMap:
        """Of some documents those that have two of the clauses, or one that is no year, is not frequent among them, has
        its share of the weight of all, and does not stand alone among words that none has; or a name of several words.
        Clauses that are names of `people` may be frequent: who leads a project is in most of what it publishes.
        The clauses that a document has must weigh the share `least`, for a few clauses only."""
        queried = [each for each in clauses if not each.negative]
        found = [self.of(each) & within for each in queried]
        most = math.log(len(within) + 1)
        weights = [
            most - math.log(len(self.said((each,), ids) or ids) + 1) for each, ids in zip(queried, found, strict=True)
        ]
        share = sum(weights) * max(WEIGHT_SHARE, least)
        if sum(not ids for ids in found) >= MOSTLY_UNKNOWN * len(found):
            share = math.inf
        enough = max(most * (1 - FREQUENT), share)
        if least:
            pairs = (
                (one & other, weight + more)
                for (one, weight), (other, more) in combinations(zip(found, weights, strict=True), 2)
            )
            together = BitMap.union(BitMap(), *(ids for ids, weight in pairs if weight >= sum(weights) * least))
        else:
            one, together = BitMap(), BitMap()
            for ids in found:
                together |= one & ids
                one |= ids
        candidates = (each for each in zip(queried, found, weights, strict=True) if not each[0].is_year)
        alone = (
            self._alone(each, ids)
            if weight >= (share if each in people else enough) or each.is_name
            else self._as_typed(each, within, most - enough)
            for each, ids, weight in candidates
        )
        return BitMap.union(together, *alone)

    def _alone(self, clause: Clause, ids: BitMap) -> BitMap:
        """Of the documents of a clause those for which it may be enough: where it is an everyday word, not those that
        have it in a hidden label alone."""
        everyday = all(max_weight(token) < EVERYDAY for token in clause.runs[0].tokens)
        return self.said((clause,), ids) if everyday else ids

    def _as_typed(self, clause: Clause, within: BitMap, most: float) -> BitMap:
        """Documents that match a clause as it was typed, without its synonyms, where there are at most `most` (as a
        logarithm)."""
        typed = [run for run in clause.runs if run.weight == 1]
        if len(typed) == len(clause.runs):
            return BitMap()
        ids = BitMap.union(*map(self.of_run, typed)) & within
        return ids if math.log(len(ids) + 1) <= most else BitMap()

    def of(self, clause: Clause) -> BitMap:
        """What has any of a clause's runs."""
        return BitMap.union(*map(self.of_run, self.runs_of(clause)))

    def runs_of(self, clause: Clause) -> tuple[WordRun, ...]:
        """Those of a clause, in every language that there are words of."""
        others = (replace(run, language=language) for language in self._languages for run in clause.runs)
        return (*clause.runs, *others)

    def of_run(self, run: WordRun) -> BitMap:
        tokens = run.tokens
        if len(tokens) < 2:
            return BitMap.intersection(*map(self.having, tokens)) if tokens else BitMap()
        key: tuple[bool | str, ...] = (run.phrase, *tokens)
        known = self._together.get(key)
        if known is None:
            known = self._phrase(tokens) if run.phrase else self._all(tokens)
            remember(self._together, key, known, REMEMBERED, freed=REMEMBERED // 2)
        return known

    def _phrase(self, tokens: Sequence[str]) -> BitMap:
        return self.engine.having_phrase(tokens)

    def _all(self, tokens: Sequence[str]) -> BitMap:
        read = [each for each in tokens if not self.knows(each)]
        if len(read) < 2:
            return BitMap.intersection(*map(self.having, tokens))
        others = (self.having(each) for each in tokens if each not in read)
        return BitMap.intersection(self.engine.having_all(TEXT, read), *others)

    def having(self, stem: str) -> BitMap:
        """What has a stem."""
        return self._stem(stem)[1]

    def levels(self, stem: str, within: BitMap) -> Levels:
        """By level, the documents of a stem: at least those of them that are in `within`."""
        known = self._frequent.get(stem) or self._known.get(stem)
        if known is None and self.engine.at_most(TEXT, stem) > MANY + MANY_OTHERS * len(within):
            return self.engine.levels_among(stem, within)
        return (known or self._stem(stem))[0]

    def rarest(self, stems: tuple[str, ...]) -> str:
        """Of some stems the one that fewest documents have."""
        known = self._rarest.get(stems)
        if known is None:
            known = min(stems, key=lambda stem: (self.count(stem), stem))
            remember(self._rarest, stems, known, REMEMBERED, freed=REMEMBERED // 2)
        return known

    def count(self, stem: str) -> int:
        """How many documents have a stem."""
        known = self._frequent.get(stem) or self._known.get(stem)
        return self.engine.count(TEXT, stem) if known is None else len(known[1])

    @property
    def entries(self) -> int:
        """How many entries there are."""
        return len(self.everything) - len(self._others)

    def count_entries(self, ids: BitMap) -> int:
        return len(ids) - ids.intersection_cardinality(self._others)

    def frequency(self, stem: str) -> int:
        """How many entries have a stem: terms and agents whose names have it make it no less distinctive. Where very
        many documents have it, all of them are counted."""
        count = self.count(stem)
        return self.count_entries(self.having(stem)) if count <= COUNTED else min(count, self.entries)

    def _stem(self, stem: str) -> tuple[Levels, BitMap]:
        """Its documents, by level and together."""
        known = self._frequent.get(stem) or self._known.get(stem)
        if known is None:
            levels = self.engine.levels(stem)
            known = levels, _all(levels)
            self._known.put(stem, known, BYTES_PER_SET * (len(levels) + 1) + BYTES_PER_ID * len(known[1]))
        return known


def _all(levels: Levels) -> BitMap:
    return BitMap.union(*(ids for _, ids in levels)) if levels else BitMap()
