"""Migrations: one command, under a lock, never from a worker."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.orm import Session

from app.db.engine import is_sqlite
from app.db.schema.migration_log import MigrationRun, last_run
from app.kit.system.project_files import project_folder

MIGRATIONS = project_folder("migrations")
LOCK = 7_203_411
"""Key of PostgreSQL's advisory lock around a migration."""


UNFINISHED_COPY: Final = "copying"
"""What stands in place of the version until `kb copy` is complete: nothing else works on such a database."""


class NewerSchemaError(Exception):
    """The tables were made by a version of the software that this one does not know. Its text is for people."""

    def __init__(self, version: str | None = None, made: MigrationRun | None = None) -> None:
        super().__init__(
            "This database is an unfinished copy: run the same `kb copy` again to complete it."
            if version == UNFINISHED_COPY
            else _newer(made)
        )


def _newer(made: MigrationRun | None) -> str:
    if made is None:
        return (
            "The tables are newer than this version of the software. Install the version that made them, or restore a "
            "backup from before it."
        )
    backup = f"the backup {made.backup}" if made.backup else f"a backup from before {made.day}"
    return (
        f"The tables are newer than this version of the software (made by {made.software} on {made.day}). Install "
        f"{made.software}, or restore {backup}."
    )


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
    transaction: what it writes is committed together with the new schema, or neither is. Raises NewerSchemaError.
    """
    with migration_connection(engine) as connection:
        refuse_newer(connection)
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
    return schema_version(connection) == known_versions()[0]


def refuse_newer(connection: Connection) -> None:
    """Raise NewerSchemaError where the schema is at a migration that is not known here."""
    version = schema_version(connection)
    if version not in (None, *known_versions()):
        raise NewerSchemaError(version, last_run(connection))


def older_version(engine: Engine) -> str | None:
    """The migration that the tables are at, where it is not the newest; none where there are no tables. Raises
    NewerSchemaError."""
    with engine.connect() as connection:
        refuse_newer(connection)
        version = schema_version(connection)
    return None if version == known_versions()[0] else version


def schema_version(connection: Connection) -> str | None:
    """The migration that the schema is at; none in a database without tables."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return version


@cache
def known_versions() -> tuple[str, ...]:
    """All that are known, the newest first."""
    return tuple(script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions())
