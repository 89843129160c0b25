"""Exports: everything that matches, in a format of records, sent as it is made and from one revision."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import islice
from typing import Final

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.exports.context import ExportContext
from app.exports.formats import Format, View
from app.http.cache.compression import negotiate_coding
from app.http.cache.conditional_requests import etag_matches
from app.http.cache.response_buffer import STREAMED
from app.http.concurrency_limits import ConcurrencyLimiter
from app.http.context import request_context
from app.http.readers import Pool, Reader
from app.kit.errors import BadQuery, ErrorDetail, Unavailable
from app.reading.content.projection import read_view
from app.search.index.live_index import Index, ReadView, StaleSnapshot
from app.search.index.snapshot import Snapshot
from app.search.query.model import RELEVANCE, Query

MAX_EXPORTS: Final = 4
"""Exports at a time, in all."""

PER_CLIENT: Final = {Pool.anonymous: 1, Pool.polite: 1, Pool.partner: 2}

BLOCK_SIZE: Final = 64 * 1024
"""Characters of text made at a stretch."""

BATCH_SIZE: Final = 50
"""Documents read at a stretch."""

_GZIP_FRAMING: Final = 31


def export_limiter() -> ConcurrencyLimiter:
    """Each export is as much work as ten thousand pages."""
    return ConcurrencyLimiter("exports", "exports and downloads", MAX_EXPORTS, PER_CLIENT)


def with_default_order(snapshot: Snapshot, query: Query) -> Query:
    """The query in an order that can be gone through: how well everything fits some words is nobody's list."""
    if query.sort != (RELEVANCE,):
        return query
    return replace(query, sort=snapshot.default_order(query.collection))


@dataclass(frozen=True)
class ExportPlan:
    """What is exported, as what: everything that the query finds."""

    query: Query
    chosen: Format
    view: View
    context: ExportContext
    max_records: int


def check_number(matched: int, most: int) -> None:
    """Raise `BadQuery` for more than an export may have: nothing is left out silently."""
    if matched > most:
        message = f"The query matches {matched} records; an export has at most {most}. Narrow it, or use `cursor`."
        raise BadQuery(errors=[ErrorDetail("too-many-records", message)])


class Export(Response):
    """A stream, or 304 to a GET. It handles conditions and codings itself, for it is not cached."""

    def __init__(
        self, index: Index, plan: ExportPlan, fields: dict[str, str], limiter: ConcurrencyLimiter, reader: Reader
    ) -> None:
        super().__init__(headers=fields, media_type=plan.chosen.media_type)
        self._index = index
        self._plan = plan
        self._limiter = limiter
        self._reader = reader

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        context = request_context(scope)
        coding = negotiate_coding(context.fields.get(b"accept-encoding"))
        packed = coding != "identity"
        with self._limiter.place(self._reader), ExitStack() as stack:
            view = await asyncio.to_thread(self._begin, stack)
            etag = self.tag(view, packed=packed)
            headers = [field for field in self.raw_headers if field[0] != b"content-length"] + [(b"etag", etag)]
            known = context.fields.get(b"if-none-match") if context.method in ("GET", "HEAD") else None
            if known is not None and etag_matches(known, etag):
                headers = [field for field in headers if field[0] != b"content-type"]
                await send({"type": "http.response.start", "status": 304, "headers": headers, STREAMED: True})
                await send({"type": "http.response.body", "body": b""})
                return
            headers += [(b"content-encoding", b"gzip")] if packed else []
            await send({"type": "http.response.start", "status": 200, "headers": headers, STREAMED: True})
            if context.method != "HEAD":
                async for block in self._blocks(view, receive, packed=packed):
                    await send({"type": "http.response.body", "body": block, "more_body": True})
            await send({"type": "http.response.body", "body": b""})

    def _begin(self, stack: ExitStack) -> ReadView:
        try:
            view = stack.enter_context(self._index.open_view())
        except StaleSnapshot as error:
            raise Unavailable("Too many changes are in progress.", retry_after=1) from error
        check_number(len(view.snapshot.match(self._plan.query)), self._plan.max_records)
        return view

    def tag(self, view: ReadView, *, packed: bool) -> bytes:
        """A strong tag (RFC 9110 section 8.8.3) of all that decides what is sent: revision and epoch, query, format."""
        made_of = [*view.snapshot.revision, self._plan.query.as_json(), self._plan.chosen.name]
        digest = sha256(orjson.dumps(made_of, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]
        return f'"{digest}{"-gzip" if packed else ""}"'.encode()

    async def _blocks(self, view: ReadView, receive: Receive, *, packed: bool) -> AsyncIterator[bytes]:
        """Made one by one in a thread, each when the one before it is on its way; none for a reader who has gone."""
        gone = asyncio.create_task(_hung_up(receive))
        blocks = export_blocks(view, self._plan, packed=packed)
        try:
            while not gone.done() and (block := await asyncio.to_thread(next, blocks, None)) is not None:
                yield block
        finally:
            gone.cancel()
            with suppress(asyncio.CancelledError):
                await gone


async def _hung_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def export_blocks(view: ReadView, plan: ExportPlan, *, packed: bool) -> Iterator[bytes]:
    """What is sent, in blocks of some size."""
    texts = _texts(view, plan)
    if not packed:
        yield from (text.encode() for text in texts)
        return
    packer = zlib.compressobj(5, zlib.DEFLATED, _GZIP_FRAMING)
    for text in texts:
        if data := packer.compress(text.encode()):
            yield data
    yield packer.flush()


def _texts(view: ReadView, plan: ExportPlan) -> Iterator[str]:
    made: list[str] = []
    size = 0
    for piece in plan.chosen.views[plan.view](_items(view, plan), plan.context):
        made.append(piece)
        size += len(piece)
        if size >= BLOCK_SIZE:
            yield "".join(made)
            made, size = [], 0
    yield "".join(made)


def _items(view: ReadView, plan: ExportPlan) -> Iterator[object]:
    snapshot, query = view.snapshot, plan.query
    walk = snapshot.orders.walk(query.collection, query.sort, snapshot.match(query))
    while ids := list(islice(walk, BATCH_SIZE)):
        for body in view.bodies(ids):
            yield read_view(body, plan.view, plan.context.pages)
