"""A map as JSON and as a table for spreadsheets."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from app.kit.json_types import JsonObject
from app.kit.spreadsheets import csv_row
from app.reading.evidence_map.links import cell_urls, side_urls
from app.reading.evidence_map.request import MapRequest
from app.reading.requests.urls import Pair, UrlBuilder
from app.search.cross_table import Axis, CrossTable
from app.search.index.snapshot import Snapshot
from app.search.query_summary import describe_query


def map_json(
    snapshot: Snapshot, addresses: UrlBuilder, request: MapRequest, table: CrossTable, pairs: Sequence[Pair]
) -> JsonObject:
    """Row by row, as the sides are; a cell without an entry is a gap, and counts nought."""
    row_urls, column_urls = side_urls(addresses, request, table, pairs)
    return {
        "meta": {
            "count": table.count,
            "gaps": table.gaps,
            "revision": snapshot.revision.number,
            "epoch": snapshot.revision.epoch_text,
            "query": request.query.as_json(),
            "description": describe_map(snapshot, request),
        },
        "rows": _side(table.rows, row_urls),
        "columns": _side(table.columns, column_urls),
        "parts": None if table.divisions is None else _side(table.divisions, None),
        "cells": [
            [_cell(table, row, column, url) for column, url in enumerate(urls)]
            for row, urls in enumerate(cell_urls(addresses, request, table, pairs))
        ],
    }


def describe_map(snapshot: Snapshot, request: MapRequest) -> str:
    """As `entries with topic Trust, by topic and stage, divided by format`."""
    found = describe_query(snapshot, replace(request.query, sort=()))
    by = f"{found}, by {_named(request.rows.label)} and {_named(request.columns.label)}"
    return by if request.cells is None else f"{by}, divided by {_named(request.cells.label)}"


def _named(label: str) -> str:
    return label[:1].lower() + label[1:]


def _side(axis: Axis, urls: Sequence[str] | None) -> JsonObject:
    values: list[JsonObject] = []
    for place, value in enumerate(axis.values):
        shown = {"slug": value.slug, "label": value.label, "parent": value.parent, "count": value.count}
        values.append(shown if urls is None else {**shown, "url": urls[place]})
    return {
        "field": axis.field.name,
        "label": axis.field.label,
        "values": values,
        "missing": axis.missing,
        "truncated": axis.truncated,
    }


def _cell(table: CrossTable, row: int, column: int, url: str) -> JsonObject:
    cell: JsonObject = {"count": table.counts[row][column], "url": url}
    if table.divisions is not None:
        cell["parts"] = list(table.parts[row][column])
    return cell


def map_csv(addresses: UrlBuilder, request: MapRequest, table: CrossTable, pairs: Sequence[Pair]) -> Iterator[str]:
    """A line for each cell, gaps as well; with divisions also one for each of their values that has entries."""
    header = [request.rows.name, "row", request.columns.name, "column"]
    if request.cells is not None:
        header += [request.cells.name, "part"]
    yield csv_row([*header, "count", "url"])
    for row, urls in enumerate(cell_urls(addresses, request, table, pairs)):
        for column, url in enumerate(urls):
            yield from _lines(table, row, column, url)


def _lines(table: CrossTable, row: int, column: int, url: str) -> Iterator[str]:
    down, across = table.rows.values[row], table.columns.values[column]
    names = [down.slug, down.label, across.slug, across.label]
    count = str(table.counts[row][column])
    if table.divisions is None:
        yield csv_row([*names, count, url])
        return
    yield csv_row([*names, "", "", count, url])
    for value, part in zip(table.divisions.values, table.parts[row][column], strict=True):
        if part:
            yield csv_row([*names, value.slug, value.label, str(part), url])
