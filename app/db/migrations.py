"""Migrations: one command, under a lock, never from a worker."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.orm import Session

from app.db.engine import is_sqlite

MIGRATIONS = Path(__file__).parents[2] / "migrations"
LOCK = 7_203_411
"""Key of PostgreSQL's advisory lock around a migration."""


def alembic_config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


@contextmanager
def migration_connection(engine: Engine) -> Iterator[Connection]:
    """A connection that alone may migrate; foreign keys are off on SQLite and checked before the commit."""
    with engine.connect() as connection:
        if is_sqlite(engine):
            connection.rollback()
            connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
            connection = connection.execution_options(sqlite_begin="EXCLUSIVE")
        try:
            with connection.begin():
                if not is_sqlite(engine):
                    connection.execute(text("SET LOCAL lock_timeout = 0"))  # another one may take its time
                    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
                yield connection
                if is_sqlite(engine):
                    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
                    if broken:
                        raise RuntimeError(f"the migration leaves {len(broken)} rows with a broken foreign key")
        finally:
            if is_sqlite(engine):
                connection.connection.cursor().execute("PRAGMA foreign_keys=ON")


def migrate(engine: Engine, *, after: Callable[[Session], object] | None = None) -> None:
    """Bring the schema up to the newest migration. Where it was behind, `after` is called in the same
    transaction: what it writes is committed together with the new schema, or neither is.
    """
    with migration_connection(engine) as connection:
        behind = not is_current(connection)
        command.upgrade(alembic_config(connection), "head")
        if behind and after is not None:
            with Session(connection) as session:
                after(session)
                session.commit()  # writes what is pending; the connection's own transaction goes on


def check_models(engine: Engine) -> None:
    """Raise `alembic.util.CommandError` where the tables differ from the models."""
    with migration_connection(engine) as connection:
        command.check(alembic_config(connection))


def is_current(connection: Connection) -> bool:
    """Whether the schema is at the newest migration."""
    if not inspect(connection).has_table("alembic_version"):
        return False
    version: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return version == _newest()


@cache
def _newest() -> str | None:
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()
