"""`/v1/map` in its three representations."""

import asyncio
from dataclasses import dataclass
from typing import Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from app.exports.negotiation import negotiate
from app.http.headers import TypedLink, link_header
from app.kit.errors import BadQuery, ErrorDetail, NotAcceptable, repeated
from app.kit.text.suggestions import closest_matches
from app.reading.content.response_size import MAX_SIZE
from app.reading.context import ReadingContext
from app.reading.evidence_map.links import cell_urls
from app.reading.evidence_map.representations import describe_map, map_csv, map_json
from app.reading.evidence_map.request import MapRequest, parse_map_request
from app.reading.evidence_map.svg import map_svg
from app.reading.requests.list_request import parse_query_string
from app.reading.requests.urls import Pair, encoded, query_pairs
from app.reading.responses import headers
from app.reading.routing import PublicRoute
from app.search.cross_table import CrossTable, cross_table
from app.search.index.snapshot import Snapshot

PATH: Final = "/v1/map"


@dataclass(frozen=True)
class MapFormat:
    name: str
    media_type: str


JSON: Final = MapFormat("json", "application/json")
CSV: Final = MapFormat("csv", "text/csv; charset=utf-8")
SVG: Final = MapFormat("svg", "image/svg+xml")
MAP_FORMATS: Final = {each.name: each for each in (JSON, CSV, SVG)}
NEGOTIABLE: Final = (JSON, CSV)
"""Those that `Accept` may choose: responses are cached by the formats of entries, among which no picture is."""


class MapRoute(PublicRoute):
    """The path of a map, with the extension of a representation or without one."""

    def __init__(self, extension: str | None) -> None:
        async def get_map(context: ReadingContext, request: Request) -> Response:
            return await answer(context, request, extension)

        super().__init__(PATH if extension is None else f"{PATH}.{extension}", get_map, "GET")


async def answer(context: ReadingContext, request: Request, extension: str | None) -> Response:
    snapshot = await context.index.latest_snapshot()
    pairs = parse_query_string(request.scope["query_string"])
    chosen = _format(extension, [value for name, value in pairs if name == "as"], request.headers.get("accept"))
    return await asyncio.to_thread(_answer, context, snapshot, [pair for pair in pairs if pair[0] != "as"], chosen)


def _format(extension: str | None, given: list[str], accept: str | None) -> MapFormat:
    if len(given) > 1:
        raise BadQuery(errors=[repeated("as")])
    if given and given[0] not in MAP_FORMATS:
        near = next(iter(closest_matches(given[0], MAP_FORMATS)), None)
        message = "This is not a format of maps."
        error = ErrorDetail("unknown-format", message, "as", allowed=tuple(MAP_FORMATS), suggestion=near)
        raise NotAcceptable(choices=_choices(), errors=[error])
    if given and extension not in (None, given[0]):
        raise BadQuery(errors=[ErrorDetail("not-together", "The extension names another format.", "as")])
    if name := extension or next(iter(given), None):
        return MAP_FORMATS[name]
    found = negotiate(accept, tuple([each.media_type for each in NEGOTIABLE]))
    if found is None:
        raise NotAcceptable(f"Available formats: {', '.join(MAP_FORMATS)}.", choices=_choices())
    return next(each for each in NEGOTIABLE if each.media_type == found)


def _choices() -> list[str]:
    return [each.media_type for each in MAP_FORMATS.values()]


def _answer(context: ReadingContext, snapshot: Snapshot, pairs: list[Pair], chosen: MapFormat) -> Response:
    """Raises `BadQuery`."""
    request = parse_map_request(snapshot, pairs)
    body = _body(context, snapshot, request, pairs, chosen)
    others = [
        TypedLink(context.urls.query_url(f"{PATH}.{each.name}", pairs), "alternate", each.media_type)
        for each in (CSV, SVG)
        if each is not chosen
    ]
    return Response(body, 200, headers(snapshot.modified, link_header(others)), chosen.media_type)


def _body(
    context: ReadingContext, snapshot: Snapshot, request: MapRequest, pairs: list[Pair], chosen: MapFormat
) -> bytes:
    table = cross_table(snapshot, request.query, request.rows, request.columns, request.cells)
    own = query_pairs(snapshot, request.query)
    check_map_size(table, own)
    if chosen is CSV:
        body = "".join(map_csv(context.urls, request, table, own)).encode()
    elif chosen is SVG:
        urls = list(cell_urls(context.urls.pages, request, table, own))
        body = "".join(map_svg(table, describe_map(snapshot, request), urls)).encode()
    else:
        links = {
            "self": context.urls.query_url(PATH, pairs),
            "list": context.urls.query_url(f"/v1/{request.query.collection}", own),
            "alternate": {each.name: context.urls.query_url(f"{PATH}.{each.name}", pairs) for each in (CSV, SVG)},
        }
        body = orjson.dumps({**map_json(snapshot, context.urls, request, table, own), "links": links})
    return body


def check_map_size(table: CrossTable, own: list[Pair]) -> None:
    """Raises `BadQuery` where the URLs of the cells, each of which repeats the query, would be too long together."""
    if sum(map(len, table.counts)) * len(encoded(own)) > MAX_SIZE:
        message = "The map would be larger than 2 MB: ask for it with a shorter query."
        raise BadQuery(errors=[ErrorDetail("answer-too-large", message)])


ROUTES: Final = (MapRoute(None), *(MapRoute(each) for each in MAP_FORMATS))
