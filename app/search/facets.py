"""Counts by value: what a reader would get by asking for it, under the other filters."""

from collections.abc import Container
from dataclasses import dataclass
from heapq import heappush, heappushpop

from pyroaring import BitMap

from app.search.index.rows import IndexRow
from app.search.index.snapshot import Snapshot
from app.search.query.model import Leaf, Query
from app.search.query.schema import Field
from app.search.query.value_types import TERM


@dataclass(slots=True)
class FacetValue:
    """`parent` is the wider term; counts of a term include its narrower ones."""

    slug: str
    label: str
    count: int
    selected: bool
    parent: str | None


@dataclass(frozen=True, slots=True)
class Facet:
    """`missing` counts documents without a value; `truncated` says that values with a count were left out."""

    values: tuple[FacetValue, ...]
    missing: int
    truncated: bool


def facet(snapshot: Snapshot, query: Query, ids: BitMap, name: str, size: int) -> Facet:
    """Count `ids` (what the query matched) by a field, most frequent first: `size` values and those selected."""
    queried = snapshot.fields(query.collection)[name]
    chosen = selected(query, name)
    base = ids
    if any(isinstance(node, Leaf) and node.field == name for node in query.conditions):
        base = snapshot.match(Query(query.collection, query.without(name), query.words))
    counts, truncated = top(snapshot, queried, base, size, chosen)
    for slug in sorted(chosen - counts.keys()):
        counts[slug] = base.intersection_cardinality(value_ids(snapshot, queried, slug))
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    values = tuple(_value(snapshot, queried, slug, count, slug in chosen) for slug, count in ordered)
    return Facet(values, len(base) - base.intersection_cardinality(snapshot.with_field(queried)), truncated)


def selected(query: Query, name: str) -> set[str]:
    """The values of a field that the query asks for."""
    return {
        value
        for node in query.conditions
        if isinstance(node, Leaf) and node.field == name and node.op in ("any", "all", "exact")
        for value in node.values
    }


def top(
    snapshot: Snapshot, queried: Field, base: BitMap, size: int, chosen: Container[str] = ()
) -> tuple[dict[str, int], bool]:
    """The most frequent values, and whether there are more, the chosen aside.

    Stops where no value left can be frequent enough.
    """
    counted: list[tuple[int, str]] = []
    leading: list[int] = []
    more = False
    candidates = snapshot.by_size(queried)
    bounded = len(candidates) > size
    for place, (most, slug, having) in enumerate(candidates):
        if len(leading) == size and most < leading[0]:
            more = any(base.intersect(rest) for _, slug, rest in candidates[place:] if slug not in chosen)
            break
        count = base.intersection_cardinality(having)
        if count:
            counted.append((-count, slug))
            if bounded:
                (heappush if len(leading) < size else heappushpop)(leading, count)
    counted.sort()
    more = more or any(slug not in chosen for _, slug in counted[size:])
    return {slug: -count for count, slug in counted[:size]}, more


def value_ids(snapshot: Snapshot, queried: Field, value: str) -> BitMap:
    """Documents with a value; for a term narrower ones included."""
    return snapshot.closure(queried, value) if queried.type is TERM else snapshot.posting(queried.name, value)


def _row(snapshot: Snapshot, queried: Field, slug: str) -> IndexRow | None:
    rows = (snapshot.row(collection, slug) for collection in queried.collections)
    return next((row for row in rows if row is not None), None)


def _value(snapshot: Snapshot, queried: Field, slug: str, count: int, selected: bool) -> FacetValue:
    label, parent = caption(snapshot, queried, slug)
    return FacetValue(slug, label, count, selected, parent)


def caption(snapshot: Snapshot, queried: Field, slug: str) -> tuple[str, str | None]:
    """The label of a value and, for a term, the slug of the wider one."""
    known = snapshot.captions.get((queried.name, slug))
    if known is None:
        row = _row(snapshot, queried, slug)
        above = row.keys if row is not None and queried.type is TERM else ()
        parents = (value for name, value in above if row is not None and name == f"@broader/{row.collection}")
        known = (row.label if row else slug, next(parents, None))
        snapshot.captions[queried.name, slug] = known
    return known
