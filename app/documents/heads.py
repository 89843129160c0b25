"""Asking for the published revision on every request, at almost no cost, and exactly."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from app.db.engine import is_sqlite, sqlite3
from app.db.following import FollowingReader
from app.documents.revisions import NEWEST, NOTHING_PUBLISHED, PublishedRevision
from app.kit.errors import Unavailable


class SqliteHead:
    """Reads `PRAGMA data_version` on a connection that never writes; only when it moved, the revision itself.

    Microseconds, so it runs in the event loop. The pragma changes with every other connection's commit
    (sqlite.org/pragma.html#pragma_data_version).
    """

    def __init__(self, engine: Engine) -> None:
        self._reader = FollowingReader(engine)
        self._statement = str(NEWEST.compile(engine, compile_kwargs={"literal_binds": True}))
        self._reading = threading.Lock()  # probes ask from other threads
        self._seen = (-1, -1)
        self._head = NOTHING_PUBLISHED

    async def __call__(self) -> PublishedRevision:
        return self.read()

    def read(self) -> PublishedRevision:
        """Raises `Unavailable` where the database cannot be read, or its file is not the one that was opened."""
        try:
            with self._reading:
                cursor = self._reader.cursor()
                seen = (self._reader.opened, cursor.execute("PRAGMA data_version").fetchone()[0])
                if seen != self._seen:
                    row = cursor.execute(self._statement).fetchone()
                    self._head = NOTHING_PUBLISHED if row is None else PublishedRevision(*row)
                    self._seen = seen
                return self._head
        except sqlite3.Error as error:
            raise _unreachable() from error

    def close(self) -> None:
        self._reader.close()


class SharedHead:
    """One query for all the requests that were waiting when it was sent.

    A check that began before a request arrived could miss a commit that the request's sender has seen
    acknowledged, so an arrival waits for the next check, never for the running one.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="head")
        self._waiting: list[asyncio.Future[PublishedRevision]] = []
        self._running: asyncio.Task[None] | None = None

    def read(self) -> PublishedRevision:
        with self._engine.connect() as connection:
            row = connection.execute(NEWEST).one_or_none()
            return NOTHING_PUBLISHED if row is None else PublishedRevision(*row)

    async def __call__(self) -> PublishedRevision:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[PublishedRevision] = loop.create_future()
        self._waiting.append(future)
        if self._running is None or self._running.done():
            self._running = loop.create_task(self._serve(loop))
        return await future

    async def _serve(self, loop: asyncio.AbstractEventLoop) -> None:
        while self._waiting:
            served, self._waiting = self._waiting, []
            try:
                value = await loop.run_in_executor(self._thread, self.read)
            except Exception as error:
                meaning = _unreachable() if isinstance(error, SQLAlchemyError) else error
                _settle(served, lambda future, meaning=meaning: future.set_exception(meaning))  # type: ignore[misc]
            else:
                _settle(served, lambda future, value=value: future.set_result(value))  # type: ignore[misc]

    def close(self) -> None:
        self._thread.shutdown(wait=True)


def _unreachable() -> Unavailable:
    return Unavailable("The database cannot be reached.", retry_after=5)


def _settle(
    futures: list[asyncio.Future[PublishedRevision]], answer: Callable[[asyncio.Future[PublishedRevision]], None]
) -> None:
    for future in futures:
        if not future.done():
            answer(future)


Head = SqliteHead | SharedHead


def watch_head(engine: Engine) -> Head:
    """The published revision of this database, as a callable to await."""
    return SqliteHead(engine) if is_sqlite(engine) else SharedHead(engine)
