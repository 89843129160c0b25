"""Which documents have which words, as sets: what is frequent is kept, the rest is asked of the engine, and any
combination of them costs no more than its words."""

from collections.abc import Callable, Sequence
from itertools import islice
from typing import Final

import tantivy
from pyroaring import BitMap
from tantivy import Occur

from app.search.frequent import Frequent
from app.search.wording import Clause, Run

REMEMBERED: Final = 128
"""Stems and phrases whose documents are remembered beside the frequent stems."""

Hits = Callable[[tantivy.Query], BitMap]


class WordSets:
    """Of one state of the index: `everything` is in it, and `frequent` are the documents of stems that are.

    `run_query` and `stem_query` are the engine's queries for a run and for a stem.
    """

    def __init__(
        self,
        everything: BitMap,
        frequent: Frequent,
        run_query: Callable[[Run], tantivy.Query],
        stem_query: Callable[[str], tantivy.Query],
        hits: Hits,
    ) -> None:
        self._everything = everything
        self._frequent = frequent
        self._run_query = run_query
        self._stem_query = stem_query
        self._hits = hits
        self._known: dict[tuple[str, ...], BitMap] = {}

    def matching(self, clauses: Sequence[Clause]) -> BitMap:
        """The documents that have all that is asked for, and nothing that is excluded."""
        wanted = [each for each in clauses if not each.negative]
        barred = [self.of(each) for each in clauses if each.negative]
        if not wanted:
            return BitMap.difference(self._everything, *barred) if barred else BitMap()
        rare = [each for each in wanted if each.stem and each.stem not in self._frequent]
        found = [self.of(each) for each in wanted if not each.stem or each.stem in self._frequent]
        if rare:
            parts = [(Occur.Must, self._run_query(each.runs[0])) for each in rare]
            found.append(self._hits(tantivy.Query.boolean_query(parts)))
        return BitMap.difference(BitMap.intersection(*found), *barred)

    def at_least(self, clauses: Sequence[Clause], most: int) -> list[BitMap]:
        """The documents with so many of the clauses or more, by how many: from none to `most`. None has what is
        excluded."""
        barred = [self.of(each) for each in clauses if each.negative]
        levels = [BitMap.difference(self._everything, *barred), *(BitMap() for _ in range(most))]
        for each in clauses:
            if not each.negative:
                having = self.of(each)
                for level in range(most, 0, -1):
                    levels[level] |= levels[level - 1] & having
        return levels

    def of(self, clause: Clause) -> BitMap:
        """What has any of a clause's runs."""
        return BitMap.union(*map(self._of_run, clause.runs))

    def _of_run(self, run: Run) -> BitMap:
        tokens = run.tokens
        if run.phrase and len(tokens) > 1:
            return self._asked((" ", *tokens), lambda: self._run_query(run))
        rare = [each for each in tokens if each not in self._frequent]
        if len(rare) < 2:
            return BitMap.intersection(*map(self._of_stem, tokens)) if tokens else BitMap()
        together = [(Occur.Must, self._stem_query(each)) for each in rare]
        kept = (self._frequent[each] for each in tokens if each in self._frequent)
        return BitMap.intersection(self._asked(tuple(rare), lambda: tantivy.Query.boolean_query(together)), *kept)

    def _of_stem(self, stem: str) -> BitMap:
        known = self._frequent.get(stem)
        return self._asked((stem,), lambda: self._stem_query(stem)) if known is None else known

    def _asked(self, key: tuple[str, ...], query: Callable[[], tantivy.Query]) -> BitMap:
        """What the engine finds, asked once; a phrase has a space before its words."""
        known = self._known.get(key)
        if known is None:
            known = self._hits(query())
            if len(self._known) >= REMEMBERED:
                for oldest in list(islice(self._known, REMEMBERED // 2)):
                    self._known.pop(oldest, None)
            self._known[key] = known
        return known
