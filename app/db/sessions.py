"""The two kinds of session: one that reads, one that writes."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy import Connection, CursorResult, Engine, event
from sqlalchemy.orm import Session, SessionTransaction

from app.db.engine import is_sqlite
from app.db.pools import PoolUsage, pool_usage
from app.db.sqlite_file import OPENED

AfterWrite = Callable[[Mapping[object, object]], None]
"""Hears what a transaction noted."""


class WriteSession(Session):
    """Knows the file that it writes to, where there is one."""


@event.listens_for(WriteSession, "after_begin")
def _note_file(session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
    session.info[OPENED] = connection.info.get(OPENED)


class Sessions:
    """Opens sessions on one engine. A write session takes the write lock at once (SQLite: `BEGIN IMMEDIATE`).

    `writing` has the connections of those who write, so that who reads never waits for one of them; without it all
    share `engine`. `after_write` are called after every commit with what the transaction noted in its session's `info`,
    in the thread that wrote: they must be quick and raise nothing.
    """

    def __init__(
        self,
        engine: Engine,
        writing: Engine | None = None,
        *,
        after_write: list[AfterWrite] | None = None,
    ) -> None:
        self.engine = engine
        self._writing = (writing or engine).execution_options(sqlite_begin="IMMEDIATE")
        self._snapshot = engine if is_sqlite(engine) else engine.execution_options(isolation_level="REPEATABLE READ")
        self.after_write: list[AfterWrite] = [] if after_write is None else after_write

    def pools(self) -> tuple[PoolUsage, PoolUsage]:
        """The connections of those who read and of those who write, which may be the same ones."""
        return pool_usage(self.engine), pool_usage(self._writing)

    def dispose(self) -> None:
        """Close every idle connection."""
        self.engine.dispose()
        self._writing.dispose()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Never commits."""
        with Session(self.engine, autoflush=False) as session:
            yield session

    @contextmanager
    def read_one_state(self) -> Iterator[Session]:
        """As `read`; every statement sees the same state of the database, as they all do on SQLite."""
        with Session(self._snapshot, autoflush=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Commits at the end, rolls back on any exception. Raises `Unavailable` where the database's file was taken
        away meanwhile: what was committed is lost."""
        with WriteSession(self._writing) as session, session.begin():
            yield session
        opened = session.info.get(OPENED)
        if opened is not None:
            opened.confirm()
        for listener in tuple(self.after_write):
            listener(session.info)


def affected_rows(result: object) -> int:
    """Of an UPDATE or DELETE: what a session answers is typed as any result."""
    return result.rowcount if isinstance(result, CursorResult) else 0
