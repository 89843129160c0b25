"""One JSON line per request, cheap enough for responses that take microseconds.

A line has the path but no query or fragment, and nobody's address or credentials: of a valid key only the public id; a
key that is in the path by mistake is masked.
"""

import asyncio
import atexit
import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from json.encoder import encode_basestring_ascii
from math import inf
from typing import Final, TextIO

from app.http.context import RequestContext
from app.kit.tokens import mask_tokens

_EVERY: Final = 1.0
_BATCH: Final = 200
_MAX_PATH_LENGTH: Final = 512

LogEntry = tuple[float, RequestContext, int, float]
"""The moment, the request, the bytes of its query, and the seconds that it took."""
Observer = Callable[[Sequence[LogEntry]], None]


class AccessLog:
    """Lines are made and written in batches, at most a second late, and at the end of the process: many in
    a row cost a third of as many between requests. Of a path below one of `concealed` the prefix is shown
    and nothing else. `observers` hear of each batch; without a `stream` they alone do. What took `slow` seconds or more
    is a warning, but for `patient` paths, where clients wait on purpose."""

    def __init__(
        self,
        stream: TextIO | None,
        concealed: tuple[str, ...] = (),
        observers: tuple[Observer, ...] = (),
        *,
        slow: float = inf,
        patient: frozenset[str] = frozenset(),
    ) -> None:
        self._slow = slow
        self._patient = patient
        self._stream = stream
        self._concealed = concealed
        self._observers = observers
        self._waiting: list[LogEntry] = []
        atexit.register(self.flush)

    def write(self, context: RequestContext, *, query_bytes: int, seconds: float) -> None:
        """To be called in a running event loop, when the response is sent, or has failed."""
        waiting = self._waiting
        waiting.append((time.time(), context, query_bytes, seconds))
        if len(waiting) == 1:
            asyncio.get_running_loop().call_later(_EVERY, self.flush)
        elif len(waiting) == _BATCH:
            asyncio.get_running_loop().call_soon(self.flush)

    def close(self) -> None:
        """Write what is waiting; nothing comes after it."""
        atexit.unregister(self.flush)
        self.flush()

    def flush(self) -> None:
        """Write what is waiting, if anything is."""
        if self._waiting:
            waiting, self._waiting = self._waiting, []
            for observe in self._observers:
                observe(waiting)
            if self._stream is not None:
                self._stream.write("".join(map(self._line, waiting)))
                self._stream.flush()

    def _line(self, entry: LogEntry) -> str:
        moment, context, query_bytes, seconds = entry
        second = int(moment)
        path = mask_tokens(context.path)
        if path.startswith(self._concealed):
            path = next(prefix for prefix in self._concealed if path.startswith(prefix)) + "…"
        if len(path) > _MAX_PATH_LENGTH:
            path = path[:_MAX_PATH_LENGTH] + "…"
        level = "info" if seconds < self._slow or context.path in self._patient else "warning"
        key = f',"key":"{context.key}"' if context.key is not None else ""
        return (
            f'{{"time":"{_stamp(second)}.{int((moment - second) * 1000):03d}Z","level":"{level}",'
            f'"request_id":"{context.request_id}","method":"{context.method}",'
            f'"path":{encode_basestring_ascii(path)},"query_bytes":{query_bytes},"status":{context.status},'
            f'"ms":{seconds * 1000:.3f},"bytes":{context.sent},"cache":"{context.cache}"{key}}}\n'
        )


@lru_cache(maxsize=2)
def _stamp(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
