"""Neighbours of a document: by shared terms and people, by stated ties, by words; and why."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce

from pyroaring import BitMap

from app.kit.json_types import JsonMapping
from app.search.index.snapshot import Snapshot
from app.search.query.value_types import TERM
from app.search.scoring.scores import best_for
from app.search.scoring.threshold import smallest
from app.search.storage.postings import as_bitmap
from app.search.storage.rows import IndexRow
from app.search.text.query_parser import STEMS, plain
from app.search.words.engine import TEXT
from app.search.words.relevance import inverse_frequency, score
from app.search.words.word_index import WordSearcher

CANDIDATES = 60
MAX_STEMS = 25
"""Of a document, by which related ones are searched for."""

COMMON = 2000
"""A value that more documents share brings up no candidates by itself; it still counts for those there are."""

STATED, SHARED_AGENT, SHARED_TERM, WORDS_ALIKE = 6.0, 1.0, 1.5, 2.0

SHARED_KIND = 0.5
"""A term of a vocabulary that everything must carry one of: two articles are not near for being articles."""


SharedValue = tuple[str, str]
"""A field and one of its values."""

Shared = tuple[float, BitMap, str]
"""Its weight, who has it, and its label."""


@dataclass(frozen=True)
class Neighbour:
    """`reasons` are (what, label) pairs: a field and what is shared in it, `relation`, or `words`."""

    row: IndexRow
    score: float
    reasons: list[tuple[str, str]]


def find_related(snapshot: Snapshot, row: IndexRow, document: JsonMapping, limit: int) -> list[Neighbour]:
    """The nearest of the documents that carry terms, nearest first; equally near ones by id."""
    shared = shared_values(snapshot, row)
    alike = _alike(snapshot, row, document)
    stated = _stated(snapshot, row, document)
    pool = BitMap([*alike, *stated])
    for _, having, _ in shared.values():
        if len(having) <= COMMON:
            pool |= having
    pool &= snapshot.members(snapshot.registry.everything)
    pool.discard(row.id)
    scores = _scores(pool, shared, alike, stated)
    nearest = sorted(pool, key=lambda ident: (-scores[ident], ident))[:limit]
    return [Neighbour(snapshot.rows[ident], scores[ident], _reasons(ident, shared, alike, stated)) for ident in nearest]


def shared_values(snapshot: Snapshot, row: IndexRow) -> dict[SharedValue, Shared]:
    """The row's terms and agents; the rarer, the heavier."""
    total = len(snapshot.members(snapshot.registry.everything)) + 1
    fields = snapshot.fields(snapshot.registry.everything)
    required = {each.name for each in snapshot.registry.vocabularies.values() if each.is_required}
    values: dict[SharedValue, Shared] = {}
    labels: set[str] = set()
    for name, value in row.keys:
        known = fields.get(name)
        if known is None or not known.collections or not value:
            continue
        having = as_bitmap(snapshot.posting(name, value))
        owner = next(
            (each for own_collection in known.collections if (each := snapshot.row(own_collection, value))), None
        )
        label = owner.label if owner else value
        if label in labels and known.type is not TERM:
            continue
        labels.add(label)
        weight = SHARED_KIND if name in required else SHARED_TERM if known.type is TERM else SHARED_AGENT
        values[name, value] = (weight * math.log(total / (len(having) or 1)), having, label)
    return values


def _alike(snapshot: Snapshot, row: IndexRow, document: JsonMapping) -> dict[int, float]:
    """Documents with similar words, and how near their score is to the best (1)."""
    schema = snapshot.registry.schemas[row.kind]
    counted = Counter(
        stem for text in (*schema.title(document), *schema.body(document)) for stem in STEMS.analyze(plain(text))
    )
    words = snapshot.words
    others = snapshot.members(snapshot.registry.everything) - BitMap((row.id,))
    stems = _distinctive_stems(words, counted)
    having = others & BitMap.union(BitMap(), *map(words.sets.having, stems))
    kind = best_for(having)
    scores = reduce(kind.plus, (kind(score(words.sets, stem, having)) for stem in stems), kind(()))
    nearest = scores.highest(having, CANDIDATES)
    best = scores.score(nearest[0]) if nearest else 1
    return {ident: scores.score(ident) / best for ident in nearest}


def _distinctive_stems(words: WordSearcher, counted: Mapping[str, int]) -> list[str]:
    """The most distinctive stems of a document, of those that others have too: frequent in it, and rare elsewhere."""
    everything = len(words.everything)

    def weight(stem: str, having: int) -> float:
        return -counted[stem] * inverse_frequency(having, everything)

    def actual(key: tuple[float, str]) -> tuple[float, str] | None:
        having = words.sets.count(key[1])
        return (weight(key[1], having), key[1]) if having > 1 else None

    possible = sorted((weight(stem, max(words.engine.at_least(TEXT, stem), 1)), stem) for stem in counted)
    return [stem for _, stem in smallest(MAX_STEMS, possible, actual)]


def _stated(snapshot: Snapshot, row: IndexRow, document: JsonMapping) -> dict[int, str]:
    """Documents that this one names as related, and how."""
    found: dict[int, str] = {}
    for tie in document.get("relations", ()):
        other = snapshot.row(str(snapshot.registry.schemas[tie["kind"]].collection), tie["slug"])
        if other is not None:
            found.setdefault(other.id, tie["type"])
    return found


def _scores(
    pool: BitMap, shared: Mapping[SharedValue, Shared], alike: Mapping[int, float], stated: Mapping[int, str]
) -> dict[int, float]:
    """Of what is shared the heaviest value of each field alone counts, for the terms of one vocabulary come together,
    and so do the people of one team."""
    scores = {ident: STATED if ident in stated else 0.0 for ident in pool}
    counted = dict[str, BitMap]()
    for (name, _), (weight, having, _) in sorted(shared.items(), key=lambda each: -each[1][0]):
        already = counted.get(name, BitMap())
        for ident in (having & pool) - already:
            scores[ident] += weight
        counted[name] = already | having
    for ident, nearness in alike.items():
        if ident in scores:
            scores[ident] += WORDS_ALIKE * nearness
    return scores


def _reasons(
    ident: int, shared: Mapping[SharedValue, Shared], alike: Mapping[int, float], stated: Mapping[int, str]
) -> list[tuple[str, str]]:
    """The heaviest first."""
    common = sorted(
        ((weight, name, label) for (name, _), (weight, having, label) in shared.items() if ident in having),
        reverse=True,
    )
    return [
        *([("relation", stated[ident])] if ident in stated else ()),
        *((name, label) for _, name, label in common),
        *([("words", "similar words")] if ident in alike else ()),
    ]
