"""Answers from what was last known, while nobody can say whether it still is so (RFC 9111 section 4.2.4)."""

import time
from collections.abc import Callable, Hashable
from contextlib import AbstractContextManager
from typing import Any, Final

from app.http.headers import Headers
from app.kit.errors import Unavailable

CACHE: Final = "knowledge-base"
"""What the service calls itself in `Cache-Status` (RFC 9211)."""


class LastKnownRevision:
    """The head that was seen last, and when. `seconds` is how long it may stand for the present one; `assume` makes the
    application take a head for the present one, without asking."""

    def __init__(
        self,
        seconds: int,
        assume: Callable[[Any], AbstractContextManager[None]],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.assume = assume
        self._seconds = seconds
        self._clock = clock
        self._seen: tuple[Hashable, float] | None = None

    def record(self, revision: Hashable) -> None:
        """This is the present one."""
        self._seen = revision, self._clock()

    def stand_in(self, error: Unavailable) -> tuple[Hashable, int]:
        """The head, and its age in seconds. Raises the error where it is too old, or none was seen."""
        if self._seen is None:
            raise error
        revision, seen = self._seen
        age = self._clock() - seen
        if age > self._seconds:
            raise error
        return revision, int(age)


def age_headers(age: int) -> Headers:
    """What an answer says of itself that nobody could confirm: it was right so many seconds ago, and is not fresh."""
    status = f"{CACHE}; hit; ttl=-{age}; detail=database-unreachable"
    return [(b"age", str(age).encode("ascii")), (b"cache-status", status.encode("ascii"))]
