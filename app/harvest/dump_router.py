"""`GET /v1/dump`: the last dumps, whole or in parts. No request makes one."""

import asyncio
import base64
import re
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.types import Receive, Scope, Send

from app.harvest.changes import PATH as CHANGES
from app.harvest.context import HarvestContext
from app.harvest.dump_catalogue import describe_dumps
from app.harvest.dump_formats import DUMP_FORMATS, NDJSON, DumpFormat
from app.harvest.dumps import Dump, find_dumps
from app.http.cache.conditional_requests import etag_matches
from app.http.concurrency_limits import ConcurrencyLimiter
from app.http.headers import PUBLIC, TypedLink, link_header
from app.http.http_errors import HttpError
from app.http.readers import Reader, identify_reader
from app.http.services import services_of
from app.kit.clock import http_date
from app.kit.errors import BadQuery, ErrorDetail, NotFound, repeated
from app.reading.context import ReadingContext
from app.reading.requests.list_request import parse_query_string, reject_parameters
from app.reading.requests.urls import Pair
from app.reading.routing import PublicRoute

PATH: Final = "/v1/dump"
MEDIA_TYPE: Final = "application/gzip"
CATALOGUE: Final = f"{PATH}/dcat"
CATALOGUE_TYPE: Final = "text/turtle; charset=utf-8"
LATEST: Final = "latest"
"""The name of the newest, whichever that is."""
_RANGE: Final = re.compile(r"bytes=(?:(\d{1,18})-(\d{0,18})|-(\d{1,18}))")


class DumpResponse(FileResponse):
    """A download counts as an export while it lasts."""

    def __init__(self, path: Path, fields: dict[str, str], limiter: ConcurrencyLimiter, reader: Reader) -> None:
        super().__init__(path, headers=fields, media_type=MEDIA_TYPE)
        self._limiter = limiter
        self._reader = reader

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._limiter.place(self._reader):
            await super().__call__(scope, receive, send)


async def get_dump(context: ReadingContext, request: Request, name: str = LATEST) -> Response:
    """The newest in the format of `as`, or one by its name. A client that has it gets 304."""
    pairs = parse_query_string(request.scope["query_string"])
    folder = services_of(request)[HarvestContext].dumps
    found = await asyncio.to_thread(find_dumps, folder, _wanted_format(pairs) if name == LATEST else None)
    if name != LATEST:
        reject_parameters(pairs)
    dump = next((each for each in found if name in (LATEST, each.name)), None)
    if dump is None:
        raise NotFound("There is no such dump." if found else "No dump has been made yet.")
    fields = dump_headers(dump, context)
    if has_it(request, fields["ETag"]):
        return Response(status_code=304, headers=fields)
    ignore_ranges(request.scope, dump.size)
    return DumpResponse(folder / dump.name, fields, context.exports, await identify_reader(request))


async def describe_catalogue(context: ReadingContext, request: Request) -> Response:
    """What dumps there are, for data portals."""
    reject_parameters(parse_query_string(request.scope["query_string"]))
    found = await asyncio.to_thread(find_dumps, services_of(request)[HarvestContext].dumps)
    urls = context.urls
    text = describe_dumps(found, context.about, f"{urls.base}{PATH}", f"{urls.pages.base}/")
    tag = f'"{sha256(text.encode()).hexdigest()[:32]}"'
    fields = {"Cache-Control": PUBLIC, "ETag": tag}
    if has_it(request, tag):
        return Response(status_code=304, headers=fields)
    return Response(text, 200, fields, CATALOGUE_TYPE)


def has_it(request: Request, tag: str) -> bool:
    known = request.headers.get("if-none-match")
    return known is not None and etag_matches(known.encode(), tag.encode())


def _wanted_format(pairs: Sequence[Pair]) -> DumpFormat:
    """Raises `BadQuery`."""
    reject_parameters([pair for pair in pairs if pair[0] != "as"])
    if len(pairs) > 1:
        raise BadQuery(errors=[repeated("as")])
    name = pairs[0][1] if pairs else NDJSON.name
    if name not in DUMP_FORMATS:
        message = "There is no dump in this format."
        raise BadQuery(errors=[ErrorDetail("unknown-format", message, parameter="as", allowed=tuple(DUMP_FORMATS))])
    return DUMP_FORMATS[name]


def dump_headers(dump: Dump, context: ReadingContext) -> dict[str, str]:
    """`Repr-Digest` is that of RFC 9530; the link `next` leads to what changed since."""
    further = context.urls.query_url(CHANGES, (("since", dump.since), ("include", "document")))
    return {
        "Cache-Control": PUBLIC,
        "Content-Disposition": f'attachment; filename="{dump.name}"',
        "Content-Location": context.urls.query_url(f"{PATH}/{dump.name}", ()),
        "ETag": f'"{dump.sha256[:32]}"',
        "KB-Epoch": dump.published.epoch_text,
        "KB-Revision": str(dump.revision),
        "Last-Modified": http_date(datetime.fromisoformat(dump.made_at)),
        "Link": link_header([TypedLink(further, "next")]),
        "Repr-Digest": f"sha-256=:{base64.b64encode(bytes.fromhex(dump.sha256)).decode()}:",
    }


def ignore_ranges(scope: Scope, size: int) -> None:
    """Leave one range in the request, if that can be read (RFC 9110 section 14.2). Raises HttpError (416) for one that
    begins beyond the end."""
    given = [value.decode("latin-1") for name, value in scope["headers"] if name == b"range"]
    if not given:
        return
    found = _RANGE.fullmatch(given[0].strip()) if len(given) == 1 else None
    if found is None or (found[2] and int(found[2]) < int(found[1])):
        scope["headers"] = [field for field in scope["headers"] if field[0] != b"range"]
    elif (found[1] is not None and int(found[1]) >= size) or found[3] == "0":
        raise HttpError(416, {"Content-Range": f"bytes */{size}"})


DUMP_ROUTES: Final = (
    PublicRoute(PATH, get_dump, "GET"),
    PublicRoute(CATALOGUE, describe_catalogue, "GET"),
    PublicRoute(f"{PATH}/{{name}}", get_dump, "GET"),
)
