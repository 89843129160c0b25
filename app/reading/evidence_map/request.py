"""The parameters of a map: its sides by name, and a query of entries."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from app.kit.error_collector import ErrorCollector
from app.kit.errors import BadQuery, ErrorDetail, repeated
from app.kit.text.suggestions import closest_matches
from app.reading.requests.result_window import facetable
from app.reading.requests.urls import Pair
from app.search.index.snapshot import Snapshot
from app.search.query.filter_parser import RESERVED, read_parameters
from app.search.query.model import Query
from app.search.query.schema import Field

SIDES = ("rows", "columns", "cells")
"""Parameters that name a field each; the first two are required."""
OF_THE_QUERY = ("q", "query")
"""Parameters of lists that a map takes; its order and its pages are its own."""


@dataclass(frozen=True)
class MapRequest:
    query: Query
    rows: Field
    columns: Field
    cells: Field | None


def parse_map_request(snapshot: Snapshot, pairs: Sequence[Pair]) -> MapRequest:
    """Raises `BadQuery` with everything that is wrong."""
    errors = ErrorCollector()
    entries = snapshot.registry.everything
    own: list[Pair] = []
    sides: dict[str, list[str]] = {}
    for name, value in pairs:
        if name in SIDES:
            sides.setdefault(name, []).append(value)
        elif name in RESERVED and name not in OF_THE_QUERY:
            errors.add(ErrorDetail("unknown-parameter", "Unknown parameter.", name, allowed=(*SIDES, *OF_THE_QUERY)))
        else:
            own.append((name, value))
    query = read_parameters(errors, snapshot, entries, own)
    rows, columns, cells = (_side(errors, snapshot, name, sides.get(name, [])) for name in SIDES)
    chosen = [each.name for each in (rows, columns, cells) if each is not None]
    if len(set(chosen)) < len(chosen):
        errors.add(ErrorDetail("not-together", "Rows, columns and cells must be of different fields.", "columns"))
    if errors or rows is None or columns is None:
        raise BadQuery(errors=errors.resolved())
    return MapRequest(query, rows, columns, cells)


def _side(errors: ErrorCollector, snapshot: Snapshot, name: str, values: Sequence[str]) -> Field | None:
    known = facetable(snapshot, snapshot.registry.everything)
    if not values:
        if name in SIDES[:2]:
            errors.add(ErrorDetail("missing", "This is required: the name of a field.", name, allowed=known))
        return None
    if len(values) > 1:
        errors.add(repeated(name))
        return None
    if values[0] not in known:
        error = ErrorDetail(f"unknown-{name}", "This field cannot be counted.", name)
        errors.add(error, partial(closest_matches, values[0], known), known)
        return None
    return snapshot.fields(snapshot.registry.everything)[values[0]]
