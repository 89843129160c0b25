"""What goes wrong on one connection is of no concern to any other, whatever it is and whoever waits beside it."""

import asyncio
import io
from collections.abc import Callable
from typing import Any

import pytest

from app.http.logging.access_log import AccessLog
from app.http.server.connection_errors import MAX_HEAD_LENGTH
from app.http.server.protocol import PIECE, Protocol
from app.kit.errors import NotAcceptable
from tests.http.conftest import Line, World
from tests.http.test_fast_path import Served, get

BESIDE = 12
POST = b"POST /json HTTP/1.1\r\nHost: kb.example.org\r\n"
CHUNKED = POST + b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
GET = b"GET /page HTTP/1.1\r\nHost: kb.example.org\r\n"

OPEN = {
    "no coding": (406, get("/page", "Accept-Encoding: *;q=0")),
    "no format": (406, get("/page", "Accept: image/png")),
    "other host": (400, get().replace(b"kb.example", b"other.example")),
    "control character": (400, get("/page%00")),
    "not UTF-8": (400, get("/%ff")),
    "parameter": (400, get("/numbers?size=many")),
    "nothing there": (404, get("/nothing")),
    "no options of nothing": (404, get("/nothing", method="OPTIONS")),
    "method": (405, get("/page", "Content-Length: 0", method="POST")),
    "gone": (410, get("/gone")),
    "long address": (414, get("/page?" + "a" * 8200)),
    "media type": (415, POST + b"Content-Length: 2\r\n\r\n{}"),
    "broken": (500, get("/broken")),
}
"""Refused, and the connection stays."""

