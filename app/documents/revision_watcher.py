"""Reading the published revision for every request: never stale, at almost no cost, and with a time limit."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from operator import methodcaller
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from app.db.engine import is_sqlite, sqlite3, uses_wal
from app.db.reopening_reader import ReopeningReader
from app.documents.revisions import LATEST, NOTHING_PUBLISHED, PublishedRevision
from app.kit.errors import Unavailable

log = logging.getLogger(__name__)

WITHIN: Final = 3.0
"""Seconds after which waiting requests give up."""
AGAIN_WITHIN: Final = 0.5
"""A connection that breaks so soon was broken before: it is worth another one."""

_LATEST: Final = str(LATEST.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))


class _Assumption:
    """Shared by the tasks and threads that were begun in its context."""

    def __init__(self, revision: PublishedRevision, *, once: bool) -> None:
        self._revision: PublishedRevision | None = revision
        self._once = once

    def take(self) -> PublishedRevision | None:
        revision = self._revision
        if self._once:
            self._revision = None
        return revision


_assumption: ContextVar[_Assumption | None] = ContextVar("assumed_revision", default=None)


@contextmanager
def assumed(revision: PublishedRevision, *, once: bool) -> Iterator[None]:
    """In this context the published revision is this one, whatever the database says, or does not say. `once`: for the
    first who asks, as it was read for this request just now; a later look, as after a wait, asks the database."""
    token = _assumption.set(_Assumption(revision, once=once))
    try:
        yield
    finally:
        _assumption.reset(token)


def _take_assumed() -> PublishedRevision | None:
    assumption = _assumption.get()
    return None if assumption is None else assumption.take()


class SharedRevisionWatcher:
    """One query for all the requests that were waiting when it was sent.

    A check that began before a request arrived could miss a commit that the request's sender has seen
    acknowledged, so an arrival waits for the next check, never for the running one. Where a check fails, it fails
    for all who wait; and as long as none has succeeded since, one arrival asks and nobody else waits for it.
    """

    def __init__(self, engine: Engine, *, within: float = WITHIN) -> None:
        self._engine = engine if is_sqlite(engine) else engine.execution_options(isolation_level="AUTOCOMMIT")
        self._within = within
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="revision")
        self._waiting: list[asyncio.Future[PublishedRevision]] = []
        self._since = 0.0
        self._running: asyncio.Task[None] | None = None
        self._away = False

    def read(self) -> PublishedRevision:
        """For threads. Raises `Unavailable`."""
        try:
            return self._read()
        except SQLAlchemyError as error:
            raise _unreachable() from error

    def _read(self) -> PublishedRevision:
        """A broken connection is replaced, once."""
        began = time.monotonic()
        try:
            return self._ask()
        except DBAPIError as error:
            if not error.connection_invalidated or time.monotonic() - began > AGAIN_WITHIN:
                raise
            return self._ask()

    def _ask(self) -> PublishedRevision:
        with self._engine.connect() as connection:
            row = connection.execute(LATEST).one_or_none()
            return NOTHING_PUBLISHED if row is None else PublishedRevision(*row)

    async def __call__(self) -> PublishedRevision:
        """Raises `Unavailable` where there is none in time."""
        known = _take_assumed()
        if known is not None:
            return known
        loop = asyncio.get_running_loop()
        is_idle = self._running is None or self._running.done()
        if self._away and not is_idle:
            raise _unreachable()
        if not self._waiting:
            self._since = loop.time()
        future: asyncio.Future[PublishedRevision] = loop.create_future()
        self._waiting.append(future)
        if is_idle:
            self._running = loop.create_task(self._serve(loop))
        return await future

    async def _serve(self, loop: asyncio.AbstractEventLoop) -> None:
        while self._waiting:
            served, self._waiting = self._waiting, []
            try:
                async with asyncio.timeout_at(self._since + self._within):
                    value = await loop.run_in_executor(self._thread, self._read)
            except (SQLAlchemyError, TimeoutError) as error:
                log.warning("the published revision cannot be read: %s", _first_line(error))
                self._away = True
                self._fail(served, _unreachable())
            except Exception as error:
                self._fail(served, error)
            else:
                self._away = False
                _resolve_futures(served, methodcaller("set_result", value))

    def _fail(self, served: Sequence[asyncio.Future[PublishedRevision]], error: Exception) -> None:
        """Those who came meanwhile as well: what they wait for would take as long."""
        waiting, self._waiting = self._waiting, []
        _resolve_futures([*served, *waiting], lambda future: future.set_exception(error))

    def close(self) -> None:
        self._thread.shutdown(wait=True)


class SqliteRevisionWatcher:
    """Reads `PRAGMA data_version` on a connection that never writes; only when it moved, the revision itself.

    Microseconds, so it runs in the event loop. The pragma changes with every other connection's commit
    (sqlite.org/pragma.html#pragma_data_version). Beside a write-ahead log no reader waits for a writer, but for who
    recovers or removes the log: so does `patient`, in a thread.
    """

    def __init__(self, engine: Engine, patient: SharedRevisionWatcher) -> None:
        self._patient = patient
        self._reader = ReopeningReader(engine, waits=False)
        self._reading = threading.Lock()  # probes ask from other threads
        self._seen = (-1, -1)
        self._revision = NOTHING_PUBLISHED

    async def __call__(self) -> PublishedRevision:
        """Raises `Unavailable` where the database cannot be read."""
        known = _take_assumed()
        if known is not None:
            return known
        try:
            return self.read_now()
        except sqlite3.OperationalError:
            return await self._patient()
        except sqlite3.Error as error:
            raise _unreachable() from error

    def read(self) -> PublishedRevision:
        """For threads. Raises `Unavailable`."""
        try:
            return self.read_now()
        except sqlite3.OperationalError:
            return self._patient.read()
        except sqlite3.Error as error:
            raise _unreachable() from error

    def read_now(self) -> PublishedRevision:
        """Raises `sqlite3.Error`, at once where it would have to wait, and `Unavailable` where the file is not the one
        that was opened."""
        with self._reading:
            cursor = self._reader.cursor()
            seen = (self._reader.opened, cursor.execute("PRAGMA data_version").fetchone()[0])
            if seen != self._seen:
                row = cursor.execute(_LATEST).fetchone()
                self._revision = NOTHING_PUBLISHED if row is None else PublishedRevision(*row)
                self._seen = seen
            return self._revision

    def close(self) -> None:
        with self._reading:
            self._reader.close()
        self._patient.close()


def _unreachable() -> Unavailable:
    return Unavailable("The database cannot be reached.", retry_after=5)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__


def _resolve_futures(
    futures: Sequence[asyncio.Future[PublishedRevision]], answer: Callable[[asyncio.Future[PublishedRevision]], None]
) -> None:
    for future in futures:
        if not future.done():
            answer(future)


RevisionWatcher = SqliteRevisionWatcher | SharedRevisionWatcher


def watch_revision(engine: Engine) -> RevisionWatcher:
    """The published revision of this database, as a callable to await. `engine` should give up as
    `PUBLISHED_REVISION` does."""
    shared = SharedRevisionWatcher(engine)
    return SqliteRevisionWatcher(engine, shared) if is_sqlite(engine) and uses_wal() else shared
