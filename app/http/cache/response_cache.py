"""The response cache: responses known for the published revision are sent without running the application.

A stored response was made from the path, the query and the accepted types alone: credentials, conditions, ranges and
codings are taken off the request before the application sees it.
"""

from collections.abc import Awaitable, Callable, Hashable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final, Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from xxhash import xxh3_128_hexdigest

from app.http.cache.compression import ContentCoding, compressed, should_compress
from app.http.cache.conditional_requests import date_field, etag_matches, not_modified_since
from app.http.cache.response_buffer import VARIES, ResponseBuffer
from app.http.cache.stale_responses import LastKnownRevision, age_headers
from app.http.cache.store import CachedResponse, CacheStore
from app.http.cache.variants import NegotiateFormat, Variant, Variants
from app.http.context import RequestContext, Use, request_context
from app.http.headers import PUBLIC, PUBLIC_HEADERS, get_header, shared_cache_control, validate_headers, with_defaults
from app.kit.clock import Clock
from app.kit.errors import Unavailable

_VARY: Final = ", ".join(VARIES).encode("ascii")
_PUBLIC: Final = PUBLIC.encode("ascii")
_STRIPPED_HEADERS: Final = frozenset(
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

ReadRevision = Callable[[], Awaitable[Hashable]]
CacheKey = tuple[bytes, bytes, Variant]


class AssumeRevision(Protocol):
    def __call__(self, revision: Any, *, once: bool) -> AbstractContextManager[object]:
        """While the context is entered, who asks for the published revision gets this one: `once` the first alone."""


def assume_nothing(revision: object, *, once: bool) -> AbstractContextManager[object]:
    """The application asks for itself."""
    return nullcontext()


class ResponseCache:
    """`revision` is awaited once a request and returns the published revision, which `assume` hands on to the
    application; `negotiated` makes a short token of an `Accept` field, the same for all fields that get the same
    representation. Requests below a `private` prefix go to `app` unchanged; at and below a `fixed` path that alone
    counts, so that nobody fills the cache with copies. While the published revision is unavailable, `last_known` stands
    in for it, where there is one: a response from there states its age, and is never 304, for nobody knows whether the
    client has the current one."""

    def __init__(
        self,
        app: ASGIApp,
        revision: ReadRevision,
        negotiated: NegotiateFormat,
        max_bytes: int,
        clock: Clock,
        *,
        assume: AssumeRevision = assume_nothing,
        private: tuple[str, ...] = (),
        last_known: LastKnownRevision | None = None,
        shared_seconds: int = 0,
        fixed: tuple[str, ...] = (),
    ) -> None:
        self.store = CacheStore(max_bytes)
        self._app = app
        self._read_revision = revision
        self._assume = assume
        self._last_known = last_known
        self._variants = Variants(negotiated)
        self._clock = clock
        self._private = private
        self._fixed = frozenset(fixed)
        self._below_fixed = tuple(f"{each}/" for each in fixed)
        self._cache_control = shared_cache_control(shared_seconds).encode("ascii")

    def lookup(self, scope: Scope, context: RequestContext) -> CachedResponse | None:
        """The stored response to this request: it is valid if its `revision` is still the published one."""
        if context.method != "GET" and context.method != "HEAD":
            return None
        return self.store.get(self._key(scope, context.fields))

    async def revision(self, context: RequestContext) -> Hashable:
        """The published revision, or the last known one: then `context` gets its age. Raises Unavailable."""
        try:
            revision = await self._read_revision()
        except Unavailable as error:
            if self._last_known is None:
                raise
            revision, context.age = self._last_known.stand_in(error)
        else:
            self.note(revision)
        return revision

    def note(self, revision: Hashable) -> None:
        """Record that this is the published revision."""
        if self._last_known is not None:
            self._last_known.record(revision)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "GET" or scope["path"].startswith(self._private):
            await self._app(scope, receive, send)
            return
        context = request_context(scope)
        revision = await self.revision(context)
        self.store.advance_to(revision)
        key = self._key(scope, context.fields)
        answer = self.store.get(key)
        if answer is not None:
            context.cache = "hit"
        else:
            buffer = ResponseBuffer(send)
            with self._assume(revision, once=context.age is None):
                await self._app(_shared_scope(scope, key[1], context.fields.get(b"accept")), receive, buffer)
            if not buffer.complete:
                return
            context.cache = "miss"
            answer = await _cached_response(buffer, key[2][1], revision, context.use, self._cache_control)
            self.store.add(key, answer, key_bytes=len(key[0]) + len(key[1]))
        await self.send(answer, context, send)

    async def send(self, answer: CachedResponse, context: RequestContext, send: Send) -> None:
        """At once where the server can be given all of it."""
        is_given = False
        if context.give is not None and context.age is None:
            is_given = context.give(*self.serialise(answer, context))
        if not is_given:
            for message in self._messages(answer, context):
                await send(message)
        context.complete = True

    def _messages(self, answer: CachedResponse, context: RequestContext) -> tuple[Message, Message]:
        """The response, or 304 to a client that has it."""
        status, body = self._conditional(answer, context)
        fields = answer.not_modified_headers if status == 304 else answer.headers
        headers = [*fields, (b"x-request-id", context.request_id.encode("ascii"))]
        if context.age is not None:
            headers += age_headers(context.age)
        start = {"type": "http.response.start", "status": status, "headers": headers}
        return start, {"type": "http.response.body", "body": body}

    def serialise(self, answer: CachedResponse, context: RequestContext) -> tuple[bytes, bytes]:
        """The same as bytes of HTTP/1.1: status line and fields, and the body."""
        status, body = self._conditional(answer, context)
        return b"%sx-request-id: %s\r\n" % (answer.serialise(status), context.request_id.encode("ascii")), body

    def _conditional(self, answer: CachedResponse, context: RequestContext) -> tuple[int, bytes]:
        """Status and body for this client: 304 where it has the response already, no body for HEAD."""
        if answer.final_date_at is not None:
            answer.finalise_date(self._clock())
        status, body = answer.status, answer.body
        if status == 200 and context.age is None and self._is_known(answer, context.fields):
            status, body = 304, b""
        elif context.method == "HEAD":
            body = b""
        context.status, context.sent, context.use = status, len(body), answer.use
        return status, body

    def _key(self, scope: Scope, fields: dict[bytes, bytes]) -> CacheKey:
        variant = self._variants[fields.get(b"accept"), fields.get(b"accept-encoding")]
        path = scope["path"]
        if path in self._fixed or path.startswith(self._below_fixed):
            return path.encode(), b"", ("", variant[1])
        return scope["raw_path"], scope["query_string"], variant

    def _is_known(self, answer: CachedResponse, fields: dict[bytes, bytes]) -> bool:
        """RFC 9110 section 13.2.2; the caller sees to it that the answer is 200 without a condition."""
        if_none_match = fields.get(b"if-none-match")
        if if_none_match is not None:
            return if_none_match == answer.etag or etag_matches(if_none_match, answer.etag)
        since = fields.get(b"if-modified-since")
        if since is None or answer.changed is None:
            return False
        return not_modified_since(since, answer.changed, self._clock())


def _shared_scope(scope: Scope, query: bytes, accept: bytes | None) -> Scope:
    headers = [field for field in scope["headers"] if field[0] not in _STRIPPED_HEADERS]
    if accept is not None:
        headers.append((b"accept", accept))
    return {**scope, "query_string": query, "headers": headers}


async def _cached_response(
    buffer: ResponseBuffer, coding: ContentCoding, revision: Hashable, use: Use | None, cache_control: bytes
) -> CachedResponse:
    """`cache_control` stands in the place of what public answers say."""
    body = buffer.body
    headers = [(name, cache_control if value == _PUBLIC else value) for name, value in buffer.headers]
    headers = [field for field in headers if field[0] not in (b"content-length", b"etag", b"vary")]
    tag = xxh3_128_hexdigest(body)  # nobody but staff chooses what is compared: no need of a cryptographic hash
    media_type = get_header(headers, b"content-type") or b""
    if get_header(headers, b"content-encoding") is None and should_compress(coding, media_type, len(body)):
        body = await compressed(body)
        tag += "-gzip"
        headers.append((b"content-encoding", b"gzip"))
    etag = f'"{tag}"'.encode("ascii") if buffer.status == 200 else b""
    if etag:
        headers.append((b"etag", etag))
    headers += [(b"vary", _VARY), (b"content-length", str(len(body)).encode("ascii"))]
    changed = date_field(get_header(headers, b"last-modified"))
    complete_headers = validate_headers(with_defaults(headers, PUBLIC_HEADERS))
    return CachedResponse(buffer.status, complete_headers, body, revision=revision, etag=etag, changed=changed, use=use)