CLOSED = {
    "no host": (400, b"GET /page HTTP/1.1\r\n\r\n"),
    "two hosts": (400, get("/page", "Host: kb.example.org")),
    "host of two": (400, get().replace(b"kb.example.org", b"a.example,b.example")),
    "empty host": (400, get().replace(b"kb.example.org", b"")),
    "large body": (413, get("/page", "Content-Length: 2000000")),
    "large body of unknown size": (413, CHUNKED + b"\r\n20000\r\n" + b"x" * 0x20000 + b"\r\n0\r\n\r\n"),
    "two lengths": (400, POST + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}"),
    "length and chunks": (400, CHUNKED + b"Content-Length: 2\r\n\r\n0\r\n\r\n"),
    "chunks and length": (400, POST + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    "signed length": (400, POST + b"Content-Length: +2\r\n\r\n{}"),
    "coding twice": (400, CHUNKED + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    "coding before chunks": (501, POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
    "coding without chunks": (400, POST + b"Transfer-Encoding: gzip\r\n\r\nhello"),
    "chunks in HTTP/1.0": (400, CHUNKED.replace(b"1.1", b"1.0") + b"\r\n0\r\n\r\n"),
    "chunk size": (400, CHUNKED + b"\r\n0x2\r\n{}\r\n0\r\n\r\n"),
    "huge chunk": (400, CHUNKED + b"\r\nfffffffffffffffff\r\n{}\r\n0\r\n\r\n"),
    "chunk ended by LF": (400, CHUNKED + b"\r\n2\n{}\r\n0\r\n\r\n"),
    "folded field": (400, get("/page", "X: a\r\n b")),
    "line ended by LF": (400, get().replace(b"\r\n", b"\n")),
    "field ended by LF": (400, get().replace(b"kb.example.org\r\n", b"kb.example.org\nX: y\r\n")),
    "space before colon": (400, get().replace(b"Host:", b"Host :")),
    "NUL in the target": (400, get("/pa\0ge")),
    "NUL in a field": (400, get("/page", "X: a\0b")),
    "letters in the target": (400, get("/é")),
    "fragment": (400, get("/page#part")),
    "CONNECT": (400, b"CONNECT kb.example.org:443 HTTP/1.1\r\nHost: kb.example.org\r\n\r\n"),
    "star": (400, get("*")),
    "other scheme": (400, get("ftp://kb.example.org/page")),
    "credentials in the target": (400, get("http://me@kb.example.org/page")),
    "unknown method": (400, get(method="BREW")),
    "preface of HTTP/2": (400, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "HTTP/2.0": (505, get(version="2.0")),
    "HTTP/0.9": (505, get(version="0.9")),
    "long head": (431, get("/page", "X: " + "a" * MAX_HEAD_LENGTH)),
    "no HTTP": (400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
}
"""Refused, and nothing more is read."""

REFUSALS = OPEN | CLOSED


def negotiated(accept: bytes | None) -> str:
    if accept == b"image/png":
        raise NotAcceptable("There is no picture.", choices=("json",))
    return "json"


class House(Served):
    """Its page is known, and some clients are connected."""

    def __init__(self, world: World, **more: Any) -> None:
        super().__init__(world, negotiated=negotiated, hosts=frozenset({"kb.example.org"}), max_body=100_000, **more)

    async def know_the_page(self) -> None:
        await self.ask(get())

    async def ask(self, *pieces: bytes) -> list[int]:
        """The statuses that one client hears."""
        protocol, line = self.connect()
        send(protocol, b"".join(pieces))
        await turns()
        return statuses(line)


async def turns(count: int = 300) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def send(protocol: Protocol, data: bytes) -> None:
    """In pieces, as they come over a network."""
    for start in range(0, len(data), 3 * PIECE):
        protocol.data_received(data[start : start + 3 * PIECE])


def statuses(line: Line) -> list[int]:
    return [int(answer[9:12]) for answer in line.answers()]


@pytest.mark.parametrize("name", REFUSALS)
@pytest.mark.parametrize("before", [0, 5])
def test_other_connections_are_answered_beside_a_refusal(world: World, name: str, before: int) -> None:
    status, refused = REFUSALS[name]
    house = House(world)

    async def talk() -> tuple[list[int], bool, list[list[int]]]:
        await house.know_the_page()
        beside = [house.connect() for _ in range(BESIDE)]
        bad, line = house.connect()
        for protocol, _ in beside[: BESIDE // 2]:
            send(protocol, get())
        send(bad, get() * before + refused + get())
        for protocol, _ in beside[BESIDE // 2 :]:
            send(protocol, get())
        await turns()
        return statuses(line), line.closed, [statuses(other) for _, other in beside]

    heard, closed, others = asyncio.run(talk())
    assert others == [[200]] * BESIDE
    assert heard == [200] * before + [status] + ([200] if name in OPEN else [])
    assert closed == (name in CLOSED)


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_waits_for_a_client_that_does_not_read(world: World, name: str) -> None:
    status, refused = REFUSALS[name]
    house = House(world)

    async def talk() -> tuple[list[int], list[int], list[list[int]]]:
        await house.know_the_page()
        slow, line = house.connect()
        slow.pause_writing()
        send(slow, get() + refused)
        beside = [await house.ask(get()) for _ in range(BESIDE)]
        unread = statuses(line)
        slow.resume_writing()
        await turns()
        return unread, statuses(line), beside

    unread, heard, others = asyncio.run(talk())
    assert (unread, heard) == ([], [200, status])
    assert others == [[200]] * BESIDE


@pytest.mark.parametrize("after", [0, 2])
@pytest.mark.parametrize("name", REFUSALS)
def test_a_closed_connection_leaves_nothing_behind(world: World, name: str, after: int) -> None:
    """Some turns of the loop after a known request, a refusal and one more were read."""
    house = House(world)

    async def talk() -> tuple[bytes, bytes, list[list[int]], int]:
        await house.know_the_page()
        gone, line = house.connect()
        send(gone, get() + REFUSALS[name][1] + get())
        await turns(after)
        gone.connection_lost(ConnectionResetError())
        line.closed = True
        heard = line.written
        beside = [await house.ask(get()) for _ in range(BESIDE)]
        return heard, line.written, beside, len(gone.tasks)

    heard, later, others, tasks = asyncio.run(talk())
    assert later == heard
    assert others == [[200]] * BESIDE
    assert tasks == 0


def test_a_refusal_does_not_interleave_with_the_response_before_it(world: World) -> None:
    """The application is still at work when the bytes after its request turn out to be no request."""
    house = House(world)

    async def talk() -> list[bytes]:
        protocol, line = house.connect()
        send(protocol, get("/counter") + b"no request\r\n\r\n")
        assert line.written == b""
        await turns()
        return line.answers()

    first, last = asyncio.run(talk())
    assert first.startswith(b"HTTP/1.1 200 OK\r\n")
    assert first.endswith(b'{"calls":1}')
    assert last.startswith(b"HTTP/1.1 400 Bad Request\r\n")


def test_a_failing_response_closes_its_own_connection_only(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake of ours, in one of a number of answers that are given at once."""
    house = House(world)

    async def talk() -> tuple[bool, list[list[int]]]:
        await house.know_the_page()
        together = [house.connect() for _ in range(BESIDE)]
        bad, line = together[BESIDE // 2]
        monkeypatch.setattr(bad, "give", None)
        for protocol, _ in together:
            send(protocol, get())
        await turns()
        return line.closed, [statuses(each) for protocol, each in together if protocol is not bad]

    closed, others = asyncio.run(talk())
    assert closed
    assert others == [[200]] * (BESIDE - 1)


def test_an_unexpected_error_in_the_headers_is_left_to_the_application(world: World) -> None:
    house = House(world)

    def broken() -> int:
        raise RuntimeError("a mistake")

    async def talk() -> list[list[int]]:
        await house.know_the_page()
        house.now = broken
        together = [house.connect() for _ in range(BESIDE)]
        for protocol, _ in together:
            send(protocol, get() + get())
        await turns()
        return [statuses(line) for _, line in together]

    assert asyncio.run(talk()) == [[200, 200]] * BESIDE


ABSOLUTE = {
    "http://kb.example.org/page": 200,
    "HTTP://KB.example.org:80/page?": 200,
    "https://kb.example.org/page": 200,
    "http://other.example/page": 400,
    "http://kb.example.org": 404,
    "http://kb.example.org?a=b": 404,
}


@pytest.mark.parametrize(("target", "status"), ABSOLUTE.items())
def test_the_host_of_an_absolute_target_is_the_one_that_counts(world: World, target: str, status: int) -> None:
    for named in ("kb.example.org", "other.example"):
        request = get(target).replace(b"Host: kb.example.org", b"Host: " + named.encode())
        assert asyncio.run(House(world).ask(request)) == [status]


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("protocol", ["h2c", "websocket", "TLS/1.2"])
def test_an_upgrade_is_declined_and_the_connection_closed(world: World, protocol: str, known: bool) -> None:
    """RFC 9110 section 7.8: what follows may be of the other protocol."""
    house = House(world)

    async def talk() -> tuple[list[int], bytes, bool]:
        if known:
            await house.know_the_page()
        connection, line = house.connect()
        send(connection, get("/page", f"Upgrade: {protocol}", "Connection: Upgrade, HTTP2-Settings") + get())
        await turns()
        return statuses(line), line.written, line.closed

    heard, written, closed = asyncio.run(talk())
    assert (heard, closed) == ([200], True)
    assert b"connection: close\r\n" in written


METHODS = ("GET", "HEAD", "OPTIONS", "DELETE", "PUT", "PATCH", "POST", "QUERY", "TRACE", "PURGE")
FRAMED: dict[str, Callable[[int], bytes]] = {
    "announced": lambda size: b"Content-Length: %d\r\n\r\n" % size + b"x" * size,
    "in chunks": lambda size: b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (size, b"x" * size),
}


@pytest.mark.parametrize("framed", FRAMED.values(), ids=FRAMED)
@pytest.mark.parametrize("method", METHODS)
def test_no_method_may_have_a_body_beyond_the_limit(world: World, method: str, framed: Callable[[int], bytes]) -> None:
    """Whether or not anybody would read it: what comes is never kept beyond what is being passed on."""
    house = House(world)
    head = f"{method} /page HTTP/1.1\r\nHost: kb.example.org\r\n".encode()

    async def talk() -> tuple[int, list[int]]:
        await house.know_the_page()
        protocol, line = house.connect()
        body, most = head + framed(300_000), 0
        for start in range(0, len(body), PIECE):
            if protocol.flow.read_paused:
                await turns(3)
            protocol.data_received(body[start : start + PIECE])
            most = max(most, len(protocol.cycle.body))
        await turns()
        return most, statuses(line)

    most, heard = asyncio.run(talk())
    assert most <= 100_000
    assert heard == [413] if framed is FRAMED["announced"] else heard[0] >= 200


def test_pipelined_requests_wait_as_bytes(world: World) -> None:
    house = House(world)

    async def talk() -> tuple[int, int, int]:
        await house.know_the_page()
        protocol, line = house.connect()
        protocol.pause_writing()
        protocol.data_received(get() * 5000)
        waiting, paused = len(protocol.pipeline), protocol.flow.read_paused
        protocol.flow.resume_reading()
        assert protocol.flow.read_paused == paused
        protocol.resume_writing()
        await turns(20_000)
        return waiting, paused, len(statuses(line))

    waiting, paused, heard = asyncio.run(talk())
    assert waiting < 16 + PIECE / len(get())
    assert paused
    assert heard == 5000


def test_paths_in_the_log_are_cut(world: World) -> None:
    stream = io.StringIO()
    log = AccessLog(stream)
    house = House(world, log=log)
    assert asyncio.run(house.ask(get("/" + "a" * 510), get("/" + "a" * 512), get("/" + "a" * 8000))) == [404] * 3
    log.flush()
    paths = [line.split('"path":"')[1].split('"')[0] for line in stream.getvalue().splitlines()]
    assert paths == ["/" + "a" * 510, *["/" + "a" * 511 + "\\u2026"] * 2]
