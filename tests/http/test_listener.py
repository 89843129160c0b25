"""Who is let in, over real sockets."""

import asyncio
import json
import os
import resource
import socket
import struct
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from ipaddress import ip_network
from typing import Any

import pytest
from uvicorn import Config

from app.http.client_address import ClientAddressResolver
from app.http.server import listener as listening
from app.http.server.listener import LINGERING, ConnectionLimits
from app.http.server.timeouts import ConnectionTimeouts
from app.http.server.uvicorn_server import MINIMUM, RESERVED, TooFewFileDescriptors, UvicornServer, limit_to_descriptors
from tests.http.test_protocol import fine

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
Peer = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Running:
    """A server, and clients of it from any address of this machine's own network."""

    def __init__(self, server: UvicornServer) -> None:
        self.server = server
        self.peers: list[Peer] = []

    async def connect(self, source: str = "127.0.0.1") -> Peer:
        assert self.server.listener is not None
        port = self.server.listener.ports[0]
        peer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
        self.peers.append(peer)
        return peer

    async def ask(self, peer: Peer) -> int:
        """The status that a client hears; 0 if the connection was ended."""
        reader, writer = peer
        writer.write(GET)
        head = await reader.readuntil(b"\r\n\r\n")
        return int(head[9:12])

    async def heard(self, peer: Peer) -> dict[str, Any]:
        """The refusal that comes unasked, and then the end."""
        whole = await peer[0].read()
        document: dict[str, Any] = json.loads(whole.rpartition(b"\r\n\r\n")[2])
        assert b"retry-after: " in whole
        return document

    async def settle(self, count: int) -> None:
        """Until the server has so many connections."""
        while len(self.server.server_state.connections) != count:
            await asyncio.sleep(0)


@asynccontextmanager
async def running(
    in_all: int = 100, of_one: int = 100, proxies: tuple[str, ...] = (), app: Any = fine
) -> AsyncIterator[Running]:
    config = Config(app, host="127.0.0.1", port=0, lifespan="off", log_config=None)
    client_addresses = ClientAddressResolver(tuple(map(ip_network, proxies)))
    server = UvicornServer(config, ConnectionLimits(in_all, of_one), client_addresses, ConnectionTimeouts())
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    run = Running(server)
    try:
        yield run
    finally:
        for _, writer in run.peers:
            writer.close()
        await server.shutdown()


Story = Callable[[], Coroutine[Any, Any, None]]


def test_connections_are_limited_per_client() -> None:
    async def story() -> None:
        async with running(of_one=3) as run:
            silent = [await run.connect() for _ in range(3)]
            await run.settle(3)
            refused = await run.heard(await run.connect())
            assert (refused["status"], refused["title"]) == (429, "Too Many Requests")
            assert await run.ask(await run.connect("127.0.0.2")) == 204
            silent[0][1].close()
            await run.settle(3)
            assert await run.ask(await run.connect()) == 204

    asyncio.run(story())


def test_connections_are_limited_in_all() -> None:
    async def story() -> None:
        async with running(in_all=3) as run:
            silent = [await run.connect(f"127.0.0.{number}") for number in range(2, 5)]
            await run.settle(3)
            refused = await run.heard(await run.connect("127.0.0.9"))
            assert (refused["status"], refused["title"]) == (503, "Service Unavailable")
            silent[1][1].close()
            await run.settle(2)
            assert await run.ask(await run.connect("127.0.0.9")) == 204

    asyncio.run(story())


@pytest.mark.parametrize("limits", [{"in_all": 3}, {"of_one": 3}])
def test_an_idle_connection_is_closed_to_make_room(limits: dict[str, Any]) -> None:
    async def story() -> None:
        async with running(**limits) as run:
            kept = await run.connect()
            assert await run.ask(kept) == 204
            for _ in range(2):
                await run.connect()
            await run.settle(3)
            assert await run.ask(await run.connect()) == 204
            with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
                await run.ask(kept)

    asyncio.run(story())


