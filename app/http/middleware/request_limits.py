"""What is refused before anything is done with it: long addresses, large bodies, malformed requests."""

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.config import HttpConfig
from app.http.context import RequestContext, request_context
from app.http.http_errors import UrlTooLong
from app.http.middleware.request_checks import RequestChecks
from app.kit.errors import ContentTooLarge

MAX_ADDRESS_LENGTH: Final = 8192
"""Bytes of path and query together."""

_DIGITS: Final = 18


class RequestLimitsMiddleware:
    """Raises UrlTooLong, what the checks raise, and ContentTooLarge, whatever the method: by `Content-Length` before
    a byte is read, or from `receive` as soon as the count passes the limit."""

    def __init__(self, app: ASGIApp, config: HttpConfig, checks: RequestChecks) -> None:
        self._app = app
        self._config = config
        self._checks = checks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if len(scope["raw_path"]) + len(scope["query_string"]) > MAX_ADDRESS_LENGTH:
            raise UrlTooLong(f"Path and query together may have at most {MAX_ADDRESS_LENGTH} bytes.")
        context = request_context(scope)
        self._checks.check(scope, context)
        await self._app(scope, self._bounded(context, receive), send)

    def _bounded(self, context: RequestContext, receive: Receive) -> Receive:
        limit = self._limit(context.path)
        announced = context.fields.get(b"content-length", b"0")
        if len(announced) > _DIGITS or (announced.isdigit() and int(announced) > limit):
            raise _too_large(limit)
        return BoundedReceive(receive, limit)

    def _limit(self, path: str) -> int:
        larger = (size for prefix, size in self._config.max_body_by_prefix.items() if path.startswith(prefix))
        return max(larger, default=self._config.max_body)


class BoundedReceive:
    """A `receive` that raises ContentTooLarge once more than `limit` bytes of a body have come."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self._seen = 0

    async def __call__(self) -> Message:
        message = await self._receive()
        self._seen += len(message.get("body", b""))
        if self._seen > self._limit:
            raise _too_large(self._limit)
        return message


def _too_large(limit: int) -> ContentTooLarge:
    return ContentTooLarge(f"The body may have at most {limit} bytes here.", limit=limit)
