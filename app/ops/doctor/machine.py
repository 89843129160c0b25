"""The machine: folders that can be written, room on their disks, files that are private, and its clock."""

import errno
import os
import stat
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import Engine, func, select

from app.catalogue.revisions import RevisionRow
from app.config.settings import Settings
from app.db.engine import is_sqlite, sqlite_files
from app.kit.clock import rfc3339
from app.ops.doctor.findings import Finding, fine, problem, unknown, warning
from app.ops.permissions import find_shared_files
from app.ops.status import MIN_FREE

MAX_SKEW: Final = timedelta(seconds=30)
"""Between two clocks: beyond it, things happen in the wrong order."""
SETTINGS_FILE: Final = Path(".env")
"""Of the working directory; its group may read it, where it belongs to another account than the service's."""
TRIED: Final = 64 * 1024
"""Bytes that are written, and deleted, to see whether they can be."""
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


def look_at_space(settings: Settings) -> Iterator[Finding]:
    """Of every folder that the service writes to."""
    for purpose, folder in _folders(settings).items():
        is_there = folder.is_dir()
        if refused := _refusal(folder if is_there else _nearest(folder)):
            yield problem(f"{purpose} ({folder}): {refused}")
            continue
        if not is_there:  # it is made when it is needed
            continue
        free = os.statvfs(folder)
        left = free.f_bavail * free.f_frsize
        if left < MIN_FREE:
            yield warning(f"{purpose} ({folder}): {left:,} bytes are left on the disk. Make room before it is full.")
        else:
            yield fine(f"{purpose} ({folder}): can be written, {left:,} bytes are left.")


def _folders(settings: Settings) -> dict[str, Path]:
    files = sqlite_files(settings.database_url)
    mail = {} if settings.smtp_host else {"Mails": Path(settings.mail_directory)}
    database = {"Database": files[0].absolute().parent} if files else {}
    others = {"Backups": Path(settings.backup_directory), "Dumps": settings.dumps, "Search index": settings.index}
    return {**database, **others, "Temporary files": _temporary(), **mail}


def _nearest(folder: Path) -> Path:
    """The folder above it that is there."""
    return next(each for each in folder.absolute().parents if each.is_dir())


def _temporary() -> Path:
    return Path(tempfile.gettempdir())


def _refusal(folder: Path) -> str | None:
    """Why nothing can be written there."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(os.urandom(TRIED))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        if error.errno in _FULL:
            return "the disk is full. Make room: nothing can be written until then."
        if error.errno == errno.EROFS:
            return "the disk is mounted read-only. Mount it for writing; after a fault of the disk, look at it first."
        if error.errno in (errno.EACCES, errno.EPERM):
            return f"this account ({os.getuid()}) may not write there. Give it the folder (chown)."
        return f"nothing can be written there: {error.strerror}."
    return None


def look_at_files(settings: Settings) -> Iterator[Finding]:
    shared = find_shared_files(settings)
    for path in shared:
        yield problem(f"{path} can be read by other users. Run `kb migrate` to make it private.")
    is_open = SETTINGS_FILE.exists() and SETTINGS_FILE.stat().st_mode & stat.S_IRWXO
    if is_open:
        yield problem(f"{SETTINGS_FILE.absolute()} can be read by everybody, and holds the passwords. Run `chmod 600`.")
    if not shared and not is_open:
        yield fine("Database, mails, backups and secrets can be read by this account alone.")


def look_at_clock(engine: Engine | None, now: datetime) -> Iterator[Finding]:
    """The newest change was not made in the future, and a database server agrees on the time."""
    if engine is None:
        yield unknown("Not compared: there is no database of this version to compare with.")
        return
    with engine.connect() as connection:
        newest = connection.scalar(select(func.max(RevisionRow.at)))
        server = None if is_sqlite(engine) else connection.scalar(select(func.clock_timestamp()))
    wrong = False
    if newest is not None and newest > now + MAX_SKEW:
        wrong = True
        yield problem(
            f"The newest change is of {rfc3339(newest)}, and this machine says that it is {rfc3339(now)}. Set "
            "its clock (NTP), or find out which machine was fast."
        )
    if server is not None and abs(server - now) > MAX_SKEW:
        wrong = True
        yield problem(f"The database server says that it is {rfc3339(server)}, this machine {rfc3339(now)}. Use NTP.")
    if not wrong:
        yield fine(f"This machine says that it is {rfc3339(now)}, and nothing contradicts it.")
