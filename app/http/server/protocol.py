"""One connection: what its client may send, how far it may run ahead, and what is answered without the application."""

import logging
import re
from collections.abc import Callable
from functools import partial
from typing import Any, Final
from weakref import ref

import httptools
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT, FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from app.http.context import GIVE, Give, Scope
from app.http.middleware.fast_path import FastPath
from app.http.server.connection_errors import (
    BAD_TARGET,
    FAILED,
    HEAD_TOO_LARGE,
    MALFORMED,
    MAX_HEAD_LENGTH,
    TOO_MUCH_FRAMING,
)

PIECE: Final = 4096
"""Bytes that are parsed at a time, so that a connection cannot make thousands of requests of one read."""
MAX_PIPELINED: Final = 16
"""Requests that may wait for the answers before them; more are left unparsed, and then unread."""
FRAMING: Final = 8
"""Bytes of chunk sizes, extensions and trailers that come with each byte of a body, beside `MAX_HEAD_LENGTH`."""
MAX_DISCARDED: Final = 64 * 2**20
"""Bytes of a body that are still read when its answer has been given: more than any body may have."""
JOINED: Final = 16 * 2**10
"""Bytes up to which a body is copied behind its head; a larger one is shared by all connections it is sent to."""

_LOG = logging.getLogger(__name__)
_ABSOLUTE = re.compile(rb"https?://([A-Za-z0-9.\-_~%!$&'()*+,;=:\[\]]+)(/[^#]*|\?[^#]*|)", re.I)


class HeadTooLarge(Exception):
    """Makes the parser stop."""


class BadTarget(Exception):
    """The target of a request does not name anything that could be here."""


_ANSWERS: Final[dict[type[BaseException], bytes]] = {
    HeadTooLarge: HEAD_TOO_LARGE,
    BadTarget: BAD_TARGET,
    httptools.HttpParserInvalidURLError: BAD_TARGET,
}


class Flow(FlowControl):
    """Reading is not resumed while enough data waits to be parsed."""

    is_full = False

    def resume_reading(self) -> None:
        if not self.is_full:
            super().resume_reading()


