"""Where the cells of a map lead: to the entries that they count."""

from collections.abc import Iterator, Sequence

from app.reading.evidence_map.request import MapRequest
from app.reading.requests.urls import FacetLinks, Pair, Urls, filter_by
from app.search.cross_table import CrossTable

Addresses = Iterator[list[str]]
"""A list for each row."""


def cell_urls(addresses: Urls, request: MapRequest, table: CrossTable, pairs: Sequence[Pair]) -> Addresses:
    """The URL of each cell, among the lists or the pages that `addresses` are of."""
    kept, name = filter_by(pairs, request.rows)
    path = addresses.collection(request.query.collection).removeprefix(addresses.base)
    for row in table.rows.values:
        links = FacetLinks(addresses, path, [*kept, (name, row.slug)], request.columns, combine_all=True)
        yield [links.to(column.slug, selected=False) for column in table.columns.values]


def side_urls(
    addresses: Urls, request: MapRequest, table: CrossTable, pairs: Sequence[Pair]
) -> tuple[list[str], list[str]]:
    """The URL of each whole row, and of each whole column."""
    path = addresses.collection(request.query.collection).removeprefix(addresses.base)
    down = FacetLinks(addresses, path, pairs, request.rows, combine_all=True)
    across = FacetLinks(addresses, path, pairs, request.columns, combine_all=True)
    return (
        [down.to(value.slug, selected=False) for value in table.rows.values],
        [across.to(value.slug, selected=False) for value in table.columns.values],
    )
