"""How far long work has come, told to whoever wants to know: nobody, unless a command shows it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Progress = Callable[[str, int, int], None]
"""Is told what is worked on, how much of it is done, and how much there is: 0 where nobody knows."""

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
