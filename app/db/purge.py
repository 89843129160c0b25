"""Taking what was deleted out of the files of the database as well."""

from collections.abc import Iterable

from sqlalchemy import Engine, text

from app.db.engine import is_sqlite


class DatabaseBusy(Exception):
    """Somebody is reading what is to go: try again."""


def purge(engine: Engine, tables: Iterable[str]) -> None:
    """SQLite overwrites what it deletes (`secure_delete`), so the write-ahead log is emptied; raises `DatabaseBusy`
    where a reader needs it. PostgreSQL gets a VACUUM of these tables; its own write-ahead log goes in its own time.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if is_sqlite(engine):
            busy = connection.connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            if busy:
                raise DatabaseBusy
            return
        for table in tables:
            connection.execute(text(f'VACUUM "{table}"'))
