"""Server-Sent Events (html.spec.whatwg.org/multipage/server-sent-events.html): pages of changes on one connection, as
they are published.

Each event is a page; its id is the position after it, with which browsers go on by themselves (`Last-Event-ID`).
"""

import asyncio
from dataclasses import replace
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.harvest.changes import ChangesPage, ChangesRequest
from app.harvest.context import HarvestContext
from app.http.context import request_context
from app.http.headers import NO_STORE
from app.http.readers import Reader
from app.kit.errors import AppError

MEDIA_TYPE: Final = "text/event-stream"
LAST_EVENT: Final = "last-event-id"
HEARTBEAT: Final = 15.0
"""Seconds without an event after which a comment is sent: proxies close what is silent."""
MAX_DURATION: Final = 900.0
"""Seconds; then the connection ends, and the client comes again."""
BEGINNING: Final = b"retry: 3000\n\n"
"""Milliseconds after which a client comes again."""
COMMENT: Final = b":\n"


class ChangesStream(Response):
    """`page` is the first one. It counts as a request that waits for as long as it lasts."""

    media_type = MEDIA_TYPE

    def __init__(self, harvest: HarvestContext, request: ChangesRequest, page: ChangesPage, reader: Reader) -> None:
        super().__init__(headers={"Cache-Control": NO_STORE, "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._harvest = harvest
        self._request = request
        self._page = page
        self._reader = reader

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises `TooManyRequests` and `Unavailable` before anything is sent."""
        context = request_context(scope)
        with self._harvest.signal.places.place(self._reader) as quota:
            context.quotas = (quota,)
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            if context.method != "HEAD":
                await _write(send, BEGINNING)
                await self._follow(receive, send)
            await send({"type": "http.response.body", "body": b""})

    async def _follow(self, receive: Receive, send: Send) -> None:
        """To the end of its time, or until the client disconnects. A restored backup ends it too: the client
        reconnects, and gets the error."""
        clock = asyncio.get_running_loop().time
        until, request, page = clock() + MAX_DURATION, self._request, self._page
        while True:
            await _send_page(send, page)
            is_gone = False
            if not page.has_more:
                is_gone = await self._harvest.signal.wait(page.revision, HEARTBEAT, receive)
            if is_gone or clock() >= until:
                return
            request = replace(request, position=page.following, since=page.following.token)
            try:
                page = await self._harvest.page(request)
            except AppError:
                return


async def _send_page(send: Send, page: ChangesPage) -> None:
    """The body is shared by all clients with the same query. Without changes, only the id is sent, which dispatches
    no event in the client."""
    identifier = f"id: {page.following.token}\n".encode()
    if not page.count:
        await _write(send, COMMENT + identifier + b"\n")
        return
    await _write(send, identifier + b"event: changes\ndata: ")
    await _write(send, page.body)
    await _write(send, b"\n\n")


async def _write(send: Send, data: bytes) -> None:
    await send({"type": "http.response.body", "body": data, "more_body": True})
