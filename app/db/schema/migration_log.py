"""The version of the software that migrated the tables: an older version names it when it finds tables that it does
not know."""

from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import Connection, String, inspect, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base

LAST: Final = text("SELECT software, at, backup FROM migration_run ORDER BY id DESC LIMIT 1")
LAST_OF: Final = text('SELECT "schema" FROM migration_run WHERE software = :software ORDER BY id DESC LIMIT 1')


class MigrationRunRow(Base):
    """One `kb migrate` that changed the tables: to which migration, by which version of the software,
    and where the backup is that it made before, if it made one."""

    __tablename__ = "migration_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    schema: Mapped[str] = mapped_column(String(32))
    software: Mapped[str] = mapped_column(String(40))
    backup: Mapped[str | None]


class MigrationRun(NamedTuple):
    """`day` is when it was, as `2026-11-28`."""

    software: str
    day: str
    backup: str | None


def last_run(connection: Connection) -> MigrationRun | None:
    """By the names of columns alone: newer tables may have more."""
    if not _is_kept(connection):
        return None
    row = connection.execute(LAST).one_or_none()
    return None if row is None else MigrationRun(row.software, str(row.at)[:10], row.backup)


def schema_of(connection: Connection, software: str) -> str | None:
    """The last migration that this version of the software made the tables at."""
    return connection.scalar(LAST_OF, {"software": software}) if _is_kept(connection) else None


def _is_kept(connection: Connection) -> bool:
    return inspect(connection).has_table(MigrationRunRow.__tablename__)
