"""What words find and what is near in meaning, as one list: fused by rank, where words find little.

Reciprocal rank fusion (Cormack, Clarke & Büttcher 2009): what stands high in both lists comes first.
"""

from collections.abc import Sequence
from typing import Final

from pyroaring import BitMap

from app.kit.values.identifiers import recognise
from app.search.index.snapshot import Snapshot
from app.search.query.model import RELEVANCE, Query
from app.search.text.query_expansion import FEW_HITS
from app.search.text.query_parser import parse_text

MAX_NEAR: Final = 10
"""Entries found by meaning."""

MAX_FUSED: Final = 50
"""The best of what words find, among which they are put; what comes after keeps its order."""

DAMPING: Final = 60
"""The k of the method: how little the first ranks differ."""


def find_listed(snapshot: Snapshot, query: Query, matched: BitMap, *, skip: int, take: int) -> tuple[list[int], int]:
    """`take` of what a query matched and of what is near to it in meaning, after the first `skip`; and how many are
    there by their meaning alone."""
    near = find_near(snapshot, query, matched)
    if not near:
        return snapshot.page(query, matched, skip=skip, take=take), 0
    ranked = snapshot.page(query, matched, skip=0, take=MAX_FUSED)
    having_all = snapshot.words.sets.matching(snapshot.find(str(query.words)).clauses)
    whole = [ident for ident in ranked if ident in having_all]
    some = [ident for ident in ranked if ident not in having_all]
    first = [*whole, *fuse(some, [ident for ident in near if ident not in having_all])]
    rest = matched - BitMap(first)
    more = snapshot.page(query, rest, skip=0, take=skip + take - len(first)) if skip + take > len(first) else []
    return [*first, *more][skip : skip + take], len(BitMap(near) - matched)


def find_near(snapshot: Snapshot, query: Query, matched: BitMap) -> list[int]:
    """Entries that are near to a question in meaning, nearest first: only where words find little, and never for names,
    identifiers, phrases and what excludes something."""
    text, passages = query.words, snapshot.compared_passages
    if passages is None or not text or query.sort != (RELEVANCE,):
        return []
    found = snapshot.find(text)
    if not (found.is_partial or len(matched) < FEW_HITS) or found.first or recognise(text):
        return []
    if not all(clause.is_bare_word for clause in parse_text(found.text)) or snapshot.synonyms.is_name(found.text):
        return []
    within = snapshot.members(query.collection) & snapshot.evaluate(query.where, query.collection)
    return passages.nearest(found.text, within, MAX_NEAR)


def fuse(ranked: Sequence[int], near: Sequence[int]) -> list[int]:
    """Both lists as one; of what stands equally high what words find first."""
    scores: dict[int, float] = {}
    for found in (ranked, near):
        for place, ident in enumerate(found):
            scores[ident] = scores.get(ident, 0) + 1 / (DAMPING + place)
    return sorted(scores, key=lambda ident: -scores[ident])
