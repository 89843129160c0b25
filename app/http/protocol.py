"""The server's own refusals in the shape of all others: what is no request, or has no end, never reaches the
application."""

import json
from http import HTTPStatus
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from app.http.exchange import Scope
from app.http.prompt import Prompt

LONGEST_HEAD: Final = 64 * 2**10
"""Bytes of request line and fields together."""


def refusal(status: HTTPStatus, detail: str) -> bytes:
    """A whole answer, after which the connection is closed."""
    body = json.dumps({"type": "about:blank", "title": status.phrase, "status": status, "detail": detail}).encode()
    return b"\r\n".join(
        (
            f"HTTP/1.1 {status} {status.phrase}".encode(),
            b"content-type: application/problem+json",
            b"content-length: %d" % len(body),
            b"cache-control: no-store",
            b"access-control-allow-origin: *",
            b"x-content-type-options: nosniff",
            b"connection: close",
            b"",
            body,
        )
    )


MALFORMED: Final = refusal(HTTPStatus.BAD_REQUEST, "These bytes are not an HTTP request.")
HEAD_TOO_LARGE: Final = refusal(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"Address and fields may have {LONGEST_HEAD} bytes together."
)


class HeadTooLarge(Exception):
    """Makes the parser stop."""


class Protocol(HttpToolsProtocol):
    """Uvicorn's, but for what it says to malformed requests and to heads beyond `LONGEST_HEAD` (RFC 6585 section 5),
    and for what an application with a `prompt` knows without being run.

    What a piece of the stream holds beside a head is not told apart, so a head is measured once it is whole; until
    then, only the pieces after the one it began in are counted. Trailers count as a head does.
    """

    _answer = MALFORMED
    _piece = 0
    _unfinished = 0

    def data_received(self, data: bytes) -> None:
        self._piece = len(data)
        HttpToolsProtocol.data_received(self, data)  # on every request: `super()` takes three times as long
        self._unfinished += self._piece
        if self._unfinished > LONGEST_HEAD and not self.transport.is_closing():
            self._answer = HEAD_TOO_LARGE
            self.send_400_response("")

    def on_headers_complete(self) -> None:
        if self._piece + max(self._unfinished, 0) > LONGEST_HEAD and self._head_size() > LONGEST_HEAD:
            self._answer = HEAD_TOO_LARGE
            raise HeadTooLarge
        self._unfinished = -self._piece
        HttpToolsProtocol.on_headers_complete(self)

    def on_body(self, body: bytes) -> None:
        self._unfinished = -self._piece
        super().on_body(body)

    def _head_size(self) -> int:
        """Bytes of the address and of every field, with its colon, space and line end."""
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """Where the application has a `prompt`, that is asked first: known answers need no task."""
        prompt: Prompt | None = getattr(app, "prompt", None)
        scope: Scope = cycle.scope  # type: ignore[assignment]
        if prompt is None or not self.is_ready(cycle) or not prompt.takes(self, cycle, scope):
            HttpToolsProtocol._start_asgi_task(self, cycle, app)

    def is_ready(self, request: RequestResponseCycle) -> bool:
        """Not so where the connection ends with this answer, or its reader has left others waiting."""
        open_for_more = request.keep_alive and not request.disconnected and not self.transport.is_closing()
        return open_for_more and not self.flow.write_paused

    def give(self, request: RequestResponseCycle, head: bytes, body: bytes) -> None:
        own = [b"%s: %s\r\n" % field for field in self.server_state.default_headers]
        self.transport.write(b"".join((head, *own, b"\r\n", body)))
        request.response_started = request.response_complete = True
        self.on_response_complete()

    def run(self, request: RequestResponseCycle) -> None:
        HttpToolsProtocol._start_asgi_task(self, request, self.app)

    def send_400_response(self, msg: str) -> None:
        """Answer and hang up; nothing of the request is repeated."""
        self.transport.write(self._answer)
        self.transport.close()
