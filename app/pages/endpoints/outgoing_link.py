"""A link out of a page: counted, and followed. Who follows it is not noted."""

import asyncio
from typing import Final

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.documents.store import DocumentState
from app.http.context import Use, note_use
from app.http.headers import NO_STORE
from app.kit.errors import NotFound
from app.pages.context import PageContext
from app.pages.hyperlinks import host_of, safe_url
from app.pages.outgoing_links import PATH, find_outgoing
from app.pages.routing import PageRoute
from app.reading.requests.list_request import parse_query_string, reject_parameters
from app.search.index.snapshot import Snapshot

HEADERS: Final = {"Cache-Control": NO_STORE, "X-Robots-Tag": "noindex, nofollow"}


async def follow_link(context: PageContext, request: Request, document: str, key: str) -> Response:
    reject_parameters(parse_query_string(request.scope["query_string"]))
    snapshot = await context.index.latest_snapshot()
    return await asyncio.to_thread(_follow, context, snapshot, document, key)


def _follow(context: PageContext, snapshot: Snapshot, document: str, key: str) -> Response:
    """Raises `NotFound` for what no published document links to now."""
    row = snapshot.by_id(document)
    if row is None or row.state != DocumentState.live:
        raise NotFound("No such link is published.")
    (body,) = context.index.bodies(snapshot, [row.id])
    url = safe_url(find_outgoing(orjson.loads(body), key))
    if url is None:
        raise NotFound("No such link is published.")
    note_use(Use("link", row.uuid, host_of(url)[:100]))
    return RedirectResponse(url, 302, HEADERS)


OUTGOING_ROUTES: Final = (PageRoute(f"{PATH}/{{document}}/{{key}}", follow_link),)
