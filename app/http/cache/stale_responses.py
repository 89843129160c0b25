"""Stale responses: of the last published revision seen, while the database is unreachable (RFC 9111 section 4.2.4)."""

import time
from collections.abc import Callable, Hashable
from typing import Final

from app.http.headers import Headers
from app.kit.errors import Unavailable

CACHE: Final = "knowledge-base"
"""What the service calls itself in `Cache-Status` (RFC 9211)."""


class LastKnownRevision:
    """The last published revision seen, and when. `seconds` is how long it may stand in for the current one."""

    def __init__(self, seconds: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._seen: tuple[Hashable, float] | None = None

    def record(self, revision: Hashable) -> None:
        """Record that this is the published revision."""
        self._seen = revision, self._clock()

    def stand_in(self, error: Unavailable) -> tuple[Hashable, int]:
        """The last revision seen, and its age in seconds. Raises the error where it is too old, or none was seen."""
        if self._seen is None:
            raise error
        revision, seen = self._seen
        age = self._clock() - seen
        if age > self._seconds:
            raise error
        return revision, int(age)


def age_headers(age: int) -> Headers:
    """The header fields of a stale response: how many seconds ago it was current, and that it is not fresh."""
    status = f"{CACHE}; hit; ttl=-{age}; detail=database-unreachable"
    return [(b"age", str(age).encode("ascii")), (b"cache-status", status.encode("ascii"))]
