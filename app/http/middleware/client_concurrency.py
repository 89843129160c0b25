"""Clients that come through a proxy of ours: its connections are theirs together, so they are told apart by request."""

from collections import Counter

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from app.http.client_address import ClientAddressResolver
from app.kit.errors import TooManyRequests

RETRY_AFTER = 1


class ClientConcurrencyMiddleware:
    """At most so many requests of one client are under way at a time. Raises TooManyRequests."""

    def __init__(self, app: ASGIApp, senders: ClientAddressResolver, most: int) -> None:
        self._app = app
        self._senders = senders
        self._most = most
        self._under_way: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        client = self._senders.proxied(Request(scope))
        if client is None:
            await self._app(scope, receive, send)
            return
        if self._under_way[client] >= self._most:
            raise TooManyRequests("Too many of your requests are in progress.", retry_after=RETRY_AFTER)
        self._under_way[client] += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._under_way[client] -= 1
            if not self._under_way[client]:
                del self._under_way[client]
