"""What is refused before anything is done with it: long addresses, large bodies, unknown hosts."""

import re
from collections.abc import Awaitable
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.exchange import Exchange, exchange_of
from app.http.manners import Manners
from app.http.refusals import AddressTooLong, UnknownHost
from app.kit.errors import TooLarge

LONGEST_ADDRESS: Final = 8192
"""Bytes of path and query together."""

_DIGITS: Final = 18
_PORT = re.compile(rb":[0-9]*$")


class Limits:
    """Raises AddressTooLong, UnknownHost and TooLarge: the last by `Content-Length` before a byte is read,
    or from `receive` as soon as the count passes the limit."""

    def __init__(self, app: ASGIApp, manners: Manners) -> None:
        self._app = app
        self._manners = manners
        self._hosts = Hosts(manners) if manners.hosts else None

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if len(scope["raw_path"]) + len(scope["query_string"]) > LONGEST_ADDRESS:
            raise AddressTooLong(f"Path and query may have {LONGEST_ADDRESS} bytes together.")
        exchange = exchange_of(scope)
        if self._hosts is not None and not self._hosts.know(exchange):
            raise UnknownHost("The service does not answer under the name in the Host field.")
        if exchange.method != "GET":
            receive = self._bounded(exchange, receive)
        return self._app(scope, receive, send)

    def _bounded(self, exchange: Exchange, receive: Receive) -> Receive:
        limit = self._limit(exchange.path)
        announced = exchange.fields.get(b"content-length", b"0")
        if len(announced) > _DIGITS or (announced.isdigit() and int(announced) > limit):
            raise _too_large(limit)
        return Counted(receive, limit)

    def _limit(self, path: str) -> int:
        larger = (size for prefix, size in self._manners.larger_bodies.items() if path.startswith(prefix))
        return max(larger, default=self._manners.max_body)


class Hosts:
    """The names that the service goes by, if any are set."""

    def __init__(self, manners: Manners) -> None:
        self._names = frozenset(host.lower().encode("idna") for host in manners.hosts)
        self._any_host = manners.any_host

    def know(self, exchange: Exchange) -> bool:
        if exchange.path.startswith(self._any_host):
            return True
        return _PORT.sub(b"", exchange.fields.get(b"host", b"")).lower() in self._names


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
