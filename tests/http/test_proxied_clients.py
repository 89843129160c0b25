"""Clients behind a proxy of ours share its connections, and each may have so many requests under way."""

import asyncio
from ipaddress import ip_network
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from app.http.client_address import ClientAddressResolver
from app.http.middleware.client_concurrency import ClientConcurrencyMiddleware
from app.kit.errors import TooManyRequests

PROXY = "10.0.0.1"


class Doors:
    """An application that answers when it is opened; two requests of a client may wait for that."""

    def __init__(self) -> None:
        self.opened = asyncio.Event()
        self.app = ClientConcurrencyMiddleware(self._wait, ClientAddressResolver((ip_network("10.0.0.0/8"),)), 2)

    async def _wait(self, _scope: Scope, _receive: Receive, _send: Send) -> None:
        await self.opened.wait()

    def ask(self, forwarded: str, nearest: str = PROXY) -> asyncio.Task[None]:
        async def nothing(*_: object) -> Any: ...

        headers = [(b"x-forwarded-for", forwarded.encode())]
        scope: Scope = {"type": "http", "client": (nearest, 1), "headers": headers}
        return asyncio.create_task(self.app(scope, nothing, nothing))


def test_concurrent_requests_are_limited_per_client() -> None:
    async def story() -> None:
        doors = Doors()
        under_way = [doors.ask("192.0.2.1") for _ in range(2)]
        others = [doors.ask("192.0.2.2"), doors.ask("192.0.2.1, 192.0.2.3"), doors.ask("2001:db8::1")]
        with pytest.raises(TooManyRequests) as refused:
            await doors.ask("192.0.2.9, 192.0.2.1")
        assert refused.value.retry_after == 1
        under_way[0].cancel()
        await asyncio.sleep(0)
        under_way.append(doors.ask("192.0.2.1"))
        await asyncio.sleep(0)
        doors.opened.set()
        await asyncio.gather(*under_way[1:], *others)
        await asyncio.gather(*(doors.ask("192.0.2.1") for _ in range(2)))

    asyncio.run(story())


def test_an_ipv6_network_is_one_client() -> None:
    async def story() -> None:
        doors = Doors()
        under_way = [doors.ask(f"2001:db8::{number}") for number in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(TooManyRequests):
            await doors.ask("2001:db8::99")
        doors.opened.set()
        await asyncio.gather(*under_way)

    asyncio.run(story())


def test_who_is_connected_directly_is_bounded_by_its_connections() -> None:
    """What such a one writes into the field is not read."""

    async def story() -> None:
        doors = Doors()
        under_way = [doors.ask("192.0.2.1", nearest="198.51.100.7") for _ in range(5)]
        await asyncio.sleep(0)
        doors.opened.set()
        await asyncio.gather(*under_way)

    asyncio.run(story())