class Protocol(HttpToolsProtocol):
    """Uvicorn's, with bounds and with answers that an application with a `fast_path` knows without being run.

    Nothing that a client sends or leaves unread is without a bound, and whatever goes wrong ends this connection
    alone. Time limits are the business of `app.http.server.timeouts`, which looks at all connections once a second; no
    timer is set for a request.

    A piece of the stream may hold more than a request head, so a head is measured once it is complete; until then, only
    the pieces after the one in which it began are counted.
    """

    flow: Flow
    client_key: str | None = None
    """The client that it counts for, if any."""
    is_open = False
    """Whether there ever was a connection."""
    on_lost: Callable[[], None] | None = None
    """Called when the connection is gone."""
    current: RequestResponseCycle | None = None
    """The request that is being answered, or was last; `cycle` is the one that was read last."""
    body_bytes = 0
    """Of all bodies so far."""
    moves = 0
    """How often the client has read enough for more to be written."""

    _give: Give
    _piece = 0
    _unfinished = 0
    _discarded = 0
    _held = b""
    _refusal: bytes | None = None
    _ended = False

    def connection_made(self, transport: Any) -> None:
        HttpToolsProtocol.connection_made(self, transport)
        self.flow = Flow(transport)
        self._give = partial(_give_current, ref(self))
        self.is_open = True

    def connection_lost(self, exc: Exception | None) -> None:
        HttpToolsProtocol.connection_lost(self, exc)
        self._stop_reading()
        self.pipeline.clear()
        if self.current is not None and not self.current.response_complete:
            self.current.disconnected = True
            self.current.message_event.set()
        if self.on_lost is not None:
            self.on_lost()

    def resume_writing(self) -> None:
        self.moves += 1
        self.flow.resume_writing()

    @property
    def is_idle(self) -> bool:
        """Kept alive after an answer, with nothing of another request."""
        cycle = self.cycle
        return cycle is not None and cycle.response_complete and cycle.scope is self.scope and not self.pipeline

    # What comes.

    def data_received(self, data: bytes) -> None:
        if self._ended:
            return
        if self._held or len(data) > PIECE:
            self._held += data
            self._parse_held()
        else:
            self._parse(data)

    def _parse_held(self) -> None:
        """As far as not too many requests are waiting."""
        start, size = 0, len(self._held)
        while start < size and len(self.pipeline) < MAX_PIPELINED and not self._ended:
            self._parse(self._held[start : start + PIECE])
            start += PIECE
        self._held = b"" if self._ended else self._held[start:]
        self.flow.is_full = self._ended or bool(self._held)
        if self.flow.is_full:
            self.flow.pause_reading()

    def _parse(self, data: bytes) -> None:
        self._piece = len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # RFC 9110 section 7.8: ignored, and the answer is the last, for what follows may be of another protocol.
            self.cycle.keep_alive = False
            self._stop_reading()
            return
        except httptools.HttpParserError as error:
            self.refuse(self._answer_to(error))
            return
        self._unfinished += self._piece
        if self._unfinished > MAX_HEAD_LENGTH:
            self.refuse(TOO_MUCH_FRAMING if self.cycle is not None and self.cycle.more_body else HEAD_TOO_LARGE)

    def _answer_to(self, error: httptools.HttpParserError) -> bytes:
        cause = error.__context__ if isinstance(error, httptools.HttpParserCallbackError) else None
        if cause is None:
            return MALFORMED
        answer = _ANSWERS.get(type(cause))
        if answer is None:
            _LOG.error("unexpected error", exc_info=cause)
            return FAILED
        return answer

    def on_headers_complete(self) -> None:
        if self._piece + max(self._unfinished, 0) > MAX_HEAD_LENGTH - PIECE and self._head_size() > MAX_HEAD_LENGTH:
            raise HeadTooLarge
        self._unfinished = -self._piece
        if not is_origin_form(self.url):
            self.url = origin_form(self.url, self.parser.get_method(), self.headers)
        HttpToolsProtocol.on_headers_complete(self)
        self.headers = []  # trailers are not fields of the head (RFC 9110 section 6.5.1)

    def on_body(self, body: bytes) -> None:
        size = len(body)
        self._unfinished -= (1 + FRAMING) * size
        self.body_bytes += size
        cycle = self.cycle
        if cycle.response_complete:
            self._discarded += size
            if self._discarded > MAX_DISCARDED:
                self._stop_reading()
                self.transport.close()
            return
        cycle.body += body
        if len(cycle.body) > HIGH_WATER_LIMIT:
            self.flow.pause_reading()
        cycle.message_event.set()

    def on_message_complete(self) -> None:
        self._unfinished = -self._piece
        cycle = self.cycle
        cycle.more_body = False
        cycle.message_event.set()

    def _should_upgrade(self) -> bool:
        return False

    def _head_size(self) -> int:
        """Bytes of the address and of every field, with its colon, space and line end."""
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _stop_reading(self) -> None:
        self._ended = True
        self._held = b""
        self.flow.is_full = True
        if not self.transport.is_closing():
            self.flow.pause_reading()

    # What is answered.

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """Where the application has a `fast_path`, that is tried first: cached responses need no task."""
        self.current = cycle
        fast_path: FastPath | None = getattr(app, "fast_path", None)
        scope: Scope = cycle.scope  # type: ignore[assignment]  # Uvicorn's is a TypedDict
        scope[GIVE] = self._give
        if fast_path is None or not self.is_ready(cycle) or not fast_path.accepts(self, cycle, scope):
            HttpToolsProtocol._start_asgi_task(self, cycle, app)

    def is_ready(self, request: RequestResponseCycle) -> bool:
        """Not so where the connection ends with this answer, or its reader has left others waiting."""
        open_for_more = request.keep_alive and not request.disconnected and not self.transport.is_closing()
        return open_for_more and not self.flow.write_paused

    def give(self, request: RequestResponseCycle, head: bytes, body: bytes) -> None:
        own = [b"%s: %s\r\n" % field for field in self.server_state.default_headers]
        if len(body) > JOINED:
            self.transport.writelines((b"".join((head, *own, b"\r\n")), body))
        else:
            self.transport.write(b"".join((head, *own, b"\r\n", body)))
        request.response_started = request.response_complete = True
        request.waiting_for_100_continue = False
        request.message_event.set()
        self.on_response_complete()

    def give_current(self, head: bytes, body: bytes) -> bool:
        """Give the answer to the request that is being answered; False where it has begun, or would have to wait."""
        request = self.current
        if request is None or request.response_started or not self.is_ready(request):
            return False
        self.give(request, head, body)
        return True

    def run(self, request: RequestResponseCycle) -> None:
        if request.disconnected:  # the client has disconnected
            return
        HttpToolsProtocol._start_asgi_task(self, request, self.app)

    def fail(self, request: RequestResponseCycle) -> None:
        """Abort the connection: it is unknown how much of a response was sent."""
        request.disconnected = True
        self.transport.abort()

    def on_response_complete(self) -> None:
        """What waits is begun in a turn of the loop of its own, so that no request is answered inside another's."""
        self.server_state.total_requests += 1
        if self.pipeline or self._held or self._refusal is not None:
            self.loop.call_soon(self._begin_next)
        elif self.flow.read_paused and not self.transport.is_closing():
            self.flow.resume_reading()

    def _begin_next(self) -> None:
        if self.transport.is_closing() or self._is_answering:
            return
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        if self._held:
            self._parse_held()
        if self._refusal is not None and not self._is_answering:
            self._say_last(self._refusal)
        elif not self.transport.is_closing():
            self.flow.resume_reading()

    @property
    def _is_answering(self) -> bool:
        return self.current is not None and not self.current.response_complete

    def refuse(self, answer: bytes) -> None:
        """Read no more, and hang up with `answer` behind the answers to all whole requests before; nothing of the
        request is repeated. An answer that is under way to what came only in part is cut."""
        self._stop_reading()
        broken = self.cycle if self.cycle is not None and self.cycle.more_body else None
        if broken is None:
            self._refuse_after_others(answer)
        elif self.pipeline and self.pipeline[0][0] is broken:
            self.pipeline.popleft()
            self._refuse_after_others(answer)
        else:
            broken.disconnected = True
            broken.message_event.set()
            self._say_last(b"" if broken.response_started else answer)

    def _refuse_after_others(self, answer: bytes) -> None:
        if self._is_answering or self.pipeline:
            self._refusal = answer
        else:
            self._say_last(answer)

    def _say_last(self, answer: bytes) -> None:
        if not self.transport.is_closing():
            if answer:
                self.transport.write(answer)
            self.transport.close()


def _give_current(connection: "ref[Protocol]", head: bytes, body: bytes) -> bool:
    """What a request holds of its connection is weak: they would be garbage in a circle, which stays for long."""
    protocol = connection()
    return protocol is not None and protocol.give_current(head, body)


def is_origin_form(target: bytes) -> bool:
    """Whether a request target is a path, as nearly every one is (RFC 9112 section 3.2)."""
    return target[:1] == b"/" and b"#" not in target


def origin_form(target: bytes, method: bytes, headers: list[tuple[bytes, bytes]]) -> bytes:
    """Path and query of any other target (RFC 9112 section 3.2). The authority of an absolute one takes the place of
    every `Host`, as section 3.2.2 asks for. Raises BadTarget."""
    if target == b"*" and method == b"OPTIONS":
        return target
    absolute = _ABSOLUTE.fullmatch(target)
    if absolute is None or method == b"CONNECT":
        raise BadTarget
    authority, rest = absolute.groups()
    headers[:] = [field for field in headers if field[0] != b"host"]
    headers.append((b"host", authority))
    return rest if rest[:1] == b"/" else b"/" + rest
