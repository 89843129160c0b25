"""Requests without a network: each answer's size, its processor time, and how long it held up the event loop."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Message, Scope

BEAT = 0.001


@dataclass(frozen=True)
class Request:
    """`name` says what is tried; `path` has the query."""

    name: str
    path: str
    method: str = "GET"
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def scope(self) -> Scope:
        path, _, query = self.path.partition("?")
        given = {"host": "127.0.0.1", **self.headers, **({"content-length": str(len(self.body))} if self.body else {})}
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": self.method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in given.items()],
            "client": ("192.0.2.1", 50_000),
            "server": ("127.0.0.1", 8000),
        }


@dataclass(frozen=True)
class Cost:
    """`cpu` and `stall` in milliseconds; `streamed` answers may have any size."""

    status: int
    size: int
    cpu: float
    stall: float
    streamed: bool = False


class Heart:
    """Beats in the event loop. A beat that came late while this process was computing is a stall; one that came late
    because the machine did something else is not."""

    def __init__(self) -> None:
        self.longest = 0.0

    async def beat(self) -> None:
        wall, cpu = time.perf_counter(), time.process_time()
        while True:
            await asyncio.sleep(BEAT)
            now, spent = time.perf_counter(), time.process_time()
            self.longest = max(self.longest, min(now - wall - BEAT, spent - cpu))
            wall, cpu = now, spent


async def cost(app: ASGIApp, request: Request) -> Cost:
    """Of one request, sent alone."""
    heart = Heart()
    beating = asyncio.create_task(heart.beat())
    await asyncio.sleep(3 * BEAT)
    heart.longest = 0.0
    answer = Answer(request.body)
    before = time.process_time()
    await app(request.scope(), answer.receive, answer.send)
    cpu = time.process_time() - before
    await asyncio.sleep(3 * BEAT)
    beating.cancel()
    with suppress(asyncio.CancelledError):
        await beating
    return Cost(answer.status, answer.size, cpu * 1000, heart.longest * 1000, answer.streamed)


class Answer:
    def __init__(self, body: bytes) -> None:
        self.status = 0
        self.size = 0
        self.streamed = False
        self._body: Iterator[bytes] = iter((body,))

    async def receive(self) -> Message:
        body = next(self._body, None)
        if body is None:
            await asyncio.Event().wait()  # nobody hangs up
        return {"type": "http.request", "body": body or b"", "more_body": False}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers: dict[bytes, Any] = dict(message.get("headers", ()))
            self.streamed = b"content-length" not in headers
        else:
            self.size += len(message.get("body", b""))
