"""The head of a request has an end, wherever the stream is cut; what comes after it is not counted."""

import asyncio
from typing import Any

import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from app.http.protocol import LONGEST_HEAD, Protocol
from tests.http.conftest import Line

FITTING = b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * (LONGEST_HEAD - 100) + b"\r\n\r\n"
TOO_LONG = b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * LONGEST_HEAD + b"\r\n\r\n"
POSTED = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n" + b"b" * 200_000


async def fine(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def given(*pieces: bytes) -> Line:
    """The connection after these pieces came, one after another."""

    async def connection() -> Line:
        transport = Line()
        protocol = Protocol(Config(fine, lifespan="off", log_config=None), ServerState(), {})
        protocol.connection_made(transport)
        for piece in pieces:
            if not transport.closed:
                protocol.data_received(piece)
                await asyncio.sleep(0.01)
        protocol._unset_keepalive_if_required()
        return transport

    return asyncio.run(connection())


def cut(message: bytes, size: int) -> list[bytes]:
    return [message[start : start + size] for start in range(0, len(message), size)]


@pytest.mark.parametrize("size", [len(TOO_LONG), 50_000, 9_000])
def test_a_head_beyond_the_limit_is_refused(size: int) -> None:
    connection = given(*cut(TOO_LONG, size))
    assert connection.written.startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")
    assert connection.written.count(b"HTTP/1.1") == 1
    assert b"content-type: application/problem+json\r\n" in connection.written
    assert connection.closed


def test_many_short_fields_are_too_long_together() -> None:
    fields = b"".join(b"X-%d: a\r\n" % number for number in range(10_000))
    assert b" 431 " in given(b"GET / HTTP/1.1\r\n" + fields + b"\r\n").written


def test_a_head_without_an_end_is_refused_before_it_has_come() -> None:
    pieces = [b"GET / HTTP/1.1\r\nX: ", *[b"a" * 10_000] * 7]
    assert given(*pieces[:-1]).written == b""
    assert b" 431 " in given(*pieces).written


def test_trailers_without_an_end_are_refused_too() -> None:
    chunked = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: "
    assert b" 431 " in given(chunked, *[b"a" * 10_000] * 7).written


@pytest.mark.parametrize(
    "pieces",
    [
        [FITTING],
        cut(FITTING, 9_000),
        [POSTED],
        cut(POSTED, 90_000),
        [POSTED[:-190_000], POSTED[-190_000:] + POSTED[:20], POSTED[20:]],
        [FITTING, FITTING],
        [FITTING + FITTING],
    ],
)
def test_what_fits_is_answered_whatever_comes_with_it(pieces: list[bytes]) -> None:
    connection = given(*pieces)
    messages = b"".join(pieces).count(b" / HTTP/1.1")
    assert connection.written.count(b"HTTP/1.1 204") == messages
    assert not connection.closed
