"""What is refused before anything is done with it: long addresses, large bodies, malformed requests."""

from collections.abc import Awaitable
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.exchange import Exchange, exchange_of
from app.http.manners import Manners
from app.http.refusals import AddressTooLong
from app.http.request_checks import RequestChecks
from app.kit.errors import TooLarge

LONGEST_ADDRESS: Final = 8192
"""Bytes of path and query together."""

_DIGITS: Final = 18


class Limits:
    """Raises AddressTooLong, what the checks raise, and TooLarge, whatever the method: by `Content-Length` before a
    byte is read, or from `receive` as soon as the count passes the limit."""

    def __init__(self, app: ASGIApp, manners: Manners, checks: RequestChecks) -> None:
        self._app = app
        self._manners = manners
        self._checks = checks

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if len(scope["raw_path"]) + len(scope["query_string"]) > LONGEST_ADDRESS:
            raise AddressTooLong(f"Path and query may have {LONGEST_ADDRESS} bytes together.")
        exchange = exchange_of(scope)
        self._checks.check(scope, exchange)
        return self._app(scope, self._bounded(exchange, receive), send)

    def _bounded(self, exchange: Exchange, receive: Receive) -> Receive:
        limit = self._limit(exchange.path)
        announced = exchange.fields.get(b"content-length", b"0")
        if len(announced) > _DIGITS or (announced.isdigit() and int(announced) > limit):
            raise _too_large(limit)
        return Counted(receive, limit)

    def _limit(self, path: str) -> int:
        larger = (size for prefix, size in self._manners.larger_bodies.items() if path.startswith(prefix))
        return max(larger, default=self._manners.max_body)


class Counted:
    """A `receive` that raises TooLarge once more than `limit` bytes of a body have come."""

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


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"A body may have {limit} bytes here.", limit=limit)
