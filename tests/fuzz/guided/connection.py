"""Bytes as they come from a socket, to the protocol and the whole application behind it."""

import asyncio
import logging
from functools import cache
from typing import Final

import httptools
from uvicorn.config import Config
from uvicorn.server import ServerState

from app.http.protocol import Protocol
from app.main import Service
from tests.http.conftest import Line

LARGEST_ANSWER: Final = 2_200_000
"""Bytes, with its head."""
PATIENCE: Final = 10.0
"""Seconds for an answer whose request is whole."""
NO_FAULTS: Final = frozenset({501, 503, 505})
"""Statuses from 500 on that do not say that something went wrong: not implemented, busy, another version of HTTP."""


class Findings(logging.Handler):
    """Errors that are logged instead of being raised."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(self.format(record))


@cache
def _loop() -> asyncio.AbstractEventLoop:
    return asyncio.new_event_loop()


@cache
def _findings() -> Findings:
    findings = Findings()
    logging.getLogger().addHandler(findings)
    _loop().set_exception_handler(lambda _, context: findings.found.append(repr(context)))
    return findings


def talk(service: Service, data: bytes) -> None:
    """The first byte says how large the pieces are in which the others come."""
    findings = _findings()
    findings.found.clear()
    line, requests = _loop().run_until_complete(_talk(service, data[1:], 1 + 16 * sum(data[:1])))
    assert not findings.found, findings.found[0]
    answers = _answers(line.written)
    assert len(answers) <= requests + 1
    for status, size in answers:
        assert status < 500 or status in NO_FAULTS, status
        assert size <= LARGEST_ANSWER, size


async def _talk(service: Service, data: bytes, size: int) -> tuple[Line, int]:
    state = ServerState()
    protocol, line = Protocol(Config(service, lifespan="off", log_config=None), state, {}), Line()
    protocol.connection_made(line)
    for place in range(0, len(data), size):
        if line.closed:
            break
        protocol.data_received(data[place : place + size])
        await asyncio.sleep(0)
    await _answered(protocol, state)
    protocol.connection_lost(None)
    if state.tasks:
        _, late = await asyncio.wait(state.tasks, timeout=PATIENCE)
        assert not late, "a request outlives its connection"
    return line, state.total_requests


async def _answered(protocol: Protocol, state: ServerState) -> None:
    """Until every request that is whole has its answer."""
    for _ in range(10_000):
        tasks = {each for each in state.tasks if not each.done()}
        waits_for_body = protocol.current is not None and protocol.current.more_body
        if waits_for_body or not (tasks or protocol.pipeline):
            return
        if tasks:
            done, _ = await asyncio.wait(tasks, timeout=PATIENCE)
            assert done, "no answer in time"
        await asyncio.sleep(0)


def _answers(written: bytes) -> list[tuple[int, int]]:
    """Status and size of each; what is no HTTP/1.1 breaks the parser."""
    found: list[tuple[int, int]] = []

    class Reader:
        def on_headers_complete(self) -> None:
            found.append((parser.get_status_code(), 0))

        def on_body(self, body: bytes) -> None:
            status, size = found[-1]
            found[-1] = (status, size + len(body))

    parser = httptools.HttpResponseParser(Reader())
    parser.feed_data(written)
    return found
