"""`kb migrate`: the database at the current schema, its files private."""

from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.cli.context import err, fail, open_database, out, read_settings
from app.cli.progress import progress_shown
from app.config.version import VERSION
from app.db.schema.migration_log import MigrationRunRow
from app.db.schema.migrations import NewerSchemaError, known_versions, older_version
from app.db.schema.migrations import migrate as migrate_to
from app.kit.clock import utc_now
from app.ops.database.backup import BackupError, make_backup
from app.ops.permissions import restrict_all
from app.staff.maintenance.rebuilding import rebuild

MOST_PATHS = 5
"""Of a list of files, in a message."""


def migrate(
    backup: Annotated[
        bool,
        typer.Option(
            "--backup/--no-backup",
            help="Whether to back up a database of an older version first, into KB_BACKUP_DIRECTORY.",
        ),
    ] = True,
) -> None:
    """Migrate the database to the current schema, and render all documents that show new fields."""
    bring_up_to_date(backup=backup)


def bring_up_to_date(*, backup: bool = True) -> None:
    with open_database(to_migrate=True) as sessions, progress_shown():
        try:
            made = _back_up(sessions.engine) if backup else None
            migrate_to(sessions.engine, after=lambda session: _finish(session, made))
        except (NewerSchemaError, BackupError) as error:
            fail(str(error))
    out.print("The tables are up to date.")
    _keep_to_ourselves()


def _finish(session: Session, backup: Path | None) -> None:
    now = utc_now()
    rebuild(session, now=now)
    note_run(session, known_versions()[0], backup)


def note_run(session: Session, schema: str, backup: Path | None) -> None:
    """For an older version, which may not know these tables."""
    path = None if backup is None else str(backup.absolute())
    session.add(MigrationRunRow(at=utc_now(), schema=schema, software=VERSION, backup=path))


def _back_up(engine: Engine) -> Path | None:
    """A database whose tables an older version made."""
    return None if older_version(engine) is None else back_up(engine)


def back_up(engine: Engine) -> Path:
    """Raises BackupError."""
    made = make_backup(engine, Path(read_settings().backup_directory), now=utc_now())
    out.print(f"Backup: {made.path}, {made.size:,} bytes, verified.", markup=False, soft_wrap=True)
    return made.path


def _keep_to_ourselves() -> None:
    """What an older version let every account read."""
    done, refused = restrict_all(read_settings())
    if done:
        out.print(
            f"{shown_paths(done)} could be read by other users. This has been corrected.", markup=False, soft_wrap=True
        )
    if refused:
        err.print(
            f"{shown_paths(refused)} can be read by other users, and belongs to somebody else.",
            style="yellow",
            markup=False,
        )


def shown_paths(paths: list[Path]) -> str:
    more = f" and {len(paths) - MOST_PATHS} more" if len(paths) > MOST_PATHS else ""
    return ", ".join(map(str, paths[:MOST_PATHS])) + more
