"""Documents counted by two fields at once, and by a third within: what there is, and what there is not."""

from dataclasses import dataclass

from pyroaring import BitMap

from app.search.facets import caption, frequent_values, own_order, terms_in_order, value_ids
from app.search.index.snapshot import Snapshot
from app.search.query.model import Query
from app.search.query.schema import Field
from app.search.query.value_types import TERM, YEAR

MAX_AXIS = 50
"""Values along one side: a table is to be read, and each of its cells is counted."""
MAX_PARTS = 12
"""Values that a cell is divided by."""


@dataclass(frozen=True, slots=True)
class AxisValue:
    """`parent` is the wider term; counts of a term include its narrower ones."""

    slug: str
    label: str
    parent: str | None
    count: int


@dataclass(frozen=True)
class Axis:
    """The values of a field, those without a document included unless there are too many: then `truncated`. `missing`
    documents have none of the field's values."""

    field: Field
    values: tuple[AxisValue, ...]
    missing: int
    truncated: bool


@dataclass(frozen=True)
class CrossTable:
    """`counts` has a row for each value of `rows`, with a count for each of `columns`; `parts` has for each of these
    the counts by the values of `divisions`, where the cells are divided."""

    rows: Axis
    columns: Axis
    divisions: Axis | None
    counts: tuple[tuple[int, ...], ...]
    parts: tuple[tuple[tuple[int, ...], ...], ...]
    count: int

    @property
    def gaps(self) -> int:
        """Cells without a document."""
        return sum(row.count(0) for row in self.counts)

    @property
    def most(self) -> int:
        """Documents in the fullest cell."""
        return max((count for row in self.counts for count in row), default=0)


def cross_table(snapshot: Snapshot, query: Query, rows: Field, columns: Field, divisions: Field | None) -> CrossTable:
    """Count what a query matches."""
    matched = snapshot.match(query)
    down, across = _axis(snapshot, rows, matched, MAX_AXIS), _axis(snapshot, columns, matched, MAX_AXIS)
    within = _axis(snapshot, divisions, matched, MAX_PARTS) if divisions is not None else None
    row_sets = _sets(snapshot, down, matched)
    column_sets = _sets(snapshot, across, matched)
    part_sets = _sets(snapshot, within, matched) if within is not None else []
    counts = tuple(tuple(row.intersection_cardinality(column) for column in column_sets) for row in row_sets)
    parts = tuple(
        tuple(_parts(row, column, part_sets) for column in column_sets) for row in (row_sets if within else ())
    )
    return CrossTable(down, across, within, counts, parts, len(matched))


def _parts(row: BitMap, column: BitMap, part_sets: list[BitMap]) -> tuple[int, ...]:
    both = row & column
    return tuple(both.intersection_cardinality(each) for each in part_sets)


def _sets(snapshot: Snapshot, axis: Axis, matched: BitMap) -> list[BitMap]:
    return [matched & value_ids(snapshot, axis.field, value.slug) for value in axis.values]


def _axis(snapshot: Snapshot, field: Field, matched: BitMap, most: int) -> Axis:
    every = _values(snapshot, field)
    shown = every
    if len(every) > most:
        frequent, _ = frequent_values(snapshot, field, matched, most)
        chosen = {*frequent, *[value for value in every if value not in frequent][: most - len(frequent)]}
        shown = [value for value in every if value in chosen]
    values = []
    for slug in shown:
        label, parent = caption(snapshot, field, slug)
        count = matched.intersection_cardinality(value_ids(snapshot, field, slug))
        values.append(AxisValue(slug, label, parent, count))
    missing = len(matched) - matched.intersection_cardinality(snapshot.with_field(field))
    return Axis(field, tuple(values), missing, len(shown) < len(every))


def _values(snapshot: Snapshot, field: Field) -> list[str]:
    """Every value that an entry could be found by, in the field's order: all terms of a vocabulary, all years from the
    first to the last; else what some entry has, most frequent first."""
    if field.type is TERM:
        return terms_in_order(snapshot, field)
    if field.type is YEAR and (years := own_order(snapshot, field)):
        return [str(year) for year in range(int(years[0]), int(years[-1]) - 1, -1)]
    entries = snapshot.members(snapshot.registry.everything)
    found = own_order(snapshot, field) or [value for _, value, _ in snapshot.by_size(field)]
    return [value for value in found if entries.intersect(value_ids(snapshot, field, value))]
