"""Clients behind a trusted proxy share its connections, so their requests in progress are limited instead."""

from collections import Counter

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from app.http.client_address import ClientAddressResolver
from app.kit.errors import TooManyRequests

RETRY_AFTER = 1


class ClientConcurrencyMiddleware:
    """At most `max_requests` of one client are in progress at a time. Raises TooManyRequests."""

    def __init__(self, app: ASGIApp, client_addresses: ClientAddressResolver, max_requests: int) -> None:
        self._app = app
        self._client_addresses = client_addresses
        self._max_requests = max_requests
        self._in_progress: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        client = self._client_addresses.proxied(Request(scope))
        if client is None:
            await self._app(scope, receive, send)
            return
        if self._in_progress[client] >= self._max_requests:
            raise TooManyRequests("Too many of your requests are in progress.", retry_after=RETRY_AFTER)
        self._in_progress[client] += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._in_progress[client] -= 1
            if not self._in_progress[client]:
                del self._in_progress[client]
