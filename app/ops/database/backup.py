"""Backups of the whole database: consistent while others write, verified before they count, compressed, dated.

SQLite by its online backup interface (sqlite.org/backup.html), PostgreSQL by its own `pg_dump` and `pg_restore`.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import file_digest
from itertools import count
from pathlib import Path
from typing import Any, Final

import zstandard
from sqlalchemy import URL, Engine, inspect

from app.db.engine import is_sqlite, sqlite3, sqlite_files
from app.kit.system.private_files import make_private_file, make_private_folder, write_private
from app.kit.system.progress import report_progress

ARCHIVE: Final = b"PGDMP"
"""What an archive of PostgreSQL's begins with."""
COMPRESSED: Final = ".zst"
CHECKSUM: Final = ".sha256"
ENDINGS: Final = {"sqlite": ".sqlite" + COMPRESSED, "postgresql": ".pgdump"}
"""By dialect; `pg_dump` compresses by itself."""
_NAME: Final = re.compile(r"knowledge-base-(\d{8}T\d{6}Z)(?:-\d+)?(?:\.sqlite\.zst|\.pgdump)")
_TIME: Final = "%Y%m%dT%H%M%SZ"
_SQLITE: Final = b"SQLite format 3\0"
_PIECE: Final = 2**20


class BackupError(Exception):
    """The backup or restore was not made; what was there before is untouched. Its text is for people."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A file made by `make_backup`; beside it lies its SHA-256."""

    path: Path
    made_at: datetime
    size: int


def make_backup(engine: Engine, folder: Path, *, now: datetime) -> Backup:
    """A dated, verified and compressed backup in `folder`, which its owner alone may read. Raises `BackupError`."""
    with _reported():
        make_private_folder(folder)
        target, partial = _claim(folder, f"knowledge-base-{now:{_TIME}}", ENDINGS[engine.dialect.name])
        plain = target.with_name(target.name + ".plain")
        try:
            if is_sqlite(engine):
                backup_sqlite(engine, plain)
                _compress(plain, partial)
            else:
                _run_tool("pg_dump", _address(engine), "--format=custom", f"--file={partial}")
                read_archive(partial)
            with write_private(checksum_file(target)) as file:
                file.write(f"{_digest(partial)}  {target.name}\n")
            _sync(partial)
            partial.rename(target)
        finally:
            partial.unlink(missing_ok=True)
            plain.unlink(missing_ok=True)
    return Backup(target, now.replace(microsecond=0), target.stat().st_size)


def _claim(folder: Path, name: str, ending: str) -> tuple[Path, Path]:
    """An unused file name, and the temporary file beside it that is written first; another backup may start in the
    same second."""
    for number in count(1):
        target = folder / f"{name}{'' if number == 1 else f'-{number}'}{ending}"
        partial = target.with_name(target.name + ".partial")
        if not target.exists():
            try:
                write_private(partial, "x").close()
            except FileExistsError:
                continue
            return target, partial
    raise AssertionError("numbers do not end")


def backups(folder: Path) -> list[Backup]:
    """Those that `make_backup` made there, the newest first."""
    found = [(path, backup_time(path.name)) for path in folder.glob("knowledge-base-*")]
    made = [Backup(path, made_at, path.stat().st_size) for path, made_at in found if made_at]
    return sorted(made, key=lambda each: each.made_at, reverse=True)


def backup_time(name: str) -> datetime | None:
    """When the backup of this file name was made; None where `make_backup` gives no such name."""
    named = _NAME.fullmatch(name)
    return datetime.strptime(named[1], _TIME).replace(tzinfo=UTC) if named else None


def newest_backup(folder: Path) -> Backup | None:
    return next(iter(backups(folder)), None)


def delete_old_backups(folder: Path, *, keep: timedelta, now: datetime) -> list[Path]:
    """Those that are older than `keep`, but never the newest. Returns what was deleted."""
    old = [each.path for each in backups(folder)[1:] if each.made_at < now - keep]
    for path in old:
        path.unlink()
        checksum_file(path).unlink(missing_ok=True)
    return old


def copy_backup(backup: Path, folder: Path) -> Path:
    """Into another folder, with its checksum; the copy is read back before it has its name. Raises `BackupError`."""
    target = folder / backup.name
    partial = target.with_name(target.name + ".partial")
    with _reported():
        if target.exists():
            raise BackupError(f"{target} already exists. A backup never overwrites a file.")
        try:
            report_progress("copying the backup")
            with backup.open("rb") as source, write_private(partial, "wb") as copy:
                shutil.copyfileobj(source, copy, _PIECE)
                copy.flush()
                os.fsync(copy.fileno())
            recorded = checksum_file(backup).read_text(encoding="utf-8")
            if recorded.split()[:1] != [_digest(partial)]:
                raise BackupError(f"The copy in {folder} differs from {backup}: look at the disk.")
            with write_private(checksum_file(target)) as file:
                file.write(recorded)
            partial.rename(target)
        finally:
            partial.unlink(missing_ok=True)
    return target


