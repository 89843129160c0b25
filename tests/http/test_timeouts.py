"""Whoever lets a connection wait for too long loses it, and nobody else does. Time is what the sweep is told."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from app.http.server import timeouts
from app.http.server.protocol import Protocol
from app.http.server.timeouts import ConnectionTimeouts, TimeoutMonitor
from tests.http.conftest import Line
from tests.http.test_protocol import CHUNKED, fine, reading

LIMITS = ConnectionTimeouts(first_byte=10, head=10, body=10, body_rate=500, kept_alive=75, unread=30)
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"


class Clock:
    """Connections of one application, and the seconds that pass for them."""

    def __init__(self, app: Any) -> None:
        self.state = ServerState()
        self.watchman = TimeoutMonitor(LIMITS)
        self.now = 1000.0
        self._app = app

    def connect(self) -> tuple[Protocol, Line]:
        protocol, line = Protocol(Config(self._app, lifespan="off", log_config=None), self.state, {}), Line()
        protocol.connection_made(line)
        self.sweep()
        return protocol, line

    def sweep(self) -> None:
        self.watchman.sweep(self.state.connections, self.now)  # type: ignore[arg-type]  # all are of our protocol

    async def wait(self, seconds: int) -> None:
        for _ in range(seconds):
            self.now += 1
            self.sweep()
            await asyncio.sleep(0)


def at_a_clock(story: Callable[[Clock], Awaitable[None]], app: Any = fine) -> None:
    async def run_story() -> None:
        await story(Clock(app))

    asyncio.run(run_story())


def test_a_silent_connection_is_closed_after_the_first_byte_timeout() -> None:
    async def story(clock: Clock) -> None:
        _, line = clock.connect()
        await clock.wait(9)
        assert not line.closed
        await clock.wait(1)
        assert (line.closed, line.written) == (True, b"")

    at_a_clock(story)


def test_empty_lines_before_a_request_do_not_count_as_its_first_byte() -> None:
    async def story(clock: Clock) -> None:
        protocol, line = clock.connect()
        for _ in range(10):
            protocol.data_received(b"\r\n")
            await clock.wait(1)
        assert line.closed

    at_a_clock(story)


@pytest.mark.parametrize("before", [b"", GET])
def test_request_headers_have_to_arrive_in_time_however_slowly(before: bytes) -> None:
    async def story(clock: Clock) -> None:
        protocol, line = clock.connect()
        if before:
            protocol.data_received(before)
            await clock.wait(2)
            line.written = b""
        protocol.data_received(GET[:5])
        clock.sweep()
        for byte in b"a" * 9:
            protocol.data_received(bytes([byte]))
            await clock.wait(1)
        assert not line.is_closing()
        await clock.wait(1)
        assert line.is_closing()
        assert line.written.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
        assert b"connection: close\r\n" in line.written

    at_a_clock(story)


def test_a_connection_is_kept_alive_for_a_while() -> None:
    async def story(clock: Clock) -> None:
        protocol, line = clock.connect()
        for _ in range(3):
            protocol.data_received(GET)
            await clock.wait(74)
            assert not line.closed
        protocol.data_received(GET)
        await clock.wait(77)
        assert line.closed
        assert line.written.count(b"HTTP/1.1") == 4

    at_a_clock(story)


@pytest.mark.parametrize("chunked", [True, False])
def test_a_trickling_body_is_refused(chunked: bool) -> None:
    async def story(clock: Clock) -> None:
        protocol, line = clock.connect()
        protocol.data_received(CHUNKED if chunked else POST)
        clock.sweep()
        for _ in range(10):
            protocol.data_received(b"1\r\nx\r\n" if chunked else b"x")
            await clock.wait(1)
        assert line.written.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
        assert line.closed
        await clock.wait(5)
        assert line.written.count(b"HTTP/1.1") == 1

    at_a_clock(story, reading)


def test_a_body_that_comes_fast_enough_may_take_as_long_as_it_needs() -> None:
    async def story(clock: Clock) -> None:
        protocol, line = clock.connect()
        protocol.data_received(POST)
        for _ in range(100_000 // 600 + 1):
            assert not line.closed
            protocol.data_received(b"x" * 600)
            await clock.wait(1)
        assert line.written.startswith(b"HTTP/1.1 200 OK\r\n")

    at_a_clock(story, reading)


def test_an_unread_rest_of_a_body_has_a_timeout() -> None:
    async def story(clock: Clock) -> None:
        protocol, line = clock.connect()
        protocol.data_received(POST)
        await clock.wait(12)
        assert line.written == b"HTTP/1.1 204 No Content\r\n\r\n"
        assert line.closed

    at_a_clock(story)


def test_a_slow_response_does_not_time_out() -> None:
    """Before it answers, and before it asks for a body that the client holds back until then."""
    begin = asyncio.Event()

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await begin.wait()
        await reading(scope, receive, send)

    async def story(clock: Clock) -> None:
        plain, line = clock.connect()
        plain.data_received(GET)
        held, other = clock.connect()
        held.data_received(POST.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n"))
        large, third = clock.connect()
        large.data_received(POST + b"x" * 99_999)
        assert large.flow.read_paused
        await clock.wait(500)
        assert [each.closed for each in (line, other, third)] == [False] * 3
        begin.set()
        await clock.wait(2)
        assert line.written.startswith(b"HTTP/1.1 200 OK\r\n")
        assert other.written == b"HTTP/1.1 100 Continue\r\n\r\n"
        await clock.wait(12)
        assert (other.closed, third.closed) == (True, True)

    at_a_clock(story, slow)


def test_a_client_that_reads_nothing_is_disconnected() -> None:
    async def story(clock: Clock) -> None:
        protocol, line = clock.connect()
        protocol.data_received(GET)
        await clock.wait(1)
        line.unread = 500_000
        await clock.wait(20)
        line.unread = 499_999
        await clock.wait(30)
        assert not line.closed
        await clock.wait(1)
        assert line.closed

    at_a_clock(story)


def test_a_stream_times_out_by_what_was_read_and_not_by_what_is_left() -> None:
    """As much is written again as was read, so there is always the same left."""

    async def story(clock: Clock) -> None:
        protocol, line = clock.connect()
        protocol.data_received(GET)
        await clock.wait(1)
        line.unread = 100_000
        for _ in range(20):
            protocol.pause_writing()
            await clock.wait(25)
            protocol.resume_writing()
            protocol.data_received(GET)
        assert not line.closed

    at_a_clock(story)


def test_unread_responses_are_bounded_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those with most go first, and none who is reading."""
    monkeypatch.setattr(timeouts, "MAX_UNREAD", 1_000_000)

    async def story(clock: Clock) -> None:
        lines = []
        for size in (100_000, 400_000, 700_000, 900_000):
            protocol, line = clock.connect()
            protocol.data_received(GET)
            lines.append(line)
            line.unread = size
        for _ in range(6):
            lines[3].unread -= 1
            await clock.wait(1)
        assert [line.closed for line in lines] == [False, True, True, False]

    at_a_clock(story)


def test_a_connection_whose_check_fails_is_closed_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(clock: Clock) -> None:
        _, good = clock.connect()
        bad, line = clock.connect()
        monkeypatch.setattr(bad, "moves", None)
        monkeypatch.setattr(bad, "flow", None)
        await clock.wait(9)
        assert (line.closed, good.closed) == (True, False)
        await clock.wait(1)
        assert good.closed

    at_a_clock(story)


def test_the_one_that_was_idle_longest_can_be_spared() -> None:
    async def story(clock: Clock) -> None:
        new, _ = clock.connect()
        busy, _ = clock.connect()
        first, line = clock.connect()
        first.data_received(GET)
        await clock.wait(2)
        second, _ = clock.connect()
        second.data_received(GET)
        await clock.wait(2)
        busy.data_received(GET[:5])
        every = [new, busy, second, first]
        assert clock.watchman.longest_idle(every) is first
        first.data_received(GET)
        await clock.wait(2)
        assert clock.watchman.longest_idle(every) is second
        assert clock.watchman.longest_idle([new, busy]) is None
        line.unread = 10
        assert clock.watchman.longest_idle([first]) is None

    at_a_clock(story)
