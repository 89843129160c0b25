"""Counts by value: what a reader would get by asking for it, under the other filters."""

from collections.abc import Container, Iterator
from dataclasses import dataclass
from heapq import heappush, heappushpop

from pyroaring import BitMap

from app.kit.text.characters import label_of
from app.search.index.snapshot import Snapshot
from app.search.query.model import CHOICES, Leaf, Query
from app.search.query.schema import Field
from app.search.query.value_types import BOOLEAN, TERM
from app.search.storage.rows import IndexRow

TRUTH = {"true": "Yes", "false": "No"}


@dataclass(slots=True)
class FacetCount:
    """`parent` is the wider term; counts of a term include its narrower ones."""

    slug: str
    label: str
    parent: str | None
    count: int
    selected: bool


@dataclass(frozen=True, slots=True)
class FacetCounts:
    """`missing` counts documents without a value; `truncated` says that values with a count were left out."""

    values: tuple[FacetCount, ...]
    missing: int
    truncated: bool


def facet(
    snapshot: Snapshot, query: Query, ids: BitMap, name: str, size: int, *, combine_all: bool = False
) -> FacetCounts:
    """Count `ids` (what the query matched) by a field: `size` values in their order, and those selected with what is
    above them. Counted is what a value finds beside the other filters; with `combine_all`, what is left when it is
    added."""
    queried = snapshot.fields(query.collection)[name]
    chosen = selected(query, name)
    base = ids
    if not combine_all and query.chooses(name):
        base = snapshot.match(Query(query.collection, query.without_choice(name), query.words))
    shown = {above for slug in chosen for above in snapshot.broader(queried, slug)}
    counts, truncated = frequent_values(snapshot, queried, base, size, shown)
    if left_out := shown - counts.keys():
        counts |= {slug: base.intersection_cardinality(value_ids(snapshot, queried, slug)) for slug in left_out}
        counts = _in_order(snapshot, queried, counts)
    captions = snapshot.captions[name]
    values = []
    for slug, count in counts.items():
        label, parent = captions.get(slug) or caption(snapshot, queried, slug)
        values.append(FacetCount(slug, label, parent, count, slug in chosen))
    return FacetCounts(
        tuple(values), len(base) - base.intersection_cardinality(snapshot.with_field(queried)), truncated
    )


def selected(query: Query, name: str) -> set[str]:
    """The values of a field that the query selects."""
    return {
        value
        for node in query.conditions
        if isinstance(node, Leaf) and node.field == name and node.op in (*CHOICES, "all")
        for value in node.values
    }


def frequent_values(
    snapshot: Snapshot, queried: Field, base: BitMap, size: int, shown: Container[str] = ()
) -> tuple[dict[str, int], bool]:
    """The first values in the field's own order where it has one, else the most frequent; and whether there are more,
    the `shown` aside."""
    order = own_order(snapshot, queried)
    if order is None:
        return top(snapshot, queried, base, size, shown)
    counts: dict[str, int] = {}
    for value in order:
        count = base.intersection_cardinality(value_ids(snapshot, queried, value))
        if not count:
            continue
        if len(counts) < size:
            counts[value] = count
        elif value not in shown:
            return counts, True
    return counts, False


def top(
    snapshot: Snapshot, queried: Field, base: BitMap, size: int, shown: Container[str] = ()
) -> tuple[dict[str, int], bool]:
    """The most frequent values, a term before those below it, and whether there are more, the `shown` aside.

    Stops where no value left can be frequent enough.
    """
    candidates, depths = snapshot.by_size(queried), snapshot.depths(queried)
    if len(candidates) <= size:
        every = [
            (-count, depths.get(slug, 0), slug)
            for _, slug, having in candidates
            if (count := base.intersection_cardinality(having))
        ]
        every.sort()
        return {slug: -count for count, _, slug in every}, False
    counted: list[tuple[int, int, str]] = []
    leading: list[int] = []
    more = False
    for place, (most, slug, having) in enumerate(candidates):
        if len(leading) == size and most < leading[0]:
            more = any(base.intersect(rest) for _, slug, rest in candidates[place:] if slug not in shown)
            break
        count = base.intersection_cardinality(having)
        if count:
            counted.append((-count, depths.get(slug, 0), slug))
            (heappush if len(leading) < size else heappushpop)(leading, count)
    counted.sort()
    more = more or any(slug not in shown for _, _, slug in counted[size:])
    return {slug: -count for count, _, slug in counted[:size]}, more