def restore_backup(engine: Engine, source: Path) -> None:
    """Put a backup into a place where there is no database yet: a verified SQLite file, or the tables of an empty
    PostgreSQL database. Raises `BackupError`."""
    with _reported("restore"):
        check_checksum(source)
        if not is_sqlite(engine):
            if inspect(engine).get_table_names():
                raise BackupError("The database is not empty: restore into a new one.")
            if not is_archive(source):
                raise BackupError(
                    f"{source} is not a backup of a PostgreSQL database. If it is one of a SQLite database, restore it "
                    "to a file (KB_DATABASE_URL), then use `kb copy`."
                )
            options = ("--no-owner", "--exit-on-error", "--single-transaction")
            _run_tool("pg_restore", _address(engine), *options, str(source))
            return
        target, *leftovers = sqlite_files(engine.url.render_as_string(hide_password=False))
        if present := next((path for path in (target, *leftovers) if path.exists()), None):
            raise BackupError(f"{present} is there already: move the old database away first.")
        make_private_folder(target.absolute().parent)
        partial = target.with_name(target.name + ".partial")
        try:
            unpack(source, partial)
            partial.rename(target)
        finally:
            partial.unlink(missing_ok=True)


def is_archive(source: Path) -> bool:
    """Whether `pg_dump` wrote it in its own format."""
    with source.open("rb") as file:
        return file.read(len(ARCHIVE)) == ARCHIVE


def read_archive(source: Path) -> None:
    """Read all of what `pg_dump` wrote. Raises `BackupError` where it is damaged."""
    report_progress("reading the backup")
    _run_tool("pg_restore", None, f"--file={os.devnull}", str(source))


def unpack(source: Path, target: Path) -> None:
    """The SQLite file of a backup, compressed or as `kb backup FILE` writes it, verified. Raises `BackupError`."""
    report_progress("unpacking")
    with source.open("rb") as packed, write_private(target, "wb") as plain:
        if source.suffix == COMPRESSED:
            zstandard.ZstdDecompressor().copy_stream(packed, plain)
        else:
            shutil.copyfileobj(packed, plain, _PIECE)
        plain.flush()
        os.fsync(plain.fileno())
    with target.open("rb") as file:
        if file.read(len(_SQLITE)) != _SQLITE:
            raise BackupError(f"{source} is not a backup of a SQLite database.")
    copy = sqlite3.connect(target)
    try:
        _verify(copy)
    finally:
        copy.close()


def check_checksum(source: Path) -> None:
    """Compare a backup with the SHA-256 beside it, if there is one. Raises `BackupError`."""
    if not source.is_file():
        raise BackupError(f"{source}: there is no such file.")
    beside = checksum_file(source)
    if beside.exists() and beside.read_text(encoding="utf-8").split()[:1] != [_digest(source)]:
        raise BackupError(f"{source} is damaged: its checksum differs from {beside.name}.")


def backup_sqlite(engine: Engine, target: Path) -> int:
    """Copy the database to `target` (which must not exist) and check the copy, which its owner alone may read; returns
    its size in bytes. Raises `BackupError`.
    """
    if not is_sqlite(engine):
        raise BackupError("This is a PostgreSQL database: run `kb backup` without a file name, or pg_dump.")
    if target.exists():
        raise BackupError(f"{target} already exists. A backup never overwrites a file.")
    partial = target.with_name(target.name + ".partial")
    connection = engine.raw_connection()
    try:
        with _reported():
            source: Any = connection.dbapi_connection
            make_private_file(partial)
            copy = sqlite3.connect(partial)
            try:
                report_progress("copying the database")
                source.backup(copy)
                copy.execute("PRAGMA journal_mode=DELETE")
                _verify(copy)
            finally:
                copy.close()
            _sync(partial)
            partial.rename(target)
    finally:
        connection.close()
        partial.unlink(missing_ok=True)
    return target.stat().st_size


@contextmanager
def _reported(what: str = "backup") -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, zstandard.ZstdError, OSError) as error:
        raise BackupError(f"The {what} failed: {error}") from error


def _verify(copy: sqlite3.Connection) -> None:
    report_progress("verifying the copy")
    (verdict,) = copy.execute("PRAGMA integrity_check").fetchone()
    if verdict != "ok":
        raise BackupError(f"The copy is damaged: {verdict}")
    if copy.execute("PRAGMA foreign_key_check").fetchall():
        raise BackupError("The copy has rows with a broken foreign key.")


def _compress(plain: Path, packed: Path) -> None:
    """And read it back: what was written is what was meant."""
    report_progress("compressing")
    with plain.open("rb") as source, write_private(packed, "wb") as target:
        zstandard.ZstdCompressor(level=3, write_checksum=True).copy_stream(source, target)
    with packed.open("rb") as source, open(os.devnull, "wb") as nowhere:
        zstandard.ZstdDecompressor().copy_stream(source, nowhere)


def _address(engine: Engine) -> URL:
    return engine.url.set(drivername="postgresql")


def _run_tool(tool: str, database: URL | None, *arguments: str) -> None:
    """One of PostgreSQL's own programs, with the password in its environment."""
    path = shutil.which(tool)
    if path is None:
        raise BackupError(f"{tool} is not installed: it comes with PostgreSQL's client programs.")
    environment, options = dict(os.environ), list(arguments)
    if database is not None:
        options.insert(0, f"--dbname={database._replace(password=None).render_as_string()}")
        environment |= {"PGPASSWORD": str(database.password)} if database.password else {}
    report_progress(f"running {tool}")
    done = subprocess.run([path, *options], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BackupError(f"{tool} failed: {done.stderr.strip()}")


def checksum_file(path: Path) -> Path:
    """Beside the backup."""
    return path.with_name(path.name + CHECKSUM)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
