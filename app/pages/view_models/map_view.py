"""The evidence and gap map as a table: every cell a link to the entries that it counts, those without any as well."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from app.reading.evidence_map.links import cell_urls, side_urls
from app.reading.evidence_map.request import MapRequest
from app.reading.evidence_map.svg import PARTS, cell_description, shade
from app.reading.requests.urls import PageUrls, query_pairs
from app.search.cross_table import AxisValue, CrossTable
from app.search.index.snapshot import Snapshot

BAR: Final = 100
"""Width of the bar of a cell, in the units of its drawing."""


@dataclass(frozen=True, slots=True)
class BarPart:
    start: float
    width: float
    colour: str


@dataclass(frozen=True, slots=True)
class Cell:
    """`description` is what its link says; `shade` is 0 for a gap, else 1 to 5; `parts` divide it."""

    count: int
    url: str
    description: str
    shade: int
    parts: tuple[BarPart, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """A row or a column, with where all of it is."""

    label: str
    url: str
    is_inner: bool


@dataclass(frozen=True, slots=True)
class MapView:
    """As the template names it. `legend` has the label and the colour of each division."""

    rows_label: str
    columns_label: str
    columns: tuple[Side, ...]
    rows: tuple[tuple[Side, tuple[Cell, ...]], ...]
    legend_label: str
    legend: tuple[tuple[str, str], ...]
    is_truncated: bool


def map_view(snapshot: Snapshot, request: MapRequest, table: CrossTable, base: str = "") -> MapView:
    """Links lead to the search, at `base`."""
    pairs = query_pairs(snapshot, request.query)
    pages = PageUrls(base)
    row_urls, column_urls = side_urls(pages, request, table, pairs)
    divisions = table.divisions.values if table.divisions is not None else ()
    return MapView(
        rows_label=table.rows.field.label,
        columns_label=table.columns.field.label,
        columns=tuple(_sides(table.columns.values, column_urls)),
        rows=tuple(
            (side, tuple(_cells(table, row, urls)))
            for row, (side, urls) in enumerate(
                zip(_sides(table.rows.values, row_urls), cell_urls(pages, request, table, pairs), strict=True)
            )
        ),
        legend_label=table.divisions.field.label if table.divisions is not None else "",
        legend=tuple((value.label, PARTS[place]) for place, value in enumerate(divisions)),
        is_truncated=table.rows.truncated or table.columns.truncated,
    )


def _sides(values: Sequence[AxisValue], urls: Sequence[str]) -> Iterator[Side]:
    for value, url in zip(values, urls, strict=True):
        yield Side(value.label, url, value.parent is not None)


def _cells(table: CrossTable, row: int, urls: Sequence[str]) -> Iterator[Cell]:
    for column, url in enumerate(urls):
        count = table.counts[row][column]
        depth = shade(count, table.most) + 1 if count else 0
        yield Cell(count, url, cell_description(table, row, column), depth, tuple(_bar(table, row, column)))


def _bar(table: CrossTable, row: int, column: int) -> Iterator[BarPart]:
    """An entry that is in two parts counts in both."""
    parts = table.parts[row][column] if table.parts else ()
    whole, start = sum(parts), 0.0
    for place, part in enumerate(parts):
        if part:
            width = BAR * part / whole
            yield BarPart(round(start, 1), round(width, 1), PARTS[place])
            start += width
