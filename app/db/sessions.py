"""The two kinds of session: one that reads, one that writes."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session


class Sessions:
    """Opens sessions on one engine. A write session takes the write lock at once (SQLite: `BEGIN IMMEDIATE`).

    `after_write` are called after every commit with what the transaction noted in its session's `info`, in the thread
    that wrote: they must be quick and raise nothing.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._writing = engine.execution_options(sqlite_begin="IMMEDIATE")
        self.after_write: list[Callable[[Mapping[Any, Any]], None]] = []

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Never commits."""
        with Session(self.engine, autoflush=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Commits at the end, rolls back on any exception."""
        with Session(self._writing) as session, session.begin():
            yield session
        for tell in tuple(self.after_write):
            tell(session.info)
