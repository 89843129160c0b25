"""Bytes as they come from a socket, to the protocol and the whole application behind it."""

import asyncio
import logging
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

from uvicorn.config import Config
from uvicorn.server import ServerState

from app.http.server.protocol import Protocol
from app.main import Service
from tests.http.conftest import Line

MAX_ANSWER_SIZE: Final = 2_200_000
"""Bytes, with its head."""
PATIENCE: Final = 10.0
"""Seconds for an answer whose request is whole."""
NO_FAULTS: Final = frozenset({501, 503, 505})
"""Statuses from 500 on that do not say that something went wrong: not implemented, busy, another version of HTTP."""


_STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-5][0-9][0-9]) [ -~]*")


class Heard(Protocol):
    """Remembers what was asked, since the answer to HEAD has no body."""

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self.methods = (*getattr(self, "methods", ()), self.parser.get_method())


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
    line, methods = _loop().run_until_complete(_talk(service, data[1:], 1 + 16 * sum(data[:1])))
    assert not findings.found, findings.found[0]
    answers = _answers(line.written, methods)
    assert len(answers) <= len(methods) + 1
    for status, size in answers:
        assert status < 500 or status in NO_FAULTS, status
        assert size <= MAX_ANSWER_SIZE, size


async def _talk(service: Service, data: bytes, size: int) -> tuple[Line, Sequence[bytes]]:
    state = ServerState()
    protocol, line = Heard(Config(service, lifespan="off", log_config=None), state, {}), Line()
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
    return line, getattr(protocol, "methods", ())


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


def _answers(written: bytes, methods: Sequence[bytes]) -> list[tuple[int, int]]:
    """Status and size of the body of each; what is no HTTP/1.1 is a finding."""
    found: list[tuple[int, int]] = []
    while written:
        head, separator, rest = written.partition(b"\r\n\r\n")
        assert separator, head[-100:]
        line, *fields = head.split(b"\r\n")
        begun = _STATUS_LINE.fullmatch(line)
        assert begun, line[:100]
        status = int(begun[1])
        values = dict(field.lower().split(b": ", 1) for field in fields)
        method = b"GET" if len(found) >= len(methods) else methods[len(found)]
        refused = values.get(b"connection") == b"close"  # the bytes were no request, of whatever method
        empty = status < 200 or status in (204, 304) or (method == b"HEAD" and not (refused and rest))
        size, written = (0, rest) if empty else _body(values, rest)
        if status >= 200:
            found.append((status, size))
    return found


def _body(values: Mapping[bytes, bytes], rest: bytes) -> tuple[int, bytes]:
    """Its size, and what follows it."""
    if b"content-length" in values:
        size = int(values[b"content-length"])
        assert len(rest) >= size
        return size, rest[size:]
    assert values[b"transfer-encoding"] == b"chunked"
    total = 0
    while True:
        length, _, rest = rest.partition(b"\r\n")
        size = int(length, 16)
        assert rest[size : size + 2] == b"\r\n"
        rest = rest[size + 2 :]
        if not size:
            return total, rest
        total += size
