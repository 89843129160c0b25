"""The evidence and gap map as a page: what there is and what there is not, by two fields that the reader chooses."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from app.kit.error_collector import ErrorCollector
from app.pages.context import PageContext
from app.pages.hyperlinks import Hyperlink
from app.pages.rendering import render_public_page
from app.pages.view_models.facet_view import FacetLinks
from app.pages.view_models.map_view import map_view
from app.pages.view_models.search_urls import MAP, search_path
from app.reading.evidence_map.representations import describe_map
from app.reading.evidence_map.request import SIDES, MapRequest, parse_map_request
from app.reading.evidence_map.router import MAP_FORMATS, PATH, check_map_size
from app.reading.evidence_map.svg import summarise
from app.reading.list_request import parse_query_string
from app.reading.responses import headers
from app.reading.result_window import facetable
from app.reading.urls import Pair, query_pairs
from app.search.cross_table import CrossTable, cross_table
from app.search.index.snapshot import Snapshot

ROWS, COLUMNS, CELLS = SIDES
FORMAT_LABELS: Final = {"json": "JSON", "csv": "CSV", "svg": "A picture (SVG)"}


@dataclass(frozen=True, slots=True)
class Choice:
    """A field that a side can be of."""

    value: str
    label: str
    is_chosen: bool


async def show_map(context: PageContext, request: Request) -> Response:
    snapshot = await context.index.latest_snapshot()
    return await asyncio.to_thread(render_map, context, snapshot, request)


def requested_map(snapshot: Snapshot, pairs: Sequence[Pair]) -> tuple[MapRequest, CrossTable, list[Pair]]:
    """What a form leaves empty asks for nothing, and sides that are not chosen are the usual ones; also given back are
    the parameters with these. Raises `BadQuery`."""
    given = [pair for pair in pairs if pair[1].strip()]
    named = {name for name, _ in given}
    usual = [(name, value) for name, value in usual_sides(snapshot, given) if name not in named]
    asked = [*given, *usual]
    errors = ErrorCollector()
    wanted = parse_map_request(errors, snapshot, asked)
    errors.check()
    if wanted is None:
        raise LookupError("What is wrong with a request is told.")
    table = cross_table(snapshot, wanted.query, wanted.rows, wanted.columns, wanted.cells)
    check_map_size(table, query_pairs(snapshot, wanted.query))
    return wanted, table, asked


def usual_sides(snapshot: Snapshot, given: Sequence[Pair]) -> Iterator[Pair]:
    """Across, the shortest vocabulary with an order of its own, for screens are narrow; down, of those that say no sort
    of thing, the one that most entries have. Of the fields that are left, where there are too few vocabularies."""
    taken = {value for name, value in given if name in SIDES}
    fields = snapshot.fields(snapshot.registry.everything)
    ordered = [each for each in snapshot.registry.facets if each.is_ordered]
    others = [each for each in snapshot.registry.facets if not each.is_ordered and not each.is_required]
    across = [each.name for each in sorted(ordered, key=lambda each: len(snapshot.members(each.collection)))]
    down = sorted((each.name for each in others), key=lambda name: -len(snapshot.with_field(fields[name])))
    rest = list(facetable(snapshot, snapshot.registry.everything))
    for side, names in ((ROWS, [*down, *rest]), (COLUMNS, [*across, *rest])):
        chosen = next(name for name in names if name not in taken)
        taken.add(chosen)
        yield side, chosen


def render_map(context: PageContext, snapshot: Snapshot, request: Request) -> Response:
    """Raises `BadQuery`."""
    wanted, table, pairs = requested_map(snapshot, parse_query_string(request.scope["query_string"]))
    own = [pair for pair in pairs if pair[0] not in SIDES]
    chosen = {ROWS: wanted.rows.name, COLUMNS: wanted.columns.name}
    if wanted.cells is not None:
        chosen[CELLS] = wanted.cells.name
    description = describe_map(snapshot, wanted)
    return render_public_page(
        "map",
        context.site,
        headers=headers(snapshot.modified),
        path=MAP,
        words=wanted.query.words or "",
        kept=[pair for pair in own if pair[0] != "q"],
        sides=[(name, label, list(_choices(snapshot, chosen.get(name)))) for name, label in LABELS.items()],
        chosen=list(FacetLinks(snapshot, wanted.query, MAP, pairs).chosen()),
        entries=Hyperlink(f"All {table.count:,} entries", search_path(own)),
        summary=summarise(table, description),
        view=map_view(snapshot, wanted, table),
        is_filtered=bool(own),
        formats=[
            Hyperlink(FORMAT_LABELS[each], search_path(pairs, f"{PATH}.{each}" if each != "json" else PATH))
            for each in MAP_FORMATS
        ],
    )


LABELS: Final = {ROWS: "Down", COLUMNS: "Across", CELLS: "Within a cell"}
"""Of the sides."""


def _choices(snapshot: Snapshot, chosen: str | None) -> Iterator[Choice]:
    fields = snapshot.fields(snapshot.registry.everything)
    for name in facetable(snapshot, snapshot.registry.everything):
        yield Choice(name, fields[name].label, name == chosen)
