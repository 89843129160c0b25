"""Documents by their ids, fetched while a reader waits: without the layers that would cost more than the reading."""

import logging
import threading
from collections.abc import Sequence
from time import monotonic
from typing import Final

from sqlalchemy import Engine, Select, exists, select
from sqlalchemy.exc import SQLAlchemyError

from app.db.engine import is_sqlite
from app.db.reopening_reader import ReopeningReader
from app.documents.revisions import PublishedRevision, PublishedRevisionRow
from app.documents.store import DocumentRow

log = logging.getLogger(__name__)

PAUSE: Final = 5.0
"""Seconds for which a replica that failed is left alone; then one reader tries it again."""
Fetched = dict[int, tuple[int, bytes]]
"""By id: the revision that last changed the document, and its stored JSON."""


class SqliteDocumentReader:
    """One connection that never writes; short enough for the event loop, and safe in threads."""

    def __init__(self, engine: Engine) -> None:
        self._reader = ReopeningReader(engine)
        self._reading = threading.Lock()

    def __call__(self, ids: Sequence[int], _at_least: PublishedRevision) -> Fetched:
        places = ",".join("?" * len(ids))
        with self._reading:
            rows = self._reader.cursor().execute(
                f"SELECT id, revision, CAST(body AS BLOB) FROM document WHERE id IN ({places})", ids
            )
            return {ident: (revision, body) for ident, revision, body in rows.fetchall()}

    def close(self) -> None:
        with self._reading:
            self._reader.close()


class PooledDocumentReader:
    """For databases on other machines: a connection of the pool each time."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __call__(self, ids: Sequence[int], _at_least: PublishedRevision) -> Fetched:
        return _fetch(self._engine, _by_id(ids))

    def close(self) -> None:
        """Nothing of it is open between two questions."""


class ReplicaDocumentReader:
    """Reads from a replica first, and from the primary what the replica does not have. A replica lags, or may have
    stopped: it is used only where it has the requested revision, of the same history. Its timeouts should be short,
    for a reader waits for both."""

    def __init__(self, replica: Engine, primary: PooledDocumentReader) -> None:
        self._replica = replica
        self._primary = primary
        self._next_try = 0.0

    def __call__(self, ids: Sequence[int], at_least: PublishedRevision) -> Fetched:
        found = self._ask_replica(ids, at_least)
        absent = [ident for ident in ids if ident not in found]
        return found | self._primary(absent, at_least) if absent else found

    def _ask_replica(self, ids: Sequence[int], at_least: PublishedRevision) -> Fetched:
        had_failed, now = self._next_try > 0, monotonic()
        if now < self._next_try:
            return {}
        if had_failed:
            self._next_try = now + PAUSE  # whoever comes meanwhile does not wait for it
        has_it = exists().where(
            PublishedRevisionRow.number == at_least.number, PublishedRevisionRow.epoch == at_least.epoch
        )
        try:
            found = _fetch(self._replica, _by_id(ids).where(has_it))
        except SQLAlchemyError as error:
            self._next_try = now + PAUSE
            log.warning("documents are read from the primary: the replica fails: %s", str(error).partition("\n")[0])
            return {}
        if had_failed:
            self._next_try = 0.0
            log.warning("documents are read from the replica again")
        return found

    def close(self) -> None:
        self._replica.dispose()


def _by_id(ids: Sequence[int]) -> Select[int, int, str]:
    return select(DocumentRow.id, DocumentRow.revision, DocumentRow.body).where(DocumentRow.id.in_(ids))


def _fetch(engine: Engine, statement: Select[int, int, str]) -> Fetched:
    with engine.connect() as connection:
        return {ident: (revision, body.encode()) for ident, revision, body in connection.execute(statement)}


DocumentReader = SqliteDocumentReader | PooledDocumentReader | ReplicaDocumentReader


def open_document_reader(engine: Engine, replica: Engine | None = None) -> DocumentReader:
    """From ids, and a published revision that the documents have reached at least, to stored documents; an id that is
    not there is left out. It closes `replica`."""
    if is_sqlite(engine):
        return SqliteDocumentReader(engine)
    primary = PooledDocumentReader(engine)
    return primary if replica is None else ReplicaDocumentReader(replica, primary)
