"""Neighbours of a document: by shared terms and people, by stated ties, by words; and why."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import tantivy
from pyroaring import BitMap

from app.search.rows import Row, as_bitmap
from app.search.snapshot import Snapshot
from app.search.types import TERM

CANDIDATES = 60
COMMON = 2000
"""A value that more documents share brings up no candidates by itself; it still counts for those there are."""

STATED, SHARED_AGENT, SHARED_TERM, WORDS_ALIKE = 6.0, 1.5, 1.0, 2.0


@dataclass
class Neighbour:
    """`reasons` are (what, label) pairs: a field and what is shared in it, `relation`, or `words`."""

    row: Row
    score: float = 0.0
    reasons: list[tuple[str, str]] = field(default_factory=list)


def related(snapshot: Snapshot, row: Row, document: Mapping[str, Any], limit: int) -> list[Neighbour]:
    """The nearest of the documents that carry terms, nearest first; equally near ones by id."""
    shared = shared_values(snapshot, row)
    alike = _alike(snapshot, row, document)
    stated = _stated(snapshot, row, document)
    pool = BitMap([*alike, *stated])
    for _, having, _ in shared.values():
        if len(having) <= COMMON:
            pool |= having
    pool &= snapshot.members(snapshot.layout.everything)
    pool.discard(row.id)
    found = [_neighbour(snapshot, ident, shared, alike, stated) for ident in pool]
    return sorted(found, key=lambda each: (-each.score, each.row.id))[:limit]


def shared_values(snapshot: Snapshot, row: Row) -> dict[tuple[str, str], tuple[float, BitMap, str]]:
    """The row's terms and agents: weight (rarer is heavier), who has them, label."""
    total = len(snapshot.members(snapshot.layout.everything)) + 1
    fields = snapshot.fields(snapshot.layout.everything)
    values: dict[tuple[str, str], tuple[float, BitMap, str]] = {}
    labels: set[str] = set()
    for name, value in row.keys:
        known = fields.get(name)
        if known is None or not known.collections or not value:
            continue
        having = as_bitmap(snapshot.posting(name, value))
        owner = next((each for home in known.collections if (each := snapshot.row(home, value))), None)
        label = owner.label if owner else value
        if label in labels and known.type is not TERM:
            continue
        labels.add(label)
        weight = SHARED_TERM if known.type is TERM else SHARED_AGENT
        values[name, value] = (weight * math.log(total / (len(having) or 1)), having, label)
    return values


def _alike(snapshot: Snapshot, row: Row, document: Mapping[str, Any]) -> dict[int, float]:
    """Documents with similar words, and how near their score is to the best (1)."""
    shape = snapshot.layout.shapes[row.kind]
    texts: dict[str, Any] = {"title": shape.title(document), "body": shape.body(document)}
    present = {name: parts for name, parts in texts.items() if parts}
    query = tantivy.Query.more_like_this_document_fields_query(
        snapshot.words.schema, present, min_doc_frequency=2, min_term_frequency=1, max_query_terms=25
    )
    hits = snapshot.words.searcher.search(query, limit=CANDIDATES, count=False).hits
    ids = snapshot.words.searcher.fast_field_values("id", [address for _, address in hits])
    scores = {int(ident or 0): float(score) for (score, _), ident in zip(hits, ids, strict=True)}
    scores.pop(row.id, None)
    best = max(scores.values(), default=1.0) or 1.0
    return {ident: score / best for ident, score in scores.items()}


def _stated(snapshot: Snapshot, row: Row, document: Mapping[str, Any]) -> dict[int, str]:
    """Documents that this one names as related, and how."""
    found: dict[int, str] = {}
    for tie in document.get("relations", ()):
        other = snapshot.row(str(snapshot.layout.shapes[tie["kind"]].collection), tie["slug"])
        if other is not None:
            found.setdefault(other.id, tie["type"])
    return found


def _neighbour(
    snapshot: Snapshot,
    ident: int,
    shared: Mapping[tuple[str, str], tuple[float, BitMap, str]],
    alike: Mapping[int, float],
    stated: Mapping[int, str],
) -> Neighbour:
    row = snapshot.rows.get(ident)
    assert row is not None
    neighbour = Neighbour(row)
    if ident in stated:
        neighbour.score += STATED
        neighbour.reasons.append(("relation", stated[ident]))
    common = sorted(
        ((weight, name, label) for (name, _), (weight, having, label) in shared.items() if ident in having),
        reverse=True,
    )
    neighbour.score += sum(weight for weight, _, _ in common)
    neighbour.reasons += [(name, label) for _, name, label in common]
    if ident in alike:
        neighbour.score += WORDS_ALIKE * alike[ident]
        neighbour.reasons.append(("words", "similar words"))
    return neighbour
