"""`kb backup`, `kb restore`, `kb verify`: the database out of the way of accidents, and back."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from app.cli.context import (
    err,
    fail,
    is_up_to_date,
    migrated_database,
    open_database,
    out,
    read_settings,
    report_file_errors,
)
from app.cli.progress import progress_shown
from app.db.engine import make_engine
from app.db.schema.migrations import is_current, schema_version
from app.db.sessions import Sessions
from app.kit.clock import utc_now
from app.ops.database.backup import (
    BackupError,
    backup_sqlite,
    check_checksum,
    delete_old_backups,
    make_backup,
    restore_backup,
    unpack,
)
from app.ops.database.integrity import check_catalogue
from app.ops.signing_keys import wrong_secrets


def backup(
    target: Annotated[
        Path | None,
        typer.Argument(help="File to write, uncompressed; by default a dated, compressed file in KB_BACKUP_DIRECTORY."),
    ] = None,
) -> None:
    """Back up the database while it is in use, verify the copy, and delete backups older than KB_KEEP_BACKUPS."""
    if target is not None and not target.parent.is_dir():
        fail(f"{target.parent}: there is no such folder.")
    with _reported(), migrated_database() as sessions, progress_shown():
        if target is not None:
            size = backup_sqlite(sessions.engine, target)
            out.print(f"{target}: {size:,} bytes, verified.", markup=False, soft_wrap=True)
            return
        settings, now = read_settings(), utc_now()
        folder = Path(settings.backup_directory)
        made = make_backup(sessions.engine, folder, now=now)
        old = delete_old_backups(folder, keep=timedelta(days=settings.keep_backups), now=now)
    out.print(f"{made.path}: {made.size:,} bytes, verified.", markup=False, soft_wrap=True)
    for path in old:
        out.print(f"{path} was older than {settings.keep_backups} days and was deleted.", markup=False, soft_wrap=True)


def restore(source: Annotated[Path, typer.Argument(help="Backup to restore.")]) -> None:
    """Restore a backup to KB_DATABASE_URL, where no database may exist yet."""
    with _reported(), open_database(to_migrate=True) as sessions:
        with progress_shown():
            restore_backup(sessions.engine, source)
        out.print(f"{source} was restored.", markup=False, soft_wrap=True)
        with sessions.engine.connect() as connection:
            is_older = not is_up_to_date(connection)
        if is_older:
            out.print("It is of an older version: run `kb migrate`.")
        else:
            for problem in wrong_secrets(sessions, read_settings().signing_keys):
                err.print(problem, style="yellow", markup=False, soft_wrap=True)
    out.print("Next: `kb check`; then import the newest list of suppressed addresses, and start the service.")


def verify(source: Annotated[Path, typer.Argument(help="Backup of a SQLite database to verify.")]) -> None:
    """Verify a backup: its checksum, the file, and its documents against its catalogue. Nothing is changed."""
    with _reported(), progress_shown(), tempfile.TemporaryDirectory() as folder:
        check_checksum(source)
        plain = Path(folder) / "restored.sqlite"
        unpack(source, plain)
        sessions = Sessions(make_engine(f"sqlite:///{plain}"))
        with sessions.engine.connect() as connection:
            version, current = schema_version(connection), is_current(connection)
        problems = check_catalogue(sessions, utc_now()) if current else []
        sessions.dispose()
    for problem in problems:
        err.print(problem, style="red", markup=False, soft_wrap=True)
    if problems:
        raise typer.Exit(1)
    if version is None:
        fail(f"{source} holds no knowledge base.")
    out.print(
        "No problems found." if current else "The file is sound. It is of another version: its content is not compared."
    )


@contextmanager
def _reported() -> Iterator[None]:
    try:
        with report_file_errors():
            yield
    except BackupError as error:
        fail(str(error))
