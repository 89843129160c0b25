"""Known answers, given without running the application: one check of the head for all who wait for one."""

import asyncio
from collections.abc import Callable
from time import perf_counter
from typing import Any, Protocol

from app.http.access_log import AccessLog
from app.http.exchange import Exchange, Scope
from app.http.front import Front
from app.http.kept import Answer
from app.http.limits import Hosts
from app.kit.errors import Unavailable

HeadNow = Callable[[], int]


class Connection(Protocol):
    """Requests are whatever the connection tells them apart by."""

    def is_ready(self, request: Any) -> bool:
        """Whether an answer could be sent without waiting."""

    def give(self, request: Any, head: bytes, body: bytes) -> None:
        """Send status line and fields, as HTTP/1.1 has them, and the body."""

    def run(self, request: Any) -> None:
        """Run the application."""


class Prompt:
    """The check is made when everything that had arrived is read, so no answer is from before its request; what
    arrives later waits for the next one."""

    def __init__(self, front: Front, hosts: Hosts | None, head_now: HeadNow, log: AccessLog | None) -> None:
        self._front = front
        self._hosts = hosts
        self._head_now = head_now
        self._log = log
        self._waiting: list[tuple[Connection, Any, Scope, Exchange, Answer, float]] = []

    def takes(self, connection: Connection, request: Any, scope: Scope) -> bool:
        """Whether there is an answer that only has to be checked; if so, the connection will hear."""
        exchange = Exchange(scope)
        if self._hosts is not None and not self._hosts.know(exchange):
            return False
        answer = self._front.peek(scope, exchange)
        if answer is None:
            return False
        self._waiting.append((connection, request, scope, exchange, answer, perf_counter()))
        if len(self._waiting) == 1:
            asyncio.get_running_loop().call_soon(self._check)
        return True

    def _check(self) -> None:
        waiting, self._waiting = self._waiting, []
        head = self._head()
        for connection, request, scope, exchange, answer, started in waiting:
            written = self._written(answer, exchange) if answer.head == head else None
            if written is None or not connection.is_ready(request):
                connection.run(request)
                continue
            connection.give(request, *written)
            exchange.cache, exchange.complete = "hit", True
            if self._log is not None:
                seconds = perf_counter() - started
                self._log.write(exchange, query_bytes=len(scope["query_string"]), seconds=seconds)

    def _written(self, answer: Answer, exchange: Exchange) -> tuple[bytes, bytes] | None:
        """None where it fails: it fails again when the application is run, and is reported there."""
        try:
            return self._front.wire(answer, exchange)
        except Exception:
            return None

    def _head(self) -> int | None:
        """None where it cannot be read: the application will find out, and say so to each."""
        try:
            return self._head_now()
        except Unavailable:
            return None
