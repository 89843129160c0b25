"""Documents by their ids, fetched while a reader waits: without the layers that would cost more than the reading."""

import threading
from collections.abc import Sequence

from sqlalchemy import Engine, select

from app.db.engine import is_sqlite
from app.db.reopening_reader import ReopeningReader
from app.documents.store import DocumentRow

Fetched = dict[int, tuple[int, bytes]]
"""By id: the revision that last changed the document, and its stored JSON."""


class SqliteDocumentReader:
    """One connection that never writes; short enough for the event loop, and safe in threads."""

    def __init__(self, engine: Engine) -> None:
        self._reader = ReopeningReader(engine)
        self._reading = threading.Lock()

    def __call__(self, ids: Sequence[int]) -> Fetched:
        places = ",".join("?" * len(ids))
        with self._reading:
            rows = self._reader.cursor().execute(
                f"SELECT id, revision, CAST(body AS BLOB) FROM document WHERE id IN ({places})", ids
            )
            return {ident: (revision, body) for ident, revision, body in rows.fetchall()}

    def close(self) -> None:
        self._reader.close()


class PooledDocumentReader:
    """For databases on other machines: a connection of the pool each time."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __call__(self, ids: Sequence[int]) -> Fetched:
        statement = select(DocumentRow.id, DocumentRow.revision, DocumentRow.body).where(DocumentRow.id.in_(ids))
        with self._engine.connect() as connection:
            rows = connection.execute(statement)
            return {ident: (revision, body.encode()) for ident, revision, body in rows}

    def close(self) -> None:
        """Nothing of it is open between two questions."""


DocumentReader = SqliteDocumentReader | PooledDocumentReader


def open_document_reader(engine: Engine) -> DocumentReader:
    """From ids to stored documents; an id that is not there is left out."""
    return SqliteDocumentReader(engine) if is_sqlite(engine) else PooledDocumentReader(engine)
