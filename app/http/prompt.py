"""Known answers, given without running the application: one check of the head for all who wait for one."""

import asyncio
import logging
from collections.abc import Callable, Hashable
from time import perf_counter
from typing import Any, Protocol

from app.http.access_log import AccessLog
from app.http.exchange import Exchange, Scope
from app.http.front import Front
from app.http.kept import Answer
from app.http.request_checks import RequestChecks

_LOG = logging.getLogger(__name__)

HeadNow = Callable[[], Hashable]


class Connection(Protocol):
    """Requests are whatever the connection tells them apart by."""

    def is_ready(self, request: Any) -> bool:
        """Whether an answer could be sent without waiting."""

    def give(self, request: Any, head: bytes, body: bytes) -> None:
        """Send status line and fields, as HTTP/1.1 has them, and the body."""

    def run(self, request: Any) -> None:
        """Run the application."""

    def fail(self, request: Any) -> None:
        """Give up the connection."""


class Prompt:
    """The check is made when everything that had arrived is read, so no answer is from before its request; what
    arrives later waits for the next one. Each request stands alone: what goes wrong with one is handed to the
    application, which goes wrong over it in its own task, or ends its own connection."""

    def __init__(self, front: Front, checks: RequestChecks, head_now: HeadNow, log: AccessLog | None) -> None:
        self._front = front
        self._checks = checks
        self._head_now = head_now
        self._log = log
        self._waiting: list[tuple[Connection, Any, Scope, Exchange, Answer, float]] = []

    def takes(self, connection: Connection, request: Any, scope: Scope) -> bool:
        """Whether there is an answer that only has to be checked; if so, the connection will hear."""
        try:
            exchange = Exchange(scope)
            answer = self._front.peek(scope, exchange) if self._checks.is_ordinary(scope, exchange) else None
        except Exception:  # it is raised again where the application is run, and told there
            return False
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
            try:
                self._settle(connection, request, exchange, answer if answer.head == head else None)
                if exchange.complete and self._log is not None:
                    seconds = perf_counter() - started
                    self._log.write(exchange, query_bytes=len(scope["query_string"]), seconds=seconds)
            except Exception as error:
                _LOG.error("unexpected error", exc_info=error)
                connection.fail(request)

    def _settle(self, connection: Connection, request: Any, exchange: Exchange, answer: Answer | None) -> None:
        """Give the answer if it still holds, or run the application."""
        written = None if answer is None else self._written(answer, exchange)
        if written is None or not connection.is_ready(request):
            connection.run(request)
            return
        connection.give(request, *written)
        exchange.cache, exchange.complete = "hit", True

    def _written(self, answer: Answer, exchange: Exchange) -> tuple[bytes, bytes] | None:
        """None where it fails: it fails again when the application is run, and is reported there."""
        try:
            return self._front.wire(answer, exchange)
        except Exception:
            return None

    def _head(self) -> Hashable:
        """None where it cannot be read: the application will find out, and say so to each."""
        try:
            head = self._head_now()
        except Exception:
            return None
        self._front.note(head)
        return head
