"""Online backups of the embedded database: consistent while others write, verified before they count."""

import os
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from app.db.engine import is_sqlite, sqlite3
from app.kit.private_files import make_private_file


class BackupError(Exception):
    """The backup was not made; what was there before is untouched."""


def backup_sqlite(engine: Engine, target: Path) -> int:
    """Copy the database to `target` (which must not exist) and check the copy, which its owner alone may read; returns
    its size in bytes.

    SQLite's online backup API sees one consistent state (sqlite.org/backup.html). Raises `BackupError`.
    """
    if not is_sqlite(engine):
        raise BackupError("This is a PostgreSQL database: use pg_dump or base backups.")
    if target.exists():
        raise BackupError(f"{target} already exists. A backup never overwrites a file.")
    partial = target.with_name(target.name + ".partial")
    connection = engine.raw_connection()
    try:
        source: Any = connection.dbapi_connection
        make_private_file(partial)
        copy = sqlite3.connect(partial)
        try:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
            _verify(copy)
        finally:
            copy.close()
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
        partial.rename(target)
    except (sqlite3.Error, OSError) as error:
        raise BackupError(f"The backup failed: {error}") from error
    finally:
        connection.close()
        partial.unlink(missing_ok=True)
    return target.stat().st_size


def _verify(copy: sqlite3.Connection) -> None:
    (verdict,) = copy.execute("PRAGMA integrity_check").fetchone()
    if verdict != "ok":
        raise BackupError(f"The copy is damaged: {verdict}")
    if copy.execute("PRAGMA foreign_key_check").fetchall():
        raise BackupError("The copy has rows with a broken foreign key.")
