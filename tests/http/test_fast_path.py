"""Known answers from the connection itself: the same bytes as the application gives, and never from before."""

import asyncio
import gc
import io
import json
import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from weakref import ReferenceType, ref

import pytest
from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from app.http.cache.variants import NegotiateFormat
from app.http.config import HttpConfig
from app.http.logging.access_log import AccessLog
from app.http.middleware.stack import build_stack
from app.http.server.protocol import Protocol
from app.kit.errors import Unavailable
from tests.http.conftest import BASE, Line, World, make_api

ReadNow = Callable[[], int]
P = TypeVar("P", bound=HttpToolsProtocol)


class Served:
    """A service behind our protocol, and how often its revision was read at once."""

    def __init__(
        self,
        world: World,
        *,
        fast_path: bool = True,
        log: AccessLog | None = None,
        negotiated: NegotiateFormat = lambda _: "json",
        **config: Any,
    ) -> None:
        self.world = world
        self.checks = 0

        async def revision() -> int:
            return world.revision

        def now() -> int:
            self.checks += 1
            return world.revision

        self.now: ReadNow = now
        self.app = build_stack(
            make_api(world),
            HttpConfig(base_url=BASE, **config),
            revision=revision,
            negotiated=negotiated,
            max_bytes=2**20,
            clock=lambda: world.now,
            log=log,
            current_revision=(lambda: self.now()) if fast_path else None,
        )

    def connect(self) -> tuple[Protocol, Line]:
        return self._connect(Protocol)

    def _connect(self, kind: type[P]) -> tuple[P, Line]:
        config = Config(self.app, lifespan="off", log_config=None, proxy_headers=False)
        protocol, line = kind(config, ServerState(), {}), Line()
        protocol.connection_made(line)
        return protocol, line

    def hear(
        self, *pieces: bytes, before: Callable[[], None] = lambda: None, kind: type[HttpToolsProtocol] = Protocol
    ) -> Line:
        """One connection; `before` is called when a piece was read and not yet answered."""

        async def talk() -> Line:
            protocol, line = self._connect(kind)
            for piece in pieces:
                protocol.data_received(piece)
                before()
                await settle(protocol)
            return line

        return asyncio.run(talk())


async def settle(*protocols: HttpToolsProtocol) -> None:
    """Until every request has its answer."""
    for protocol in protocols:
        while not (protocol.cycle.response_complete or protocol.cycle.disconnected) or protocol.pipeline:
            await asyncio.sleep(0)
        while protocol.tasks:
            await asyncio.sleep(0)


def get(path: str = "/page", *fields: str, method: str = "GET", version: str = "1.1") -> bytes:
    lines = [f"{method} {path} HTTP/{version}", "Host: kb.example.org", *fields, "", ""]
    return "\r\n".join(lines).encode()


def etag(world: World) -> str:
    found = re.search(rb"etag: ([^\r]+)", Served(world).hear(get()).written)
    assert found is not None
    return found[1].decode()


@pytest.mark.parametrize("fields", [[], ["Accept-Encoding: gzip"], ["If-None-Match: *"], ["If-None-Match: TAG"]])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", ["/page", "/accepted", "/moved"])
def test_the_fast_path_gives_the_response_of_the_application(
    world: World, path: str, method: str, fields: Sequence[str]
) -> None:
    named = [field.replace("TAG", etag(world)) for field in fields]
    requests = [get(path, *named), get(path, *named, method=method)]
    fast_path, plain = (Served(world, fast_path=each).hear(*requests) for each in (True, False))
    assert fast_path.answers() == plain.answers()
    assert fast_path.written.count(b"x-request-id: ") == len(fast_path.answers()) == 2


@pytest.mark.parametrize("fields", [[], ["Accept-Encoding: gzip"], ["If-None-Match: *"], ["Expect: 100-continue"]])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", ["/page", "/accepted", "/moved"])
def test_an_answer_given_whole_is_that_of_a_server_that_takes_messages(
    world: World, path: str, method: str, fields: Sequence[str]
) -> None:
    """The first is made for the request, the second known."""
    requests = [get(path, *fields, method=method)] * 2
    whole, in_messages = (
        Served(world, fast_path=False).hear(*requests, kind=kind) for kind in (Protocol, HttpToolsProtocol)
    )
    assert whole.answers() == in_messages.answers()
    assert len(whole.answers()) == 2


def test_the_application_is_not_run_for_a_known_response(world: World) -> None:
    served = Served(world)

    async def talk() -> tuple[int, bytes]:
        protocol, line = served.connect()
        protocol.data_received(get())
        await settle(protocol)
        line.written = b""
        protocol.data_received(get())
        await asyncio.sleep(0)
        assert not protocol.tasks
        await settle(protocol)
        return world.calls, line.written

    calls, written = asyncio.run(talk())
    assert calls == 1
    assert written.startswith(b"HTTP/1.1 200 OK\r\n")


