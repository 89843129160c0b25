"""Progress of long-running work, reported to a callback that commands set; by default to none."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Progress = Callable[[str, int, int], None]
"""Receives the name of the work, how much of it is done, and the total: 0 where it is unknown."""

_listener: ContextVar[Progress | None] = ContextVar("progress", default=None)


def report_progress(what: str, done: int = 0, total: int = 0) -> None:
    listener = _listener.get()
    if listener is not None:
        listener(what, done, total)


@contextmanager
def progress_told_to(listener: Progress) -> Iterator[None]:
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)
