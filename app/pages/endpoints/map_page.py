"""The evidence and gap map as a page: what there is and what there is not, by two fields that the reader chooses."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from app.pages.context import PageContext
from app.pages.embeds.oembed import oembed_tags
from app.pages.hyperlinks import Hyperlink
from app.pages.rendering import render_public_page
from app.pages.view_models.facet_view import FacetViews
from app.pages.view_models.map_view import map_view
from app.pages.view_models.page_requests import CELLS, COLUMNS, ROWS, requested_map
from app.pages.view_models.search_urls import MAP, search_path
from app.reading.evidence_map.representations import describe_map
from app.reading.evidence_map.request import SIDES
from app.reading.evidence_map.router import MAP_FORMATS, PATH
from app.reading.evidence_map.svg import summarise
from app.reading.requests.list_request import parse_query_string
from app.reading.requests.result_window import facetable
from app.reading.responses import headers
from app.search.index.snapshot import Snapshot

FORMAT_LABELS: Final = {"json": "JSON", "csv": "CSV", "svg": "A picture (SVG)"}


@dataclass(frozen=True, slots=True)
class SideOption:
    """A field that a side can be of."""

    value: str
    label: str
    is_chosen: bool


async def show_map(context: PageContext, request: Request) -> Response:
    snapshot = await context.index.latest_snapshot()
    return await asyncio.to_thread(render_map, context, snapshot, request)


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
        chosen=list(FacetViews(snapshot, wanted.query, MAP, pairs).chosen()),
        entries=Hyperlink(f"All entries ({table.count:,})", search_path(own)),
        summary=summarise(table, description),
        view=map_view(snapshot, wanted, table),
        oembed=oembed_tags(context.site, f"{context.site.base}{search_path(pairs, MAP)}"),
        is_filtered=bool(own),
        formats=[
            Hyperlink(FORMAT_LABELS[each], search_path(pairs, f"{PATH}.{each}" if each != "json" else PATH))
            for each in MAP_FORMATS
        ],
    )


LABELS: Final = {ROWS: "Down", COLUMNS: "Across", CELLS: "Within a cell"}
"""Of the sides."""


def _choices(snapshot: Snapshot, chosen: str | None) -> Iterator[SideOption]:
    fields = snapshot.fields(snapshot.registry.everything)
    for name in facetable(snapshot, snapshot.registry.everything):
        yield SideOption(name, fields[name].label, name == chosen)
