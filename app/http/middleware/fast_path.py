"""The fast path: cached responses sent without running the application, after one check of the published revision for
all requests that wait for it."""

import asyncio
import logging
from collections.abc import Callable, Hashable
from time import perf_counter
from typing import Any, Protocol, TypeVar

from app.http.cache.response_cache import ResponseCache
from app.http.cache.store import CachedResponse
from app.http.context import RequestContext, Scope
from app.http.logging.access_log import AccessLog
from app.http.middleware.request_checks import RequestChecks

_LOG = logging.getLogger(__name__)

CurrentRevision = Callable[[], Hashable]


R = TypeVar("R", contravariant=True)


class Connection(Protocol[R]):
    """A connection of the server; `R` is its own type of requests."""

    def is_ready(self, request: R) -> bool:
        """Whether an answer could be sent without waiting."""

    def give(self, request: R, revision: bytes, body: bytes) -> None:
        """Send status line and fields, as bytes of HTTP/1.1, and the body."""

    def run(self, request: R) -> None:
        """Run the application."""

    def fail(self, request: R) -> None:
        """Give up the connection."""


class FastPath:
    """The check is made when everything that had arrived is read, so no answer is from before its request; what
    arrives later waits for the next one. Each request stands alone: what goes wrong with one is handed to the
    application, which goes wrong over it in its own task, or ends its own connection."""

    def __init__(
        self,
        response_cache: ResponseCache,
        checks: RequestChecks,
        current_revision: CurrentRevision,
        log: AccessLog | None,
    ) -> None:
        self._response_cache = response_cache
        self._checks = checks
        self._current_revision = current_revision
        self._log = log
        self._waiting: list[tuple[Connection[Any], object, Scope, RequestContext, CachedResponse, float]] = []

    def accepts(self, connection: Connection[R], request: R, scope: Scope) -> bool:
        """Whether there is a cached response that only has to be checked; if so, `give` or `run` is called soon."""
        try:
            context = RequestContext(scope)
            answer = self._response_cache.lookup(scope, context) if self._checks.is_ordinary(scope, context) else None
        except Exception:  # it is raised again where the application is run, and reported there
            return False
        if answer is None:
            return False
        self._waiting.append((connection, request, scope, context, answer, perf_counter()))
        if len(self._waiting) == 1:
            asyncio.get_running_loop().call_soon(self._check)
        return True

    def _check(self) -> None:
        waiting, self._waiting = self._waiting, []
        revision = self._read_revision()
        for connection, request, scope, context, answer, started in waiting:
            try:
                self._settle(connection, request, context, answer if answer.revision == revision else None)
                if context.complete and self._log is not None:
                    seconds = perf_counter() - started
                    self._log.write(context, query_bytes=len(scope["query_string"]), seconds=seconds)
            except Exception as error:
                _LOG.error("unexpected error", exc_info=error)
                connection.fail(request)

    def _settle(
        self, connection: Connection[R], request: R, context: RequestContext, answer: CachedResponse | None
    ) -> None:
        """Give the answer if it still holds, or run the application."""
        written = None if answer is None else self._written(answer, context)
        if written is None or not connection.is_ready(request):
            connection.run(request)
            return
        connection.give(request, *written)
        context.cache, context.complete = "hit", True

    def _written(self, answer: CachedResponse, context: RequestContext) -> tuple[bytes, bytes] | None:
        """None where it fails: it fails again when the application is run, and is reported there."""
        try:
            return self._response_cache.serialise(answer, context)
        except Exception:
            return None

    def _read_revision(self) -> Hashable:
        """The published revision; None where it cannot be read: the application will find out, and report it."""
        try:
            revision = self._current_revision()
        except Exception:
            return None
        self._response_cache.note(revision)
        return revision
