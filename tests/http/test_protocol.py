"""The head of a request has an end, wherever the stream is cut; what comes after it is not counted."""

import asyncio
from copy import copy
from typing import Any

import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from app.http.server.connection_errors import MAX_HEAD_LENGTH
from app.http.server.protocol import Protocol
from tests.http.conftest import Line

FITTING = b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * (MAX_HEAD_LENGTH - 100) + b"\r\n\r\n"
TOO_LONG = b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * MAX_HEAD_LENGTH + b"\r\n\r\n"
POSTED = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n" + b"b" * 200_000


async def fine(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def reading(scope: Any, receive: Any, send: Any) -> None:
    """Says the body, and the fields that are there when all of it has come."""
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body, more = body + message["body"], message["more_body"]
    await send({"type": "http.response.start", "status": 200, "headers": scope["headers"][2:]})
    await send({"type": "http.response.body", "body": body})


def given(*pieces: bytes, app: Any = fine) -> Line:
    """The connection after these pieces came, one after another."""

    async def connection() -> Line:
        transport = Line()
        protocol = Protocol(Config(app, lifespan="off", log_config=None), ServerState(), {})
        protocol.connection_made(transport)
        for piece in pieces:
            if not transport.closed:
                protocol.data_received(piece)
                for _ in range(10):  # turns of the loop, so that an answer that is due is written
                    await asyncio.sleep(0)
        return copy(transport)  # what is under way is cancelled

    return asyncio.run(connection())


def cut(message: bytes, size: int) -> list[bytes]:
    return [message[start : start + size] for start in range(0, len(message), size)]


@pytest.mark.parametrize("size", [len(TOO_LONG), 50_000, 9_000])
def test_headers_beyond_the_limit_are_refused(size: int) -> None:
    connection = given(*cut(TOO_LONG, size))
    assert connection.written.startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")
    assert connection.written.count(b"HTTP/1.1") == 1
    assert b"content-type: application/problem+json\r\n" in connection.written
    assert connection.closed


def test_many_short_fields_count_together() -> None:
    fields = b"".join(b"X-%d: a\r\n" % number for number in range(10_000))
    assert b" 431 " in given(b"GET / HTTP/1.1\r\n" + fields + b"\r\n").written


def test_endless_headers_are_refused_before_they_end() -> None:
    pieces = [b"GET / HTTP/1.1\r\nX: ", *[b"a" * 10_000] * 7]
    assert given(*pieces[:-1]).written == b""
    assert b" 431 " in given(*pieces).written


CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
ENDLESS = {
    "trailers": [CHUNKED + b"5\r\nhello\r\n0\r\nX: ", *[b"a" * 10_000] * 7],
    "a chunk extension": [CHUNKED + b"5;x=", *[b"a" * 10_000] * 7],
    "chunk extensions": [CHUNKED, *[b"1;x=" + b"a" * 2_000 + b"\r\nx\r\n"] * 33],
}


@pytest.mark.parametrize("pieces", ENDLESS.values(), ids=ENDLESS)
def test_chunk_extensions_and_trailers_are_limited(pieces: list[bytes]) -> None:
    assert given(*pieces[:-1], app=reading).written == b""
    refused = given(*pieces, app=reading)
    assert (refused.written[:12], refused.closed) == (b"HTTP/1.1 400", True)


@pytest.mark.parametrize("pieces", ENDLESS.values(), ids=ENDLESS)
def test_nothing_is_added_to_an_early_response(pieces: list[bytes]) -> None:
    connection = given(*pieces)
    assert (connection.written, connection.closed) == (b"HTTP/1.1 204 No Content\r\n\r\n", True)


def test_bytes_sent_one_a_chunk_are_read() -> None:
    connection = given(CHUNKED, *[b"1\r\nx\r\n" * 1000] * 40, b"0\r\n\r\n", app=reading)
    assert connection.written.startswith(b"HTTP/1.1 200 OK\r\n")
    assert connection.written.count(b"x") == 40_000


def test_trailers_are_not_fields_of_the_head() -> None:
    trailed = CHUNKED + b"5\r\nhello\r\n0\r\nAuthorization: secret\r\n\r\n"
    assert given(trailed, app=reading).written.endswith(b"\r\n5\r\nhello\r\n0\r\n\r\n")
    assert b"secret" not in given(trailed, app=reading).written


def test_a_head_after_a_large_body_has_an_end_too() -> None:
    pieces = [POSTED, b"GET / HTTP/1.1\r\nX: ", *[b"a" * 10_000] * 7]
    assert given(*pieces[:-1]).written.count(b"HTTP/1.1") == 1
    assert b" 431 " in given(*pieces).written


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
def test_valid_requests_are_answered_whatever_follows(pieces: list[bytes]) -> None:
    connection = given(*pieces)
    messages = b"".join(pieces).count(b" / HTTP/1.1")
    assert connection.written.count(b"HTTP/1.1 204") == messages
    assert not connection.closed