def test_a_trusted_proxy_has_no_limit_of_its_own() -> None:
    async def story() -> None:
        async with running(in_all=6, of_one=2, proxies=("127.0.0.2/32",)) as run:
            for _ in range(5):
                await run.connect("127.0.0.2")
            await run.settle(5)
            assert await run.ask(await run.connect("127.0.0.2")) == 204

    asyncio.run(story())


def test_a_refusal_can_be_read_by_a_client_that_sends_at_once() -> None:
    """It is not lost although the request is never read."""

    async def story() -> None:
        async with running(of_one=1) as run:
            await run.connect()
            await run.settle(1)
            peer = await run.connect()
            peer[1].write(GET)
            assert (await run.heard(peer))["status"] == 429

    asyncio.run(story())


def test_refused_connections_are_not_kept() -> None:
    async def story() -> None:
        async with running(of_one=1) as run:
            await run.connect()
            await run.settle(1)
            before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
            peers = [await run.connect() for _ in range(2 * LINGERING)]
            for peer in peers:
                assert (await run.heard(peer))["status"] == 429
                peer[1].close()
            await run.server.on_tick(0)
            await run.settle(1)
            if before:
                assert len(os.listdir("/proc/self/fd")) <= before + 1

    asyncio.run(story())


@contextmanager
def descriptors(more: int) -> Iterator[None]:
    """The process may open so many files more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    probe = os.dup(0)
    os.close(probe)
    resource.setrlimit(resource.RLIMIT_NOFILE, (probe + more, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_lack_of_file_descriptors_is_logged_and_retried(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody is accepted while there are none; everybody who waits is as soon as there are."""
    monkeypatch.setattr(listening, "PAUSE", 0.0)

    async def story() -> None:
        async with running() as run:
            peers = [socket.socket() for _ in range(3)]
            for peer in peers:
                peer.setblocking(False)
            with descriptors(0):
                assert run.server.listener is not None
                for peer in peers:
                    peer.connect_ex(("127.0.0.1", run.server.listener.ports[0]))
                while not caplog.records:
                    await asyncio.sleep(0)
                assert not run.server.server_state.connections
            loop = asyncio.get_running_loop()
            for peer in peers:
                await loop.sock_sendall(peer, GET)
                assert (await loop.sock_recv(peer, 100)).startswith(b"HTTP/1.1 204 ")
                peer.close()

    asyncio.run(story())
    assert [record.getMessage() for record in caplog.records] == ["connections cannot be accepted: Too many open files"]


def test_a_connection_closed_before_accept_does_not_count() -> None:
    async def story() -> None:
        async with running(in_all=2) as run:
            assert run.server.listener is not None
            for _ in range(20):
                with socket.create_connection(("127.0.0.1", run.server.listener.ports[0])) as peer:
                    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                await asyncio.sleep(0)
            await run.settle(0)
            assert await run.ask(await run.connect()) == 204

    asyncio.run(story())


def test_connections_leave_file_descriptors_for_other_work(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: calls.append(limits))
    for limits, wanted, possible in (
        ((1024, 4096), 800, 800),
        ((1024, 4096), 2000, 2000),
        ((1024, 2048), 5000, 2048 - RESERVED),
        ((256, 256), 1000, 256 - RESERVED),
        ((resource.RLIM_INFINITY, resource.RLIM_INFINITY), 5000, 5000),
        ((1024, resource.RLIM_INFINITY), 5000, 5000),
    ):
        monkeypatch.setattr(resource, "getrlimit", lambda _, limits=limits: limits)
        assert limit_to_descriptors(wanted) == possible
    assert calls[0] == (2000 + RESERVED, 4096)
    monkeypatch.setattr(resource, "getrlimit", lambda _: (RESERVED, RESERVED))
    with pytest.raises(TooFewFileDescriptors, match=f"needs {MINIMUM + RESERVED}"):
        limit_to_descriptors(100)
