"""The file of an embedded database: whether it is still the one that was opened."""

import logging
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple
from weakref import WeakValueDictionary

from app.kit.errors import Unavailable

log = logging.getLogger(__name__)

Identity = tuple[int, int]
"""Device and inode."""

SHARED: Final = ("-wal", "-shm")
"""Ends of the names of the files that all connections write beside the database (sqlite.org/wal.html)."""

JOURNAL: Final = "-journal"

OPENED: Final = "opened file"
"""Under this name a connection's `info` holds the `OpenedFile` it works on."""


def identity_of(path: Path | str) -> Identity | None:
    """None where there is no such file."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


class SqliteFile:
    """One path. After another file was put there, connections to the one before are given up and new ones opened.

    SQLite would take what is left of the write-ahead log of the old file for that of the new one, and ruin it
    (sqlite.org/howtocorrupt.html section 2.4). So while that is still there, nothing is opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self._text = str(self.path)
        self._guard = threading.Lock()
        self._known: Identity | None = None
        self._shared: dict[Path, Identity] = {}

    def identity(self) -> Identity | None:
        return identity_of(self._text)

    def check_before_opening(self) -> Identity | None:
        """What is there now. Raises `Unavailable` where the file that was opened before is gone, or has left a log to
        another one."""
        now = self.identity()
        if self._known is None or now == self._known:
            return now
        if now is None:
            raise _refused("The database file does not exist.", self.path)
        left = [path for path, known in self._shared.items() if identity_of(path) == known]
        journal = self._beside(JOURNAL)
        if left or identity_of(journal) is not None:
            names = " and ".join(map(str, left or [journal]))
            raise _refused(
                "The database file was replaced, and the write-ahead log of the previous one is still present.", names
            )
        return now

    def note_opened(self, before: Identity | None) -> "OpenedFile":
        """What has just been opened; `before` is what was there until then. Raises `Unavailable` where it changed."""
        now = self.identity()
        if now is None or (before is not None and now != before):
            raise _refused("The database file was replaced while it was being opened.", self.path)
        with self._guard:
            if now != self._known:
                self._known, self._shared = now, {}
        return OpenedFile(self, now)

    def note_shared(self) -> None:
        """Remember the files beside the one that is open now."""
        found = {path: seen for path in map(self._beside, SHARED) if (seen := identity_of(path)) is not None}
        with self._guard:
            self._shared |= found

    def _beside(self, ending: str) -> Path:
        return self.path.with_name(self.path.name + ending)


def file_at(path: Path) -> SqliteFile:
    """The one of this path: all engines of a process know what any of them opened."""
    with _guard:
        file = _files.get(path.absolute())
        if file is None:
            file = _files[path.absolute()] = SqliteFile(path)
        return file


_guard = threading.Lock()
_files: WeakValueDictionary[Path, SqliteFile] = WeakValueDictionary()


class OpenedFile(NamedTuple):
    """The file that a connection works on."""

    file: SqliteFile
    identity: Identity

    def is_current(self) -> bool:
        """Whether it is still the one at its path."""
        return self.file.identity() == self.identity

    def confirm(self) -> None:
        """Raises `Unavailable` where what was just committed went into a file that is not there any more."""
        if not self.is_current():
            raise _refused("The database file was replaced: the change is lost.", self.file.path)


def is_current(info: Mapping[object, object]) -> bool:
    """Whether a connection with this `info` works on the file at its path; of other databases it always does."""
    opened = info.get(OPENED)
    return not isinstance(opened, OpenedFile) or opened.is_current()


def _refused(what: str, more: Path | str) -> Unavailable:
    log.error("%s (%s)", what, more)
    return Unavailable(what, retry_after=5)
