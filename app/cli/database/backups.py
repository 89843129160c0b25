"""`kb backup`, `kb restore`, `kb verify`: the database out of the way of accidents, and back."""

import tempfile
from collections.abc import Iterator, Sequence
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
    new_database,
    open_database,
    out,
    read_settings,
    report_file_errors,
)
from app.cli.progress import progress_shown
from app.db.schema.migrations import is_current, schema_version
from app.db.sessions import Sessions
from app.kit.clock import utc_now
from app.kit.system.extras import MissingExtra
from app.ops.database.backup import (
    BackupError,
    backup_sqlite,
    check_checksum,
    delete_old_backups,
    is_archive,
    make_backup,
    read_archive,
    restore_backup,
)
from app.ops.database.backup_storage import fetch_backup, is_remote, open_storage
from app.ops.database.integrity import check_catalogue
from app.ops.signing_keys import wrong_secrets


def backup(
    target: Annotated[
        Path | None,
        typer.Argument(help="File to write, uncompressed; by default a dated, compressed file in KB_BACKUP_DIRECTORY."),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="FOLDER",
            help="Also copy the backup to this folder, or to object storage, `s3://BUCKET/FOLDER`, which needs the "
            "extra `s3`. What is older than KB_KEEP_BACKUPS is deleted there as well.",
        ),
    ] = None,
) -> None:
    """Back up the database while it is in use, verify the copy, and delete backups older than KB_KEEP_BACKUPS."""
    if target is not None and not target.parent.is_dir():
        fail(f"{target.parent}: there is no such folder.")
    if target is not None and to is not None:
        fail("Give either a file or --to.")
    with _reported(), migrated_database() as sessions:
        if target is not None:
            with progress_shown():
                size = backup_sqlite(sessions.engine, target)
            out.print(f"{target}: {size:,} bytes, verified.", markup=False, soft_wrap=True)
            return
        storage = None if to is None else open_storage(to)
        settings, now = read_settings(), utc_now()
        folder, keep = Path(settings.backup_directory), timedelta(days=settings.keep_backups)
        with progress_shown():
            made = make_backup(sessions.engine, folder, now=now)
            old = delete_old_backups(folder, keep=keep, now=now)
        out.print(f"{made.path}: {made.size:,} bytes, verified.", markup=False, soft_wrap=True)
        _print_deleted(old, settings.keep_backups)
        if storage is not None:
            with progress_shown():
                address = storage.store(made.path)
            out.print(f"{address}: copied, verified.", markup=False, soft_wrap=True)
            _print_deleted(storage.delete_old(keep=keep, now=now), settings.keep_backups)


def _print_deleted(old: Sequence[Path | str], days: int) -> None:
    for each in old:
        out.print(f"{each} was older than {days} days and was deleted.", markup=False, soft_wrap=True)


def restore(
    source: Annotated[str, typer.Argument(help="Backup to restore: a file, or `s3://BUCKET/FOLDER/NAME`.")],
) -> None:
    """Restore a backup to KB_DATABASE_URL, where no database may exist yet."""
    with _reported(), open_database(to_migrate=True) as sessions:
        with progress_shown(), _on_this_machine(source) as file:
            restore_backup(sessions.engine, file)
        out.print(f"{source} was restored.", markup=False, soft_wrap=True)
        with sessions.engine.connect() as connection:
            is_older = not is_up_to_date(connection)
        if is_older:
            out.print("It is of an older version: run `kb migrate`.")
        else:
            for problem in wrong_secrets(sessions, read_settings().signing_keys):
                err.print(problem, style="yellow", markup=False, soft_wrap=True)
    out.print("Next: `kb check`; then import the newest list of suppressed addresses, and start the service.")


def verify(
    source: Annotated[str, typer.Argument(help="Backup to verify: a file, or `s3://BUCKET/FOLDER/NAME`.")],
    into: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Where nothing is yet: restore the backup to this database for the comparison, and leave it there. "
            "Needed to compare the content of a backup of PostgreSQL.",
        ),
    ] = None,
) -> None:
    """Verify a backup: its checksum, the file, and its documents against its catalogue."""
    with (
        _reported(),
        progress_shown(),
        _on_this_machine(source) as file,
        tempfile.TemporaryDirectory() as folder,
    ):
        check_checksum(file)
        if into is None and is_archive(file):
            read_archive(file)
            out.print(
                "The file is sound. `kb verify FILE --into URL` of a new database also compares its content.",
                soft_wrap=True,
            )
            return
        sessions = Sessions(new_database(into or f"sqlite:///{folder}/restored.sqlite", "--into"))
        try:
            restore_backup(sessions.engine, file)
            with sessions.engine.connect() as connection:
                version, current = schema_version(connection), is_current(connection)
            problems = check_catalogue(sessions, utc_now()) if current else []
        finally:
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
def _on_this_machine(source: str) -> Iterator[Path]:
    """The file, downloaded for as long as it is needed where it is elsewhere."""
    if not is_remote(source):
        yield Path(source)
        return
    with tempfile.TemporaryDirectory() as folder:
        yield fetch_backup(source, Path(folder))


@contextmanager
def _reported() -> Iterator[None]:
    try:
        with report_file_errors():
            yield
    except (BackupError, MissingExtra) as error:
        fail(str(error))
