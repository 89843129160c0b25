"""A connection that only reads, kept open for as long as the file it reads is the one at its path."""

from time import monotonic
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.pool import PoolProxiedConnection

from app.db.sqlite_file import is_current

CHECK_INTERVAL: Final = 0.005
"""Seconds for which a file that was looked for is taken to be there: to look costs as much as to ask the database."""


class ReopeningReader:
    """`opened` counts the files so far. For one thread at a time. Where it must not wait for anybody (`waits`), a file
    that is locked is an error at once."""

    def __init__(self, engine: Engine, *, waits: bool = True) -> None:
        self.opened = 0
        self._waits = waits
        self._usual_wait = 0
        self._engine = engine
        self._connection: PoolProxiedConnection | None = None
        self._open()

    def cursor(self) -> DBAPICursor:
        """Of the driver. Raises `Unavailable` where there is no file, or one that must not be opened."""
        now = monotonic()
        if now >= self._due:
            self._look(now)
        return self._cursor

    def _look(self, now: float) -> None:
        if self._connection is None or not is_current(self._connection.info):
            self.close()
            self._open()
        self._due = now + CHECK_INTERVAL

    def _open(self) -> None:
        self._due = 0.0  # should it fail, the next reader tries again
        self._connection = self._engine.raw_connection()
        self._cursor = self._connection.cursor()
        if not self._waits:
            self._usual_wait = self._cursor.execute("PRAGMA busy_timeout").fetchone()[0]
            self._cursor.execute("PRAGMA busy_timeout=0")
        self.opened += 1

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            if not self._waits:
                self._cursor.execute(f"PRAGMA busy_timeout={self._usual_wait}")
            self._cursor.close()
            if is_current(connection.info):
                connection.close()
            else:
                connection.invalidate()
