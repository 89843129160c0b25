"""Files and folders that only their owner may read: whatever holds personal data, or a secret."""

import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any, Final

FILE: Final = 0o600
FOLDER: Final = 0o700
OTHERS: Final = 0o077
"""All that the group and everybody else might be allowed."""


def make_private_folder(folder: Path) -> None:
    """With those above it, where they are not there."""
    for each in (*reversed(folder.parents), folder):
        if not each.exists():
            each.mkdir(mode=FOLDER, exist_ok=True)


def make_private_file(path: Path) -> None:
    """An empty one, unless there is one."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, FILE))


def write_private(path: Path, mode: str = "w", **more: Any) -> IO[Any]:
    """As `open`, to write: a file that others could read becomes private before anything is written to it."""
    return open(path, mode, opener=_opened, **more)


def _opened(path: str, flags: int) -> int:
    descriptor = os.open(path, flags, FILE)
    found = os.fstat(descriptor)
    if stat.S_ISREG(found.st_mode) and found.st_mode & OTHERS:
        os.fchmod(descriptor, FILE)
    return descriptor


def find_shared(paths: Iterable[Path]) -> list[Path]:
    """Those that others than their owner may read, write or enter. Not what is not there, or goes away just then, as
    the files beside a database do."""
    return [path for path in paths if _mode(path) & OTHERS]


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return 0


def make_private(path: Path) -> None:
    """Raises OSError where another user owns it."""
    path.chmod(FOLDER if path.is_dir() else FILE)
