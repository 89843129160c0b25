"""Engines for the two databases, and what each connection to SQLite needs."""

import logging
import sys
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Dialect, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry

from app.db.compressed_json import SQLITE_FUNCTION, uncompressed_in_sql
from app.db.postgresql import postgresql_engine
from app.db.sqlite_file import OPENED, SqliteFile, file_at, is_current
from app.db.timeouts import BACKGROUND, DatabaseTimeouts, lock_wait
from app.kit.system.private_files import make_private_file, make_private_folder

if sys.platform == "linux":
    try:
        import pysqlite3 as sqlite3
    except ImportError:  # no wheel for this processor
        import sqlite3
else:
    import sqlite3

__all__ = ["is_missing", "is_sqlite", "make_engine", "sqlite3", "sqlite_files", "uses_wal", "wal_is_safe"]

log = logging.getLogger(__name__)

DRIVERS = frozenset({"sqlite", "sqlite+pysqlite", "postgresql", "postgresql+psycopg"})

PRAGMAS = ("synchronous=FULL", "foreign_keys=ON", "secure_delete=ON", "trusted_schema=ON")
"""The last: a trigger may call our function, also where SQLite was built to refuse that."""

FIXED_BRANCHES = ((3, 44, 6), (3, 50, 7))
"""Releases with the back-ported fix of the WAL-reset bug (sqlite.org/wal.html)."""


def wal_is_safe(version: tuple[int, int, int]) -> bool:
    """Whether this SQLite can lose no commit to the WAL-reset bug of 3.7.0 to 3.51.2."""
    backported = any(version[:2] == fixed[:2] and version >= fixed for fixed in FIXED_BRANCHES)
    return version >= (3, 51, 3) or backported


def make_engine(
    url: str,
    timeouts: DatabaseTimeouts = BACKGROUND,
    *,
    pool_size: int = 10,
    max_overflow: int = 20,
    pre_ping: bool = True,
) -> Engine:
    """An engine for `url`; a SQLite file's folder is created. `pre_ping` tests a connection before each use; without
    it, callers retry when a connection is broken.

    Sessions decide how their transaction begins: see `app.db.sessions`. Raises `ArgumentError` where `url` names no
    database that can be used, `OSError` where the folder cannot be created.
    """
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite_engine(parsed, timeouts, pool_size=pool_size, max_overflow=max_overflow)
    return postgresql_engine(parsed, timeouts, pool_size=pool_size, max_overflow=max_overflow, pre_ping=pre_ping)


def is_missing(url: str) -> bool:
    """Whether `url` names a SQLite file that is not there (to connect would create it). Raises `ArgumentError`."""
    path = _file(_parse(url))
    return path is not None and not path.exists()


def sqlite_files(url: str) -> list[Path]:
    """The files of an embedded database, there or not; none of a server. Raises `ArgumentError`."""
    path = _file(_parse(url))
    return [] if path is None else [path.with_name(path.name + ending) for ending in ("", "-wal", "-shm", "-journal")]


def _file(url: URL) -> Path | None:
    if url.get_backend_name() != "sqlite" or url.database is None or url.database.startswith("file:"):
        return None
    return Path(url.database)


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ValueError as error:  # the text would repeat a part of the URL, which may be the password
        raise ArgumentError("the port of the database is not a number") from error
    if parsed.drivername not in DRIVERS:
        raise ArgumentError(f"{parsed.drivername} is not one of {', '.join(sorted(DRIVERS))}")
    if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise ArgumentError("a database in memory is different for every connection")
    return parsed


def uses_wal() -> bool:
    """Whether readers of a SQLite file never wait for its writer: with a rollback journal they do, at its commits."""
    return wal_is_safe(sqlite3.sqlite_version_info)


def _sqlite_engine(url: URL, timeouts: DatabaseTimeouts, *, pool_size: int, max_overflow: int) -> Engine:
    path = _file(url)
    if path is not None:
        make_private_folder(path.parent)
    engine = create_engine(
        url,
        module=sqlite3,
        hide_parameters=True,
        json_deserializer=orjson.loads,
        pool_size=pool_size,
        max_overflow=max_overflow,
        pool_timeout=timeouts.pool,
        connect_args={"timeout": timeouts.lock, "check_same_thread": False},
    )
    journal = "WAL" if uses_wal() else "DELETE"
    if journal == "DELETE":
        log.warning("SQLite %s has the WAL-reset bug: using a rollback journal", sqlite3.sqlite_version)

    def prepare(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
        raw: Any = connection
        raw.isolation_level = None  # the driver's own BEGIN would break savepoints and IMMEDIATE
        raw.create_function(SQLITE_FUNCTION, 1, uncompressed_in_sql, deterministic=True)
        cursor = raw.cursor()
        for pragma in (f"journal_mode={journal}", *PRAGMAS):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.execute("PRAGMA schema_version")  # opens what is beside the file
        cursor.close()

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", lambda connection: _begin(connection, timeouts.lock))
    if path is not None:
        _follow_file(engine, file_at(path))
    return engine


def _follow_file(engine: Engine, file: SqliteFile) -> None:
    """Every connection that is given out works on the file that is at the path now."""

    def connect(
        dialect: Dialect, record: ConnectionPoolEntry, args: list[object], options: dict[str, object]
    ) -> DBAPIConnection:
        before = file.check_before_opening()
        if before is None:
            make_private_file(file.path)  # SQLite would let everybody read it; its other files take after it
        connection: DBAPIConnection = dialect.connect(*args, **options)
        record.info[OPENED] = file.note_opened(before)
        return connection

    def check(_connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: object) -> None:
        if not is_current(record.info):
            raise InvalidatePoolError("the file of the database was replaced")

    event.listen(engine, "do_connect", connect)
    event.listen(engine, "connect", lambda _connection, _record: file.note_shared())
    event.listen(engine, "checkout", check)


def _begin(connection: Connection, usual_wait: float) -> None:
    mode = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
    if mode == "IMMEDIATE":
        connection.exec_driver_sql(f"PRAGMA busy_timeout={round(lock_wait(usual_wait) * 1000)}")
    connection.exec_driver_sql(f"BEGIN {mode}")


def is_sqlite(engine: Engine) -> bool:
    return engine.dialect.name == "sqlite"