def test_requests_that_arrive_together_share_a_check(world: World) -> None:
    served = Served(world)

    async def talk() -> list[Line]:
        first, _ = served.connect()
        first.data_received(get())
        await settle(first)
        together = [served.connect() for _ in range(20)]
        for protocol, _ in together:
            protocol.data_received(get())
        await settle(*(protocol for protocol, _ in together))
        return [line for _, line in together]

    lines = asyncio.run(talk())
    assert [line.written[:15] for line in lines] == [b"HTTP/1.1 200 OK"] * 20
    assert served.checks == 1
    assert world.calls == 1


def test_the_check_comes_after_the_request(world: World) -> None:
    """A change that is committed when the request has been read, and not yet answered, is in the answer."""
    served = Served(world)

    def change() -> None:
        world.revision += 1
        world.text = f"text {world.revision}"

    answers = served.hear(get(), get(), get(), before=change).answers()
    assert [answer.rpartition(b"\r\n\r\n")[2] for answer in answers] == [b"text 2", b"text 3", b"text 4"]


def test_pipelined_requests_are_answered_in_order(world: World) -> None:
    served = Served(world)
    ends = [
        answer[-10:] for answer in served.hear(get(), get("/accepted") + get() + get("/accepted") + get()).answers()
    ]
    assert len(ends) == 5
    assert ends[0] == ends[2] == ends[4] != ends[1] == ends[3]


def test_very_many_pipelined_requests_are_answered(world: World) -> None:
    """More than calls could be nested."""
    line = Served(world).hear(get("/accepted") + get() * 3000)
    assert len(line.answers()) == 3001


@pytest.mark.parametrize("sent", [get("/page", "Connection: close"), get(version="1.0")])
def test_a_connection_that_ends_with_the_answer_is_closed(world: World, sent: bytes) -> None:
    line = Served(world).hear(get(), sent)
    assert b"connection: close" in line.answers()[1]
    assert line.closed


def test_a_client_that_does_not_read_is_sent_no_more(world: World) -> None:
    served = Served(world)

    async def talk() -> tuple[int, int]:
        protocol, line = served.connect()
        protocol.data_received(get())
        await settle(protocol)
        protocol.pause_writing()
        protocol.data_received(get() * 100)
        for _ in range(100):
            await asyncio.sleep(0)
        unread = len(line.answers())
        protocol.resume_writing()
        await settle(protocol)
        return unread, len(line.answers())

    assert asyncio.run(talk()) == (1, 101)


def test_an_answer_made_for_a_client_that_does_not_read_waits(world: World) -> None:
    served = Served(world)

    async def talk() -> tuple[bytes, Line]:
        protocol, line = served.connect()
        protocol.pause_writing()
        protocol.data_received(get())
        for _ in range(100):
            await asyncio.sleep(0)
        unread = line.written
        protocol.resume_writing()
        await settle(protocol)
        return unread, line

    unread, line = asyncio.run(talk())
    assert unread == b""
    assert line.answers() == Served(world).hear(get()).answers()


def test_a_closed_connection_is_freed_without_the_garbage_collector(world: World) -> None:
    served = Served(world)

    async def talk() -> ReferenceType[Protocol]:
        protocol, _ = served.connect()
        for each in (get(), get(), get("/page?size=1"), get("/accepted")):
            protocol.data_received(each)
            await settle(protocol)
        protocol.connection_lost(None)
        return ref(protocol)

    gc.collect()
    gc.disable()
    try:
        assert asyncio.run(talk())() is None
    finally:
        gc.enable()


def test_a_closed_connection_is_not_written_to(world: World) -> None:
    served = Served(world)

    async def talk() -> bytes:
        protocol, line = served.connect()
        protocol.data_received(get())
        await settle(protocol)
        line.written = b""
        protocol.data_received(get())
        protocol.connection_lost(None)
        await settle(protocol)
        return line.written

    assert asyncio.run(talk()) == b""


def test_a_revision_that_cannot_be_read_is_reported_by_the_application(world: World) -> None:
    served = Served(world)

    def unreadable() -> int:
        raise Unavailable("The database cannot be reached.", retry_after=5)

    served.now = unreadable
    answers = served.hear(get(), get()).answers()
    assert [answer[:15] for answer in answers] == [b"HTTP/1.1 200 OK"] * 2  # its own revision can be read here
    assert served.checks == 0


def test_unknown_hosts_are_refused(world: World) -> None:
    served = Served(world, hosts=frozenset({"kb.example.org"}))
    other = get().replace(b"kb.example.org", b"other.example")
    answers = served.hear(get(), get(), other).answers()
    assert [answer[9:12] for answer in answers] == [b"200", b"200", b"400"]


def test_it_is_in_the_log(world: World) -> None:
    stream = io.StringIO()
    log = AccessLog(stream)
    Served(world, log=log).hear(get(), get("/page?size=1"), get("/page?size=1"))
    log.flush()
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(line["cache"], line["status"], line["query_bytes"]) for line in lines] == [
        ("miss", 200, 0),
        ("miss", 200, 6),
        ("hit", 200, 6),
    ]
    assert lines[2]["bytes"] == len(world.text)
    assert lines[2]["ms"] >= 0