def own_order(snapshot: Snapshot, queried: Field) -> list[str] | None:
    """Every value of a field that has an order of its own: years newest first, the terms of an ordered vocabulary as it
    has them, each with those below it. None for any other field."""
    known = snapshot.own_orders.get(queried.name)
    if known is None:
        known = _ranged(snapshot, queried) if queried.type.ranged else _ordered_terms(snapshot, queried)
        snapshot.own_orders[queried.name] = known
    return known or None


def _ranged(snapshot: Snapshot, queried: Field) -> list[str]:
    return sorted((value for _, value, _ in snapshot.by_size(queried)), key=queried.type.key, reverse=True)


def _ordered_terms(snapshot: Snapshot, queried: Field) -> list[str]:
    """Nothing where the vocabulary has no order."""
    ordered = {each.collection for each in snapshot.registry.vocabularies.values() if each.is_ordered}
    if queried.type is not TERM or not ordered.issuperset(queried.collections):
        return []
    return terms_in_order(snapshot, queried)


def terms_in_order(snapshot: Snapshot, queried: Field) -> list[str]:
    """Every term of a vocabulary, as it has them, each with those below it."""
    return list(dict.fromkeys(slug for name in queried.collections for slug in _tree_order(snapshot, name)))


def _tree_order(snapshot: Snapshot, collection: str) -> Iterator[str]:
    walk = snapshot.orders.walk(collection, snapshot.default_order(collection), snapshot.members(collection))
    rows = [row for ident in walk if (row := snapshot.rows.get(ident)) is not None]
    below: dict[str | None, list[str]] = {}
    for row in rows:
        below.setdefault(_broader(row), []).append(row.slug)
    waiting = [row.slug for row in reversed(rows) if _broader(row) is None]
    while waiting:
        slug = waiting.pop()
        yield slug
        waiting += reversed(below.get(slug, []))


def _in_order(snapshot: Snapshot, queried: Field, counts: dict[str, int]) -> dict[str, int]:
    """As `frequent_values` would have them, values that no document has included."""
    if queried.type.ranged:
        order = sorted(counts, key=queried.type.key, reverse=True)
    else:
        order = own_order(snapshot, queried) or sorted(
            counts, key=lambda slug: (-counts[slug], len(snapshot.broader(queried, slug)), slug)
        )
    return {slug: counts[slug] for slug in order if slug in counts}


def value_ids(snapshot: Snapshot, queried: Field, value: str) -> BitMap:
    """Documents with a value; for a term narrower ones included."""
    return snapshot.closure(queried, value) if queried.type is TERM else snapshot.posting(queried.name, value)


def _row(snapshot: Snapshot, queried: Field, slug: str) -> IndexRow | None:
    rows = (snapshot.row(collection, slug) for collection in queried.collections)
    return next((row for row in rows if row is not None), None)


def _broader(row: IndexRow) -> str | None:
    return next((value for name, value in row.keys if name == f"@broader/{row.collection}"), None)


def caption(snapshot: Snapshot, queried: Field, slug: str) -> tuple[str, str | None]:
    """The label of a value and, for a term, the slug of the wider one."""
    captions = snapshot.captions[queried.name]
    known = captions.get(slug)
    if known is None:
        row = _row(snapshot, queried, slug)
        parent = _broader(row) if row is not None and queried.type is TERM else None
        known = (row.label if row else value_label(queried, slug), parent)
        captions[slug] = known
    return known


def value_label(queried: Field, value: str) -> str:
    """Of a value that is no document: names of the program in words, anything else as it is."""
    if queried.type is BOOLEAN:
        return TRUTH.get(value, value)
    return label_of(value) if queried.choices else value
