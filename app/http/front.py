"""The front: answers known at this head are sent at once, and nothing else of the service is asked.

A kept answer was made from the path, the query and the accepted types alone: credentials, conditions,
ranges and codings are taken off the request before the application sees it.
"""

from collections.abc import Awaitable, Callable, Hashable
from contextlib import AbstractContextManager, nullcontext
from hashlib import sha256
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.coding import Coding, is_packed, packed
from app.http.collector import VARIES, Collector
from app.http.conditions import matches, parsed_date, unchanged_since
from app.http.exchange import Exchange, exchange_of
from app.http.headers import PUBLIC_DRESS, checked, header, with_missing
from app.http.kept import Answer, Kept
from app.http.stale import LastKnown, age_fields
from app.http.variants import Negotiated, Variant, Variants
from app.kit.clock import Clock
from app.kit.errors import Unavailable

_VARY: Final = ", ".join(VARIES).encode("ascii")
_WITHHELD: Final = frozenset(
    (
        b"accept",
        b"accept-encoding",
        b"authorization",
        b"cookie",
        b"if-match",
        b"if-modified-since",
        b"if-none-match",
        b"if-range",
        b"if-unmodified-since",
        b"proxy-authorization",
        b"range",
    )
)

Head = Callable[[], Awaitable[Hashable]]
Key = tuple[bytes, bytes, Variant]


class Front:
    """`head` is awaited once a request; `negotiated` makes a short token of an `Accept` field, the same
    for all fields that get the same representation. `private` prefixes pass by untouched. `last_known` stands in, where
    there is one, for a head that is unavailable: an answer from there tells its age, and is never 304, for nobody knows
    whether the reader has the present one."""

    def __init__(
        self,
        app: ASGIApp,
        head: Head,
        negotiated: Negotiated,
        max_bytes: int,
        clock: Clock,
        *,
        private: tuple[str, ...] = (),
        last_known: LastKnown | None = None,
    ) -> None:
        self.kept = Kept(max_bytes)
        self._app = app
        self._head = head
        self._last_known = last_known
        self._variants = Variants(negotiated)
        self._clock = clock
        self._private = private

    def peek(self, scope: Scope, exchange: Exchange) -> Answer | None:
        """The answer for this request, if the service is still at `answer.head`."""
        if exchange.method != "GET" and exchange.method != "HEAD":
            return None
        return self.kept.get(self._key(scope, exchange.fields))

    async def head(self, exchange: Exchange) -> Any:
        """The present one, or the one that stands in for it: then the exchange has its age. Raises Unavailable."""
        try:
            head = await self._head()
        except Unavailable as error:
            if self._last_known is None:
                raise
            head, exchange.age = self._last_known.standing_in(error)
        else:
            self.note(head)
        return head

    def note(self, head: Any) -> None:
        """This is the present one."""
        if self._last_known is not None:
            self._last_known.note(head)

    def _assuming(self, head: Any, exchange: Exchange) -> AbstractContextManager[None]:
        if exchange.age is None or self._last_known is None:
            return nullcontext()
        return self._last_known.assume(head)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "GET" or scope["path"].startswith(self._private):
            await self._app(scope, receive, send)
            return
        exchange = exchange_of(scope)
        head = await self.head(exchange)
        self.kept.turn_to(head)
        key = self._key(scope, exchange.fields)
        answer = self.kept.get(key)
        if answer is not None:
            exchange.cache = "hit"
        else:
            collector = Collector(send)
            with self._assuming(head, exchange):
                await self._app(_bare(scope, exchange.fields.get(b"accept")), receive, collector)
            if not collector.complete:
                return
            exchange.cache = "miss"
            answer = await _finished(collector, key[2][1], head)
            self.kept.keep(key, answer, key_bytes=len(key[0]) + len(key[1]))
        for message in self.messages(answer, exchange):
            await send(message)
        exchange.complete = True

    def messages(self, answer: Answer, exchange: Exchange) -> tuple[Message, Message]:
        """The answer, or 304 to a reader who has it."""
        status, body = self._given(answer, exchange)
        fields = answer.brief if status == 304 else answer.headers
        headers = [*fields, (b"x-request-id", exchange.request_id.encode("ascii"))]
        if exchange.age is not None:
            headers += age_fields(exchange.age)
        start = {"type": "http.response.start", "status": status, "headers": headers}
        return start, {"type": "http.response.body", "body": body}

    def wire(self, answer: Answer, exchange: Exchange) -> tuple[bytes, bytes]:
        """The same as HTTP/1.1 has it: status line and fields, and the body."""
        status, body = self._given(answer, exchange)
        return b"%sx-request-id: %s\r\n" % (answer.wire(status), exchange.request_id.encode("ascii")), body

    def _given(self, answer: Answer, exchange: Exchange) -> tuple[int, bytes]:
        """Status and body of what this reader gets."""
        if answer.settles is not None:
            answer.settle(self._clock())
        status, body = answer.status, answer.body
        if status == 200 and exchange.age is None and self._is_known(answer, exchange.fields):
            status, body = 304, b""
        elif exchange.method == "HEAD":
            body = b""
        exchange.status, exchange.sent = status, len(body)
        return status, body

    def _key(self, scope: Scope, fields: dict[bytes, bytes]) -> Key:
        variant = self._variants[fields.get(b"accept"), fields.get(b"accept-encoding")]
        return scope["raw_path"], scope["query_string"], variant

    def _is_known(self, answer: Answer, fields: dict[bytes, bytes]) -> bool:
        """RFC 9110 section 13.2.2; the caller sees to it that the answer is 200 without a condition."""
        if_none_match = fields.get(b"if-none-match")
        if if_none_match is not None:
            return if_none_match == answer.etag or matches(if_none_match, answer.etag)
        since = fields.get(b"if-modified-since")
        if since is None or answer.changed is None:
            return False
        return unchanged_since(since, answer.changed, self._clock())


def _bare(scope: Scope, accept: bytes | None) -> Scope:
    headers = [field for field in scope["headers"] if field[0] not in _WITHHELD]
    if accept is not None:
        headers.append((b"accept", accept))
    return {**scope, "headers": headers}


async def _finished(collector: Collector, coding: Coding, head: Hashable) -> Answer:
    body = collector.body
    headers = [field for field in collector.headers if field[0] not in (b"content-length", b"etag", b"vary")]
    tag = sha256(body).hexdigest()[:32]
    media_type = header(headers, b"content-type") or b""
    if header(headers, b"content-encoding") is None and is_packed(coding, media_type, len(body)):
        body = await packed(body)
        tag += "-gzip"
        headers.append((b"content-encoding", b"gzip"))
    etag = f'"{tag}"'.encode("ascii") if collector.status == 200 else b""
    if etag:
        headers.append((b"etag", etag))
    headers += [(b"vary", _VARY), (b"content-length", str(len(body)).encode("ascii"))]
    changed = parsed_date(header(headers, b"last-modified"))
    dressed = checked(with_missing(headers, PUBLIC_DRESS))
    return Answer(collector.status, dressed, body, head=head, etag=etag, changed=changed)
