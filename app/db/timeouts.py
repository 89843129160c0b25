"""Timeouts of the database. One that does not respond must not hold up requests."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class DatabaseTimeouts:
    """In seconds; None is without an end.

    `lock`: until another writer is done (SQLite: `busy_timeout`, PostgreSQL: `lock_timeout`). `pool`: until a
    connection is free. `statement` and `idle`: what PostgreSQL itself ends, a statement and a transaction in which
    nothing happens. `answer`: as `statement`, on our side: a server that is stopped acknowledges and says nothing.
    """

    lock: float
    pool: float = 30
    statement: float | None = None
    idle: float | None = None
    answer: float | None = None


BACKGROUND: Final = DatabaseTimeouts(lock=30, idle=600)
"""Of commands and workers, which hold up no request."""
PUBLISHED_REVISION: Final = DatabaseTimeouts(lock=2.5, pool=2.5, statement=2.5, idle=10, answer=2.5)
"""What every answer begins with."""
READS: Final = DatabaseTimeouts(lock=3, pool=3, statement=10, idle=60, answer=12)
REPLICA: Final = DatabaseTimeouts(lock=1, pool=1, statement=2, idle=10, answer=2)
"""Of what can be read elsewhere as well."""
WRITES: Final = DatabaseTimeouts(lock=15, pool=3, statement=20, idle=60, answer=22)

_deadline: ContextVar[float | None] = ContextVar("write_deadline", default=None)


@contextmanager
def locked_within(seconds: float) -> Iterator[None]:
    """Whoever writes in this context waits no longer than that for others, counted from now."""
    token = _deadline.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _deadline.reset(token)


def lock_wait(usual: float) -> float:
    """Seconds that may still be waited for a lock."""
    deadline = _deadline.get()
    return usual if deadline is None else max(0.0, min(usual, deadline - time.monotonic()))
