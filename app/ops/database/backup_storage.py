"""Where copies of backups are kept: another folder, or object storage by its extra."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

from app.kit.system.extras import import_extra
from app.ops.database.backup import BackupError, backup_time, copy_backup, delete_old_backups

_ADDRESS: Final = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])((?:/[A-Za-z0-9!_.*'()-]+)*)/?")


class BackupStorage(Protocol):
    """Keeps backups under the names that `make_backup` gave them. Its methods raise `BackupError`."""

    def store(self, backup: Path) -> str:
        """Copies it with its checksum and reads the copy back; returns its address."""

    def delete_old(self, *, keep: timedelta, now: datetime) -> list[str]:
        """Deletes those that are older than `keep`, but never the newest; returns their addresses."""


class RemoteStorage(BackupStorage, Protocol):
    """Storage that no path of this machine leads to."""

    def newest(self) -> str | None:
        """The address of the newest complete backup."""

    def fetch(self, name: str, folder: Path) -> Path:
        """Writes it and its checksum, which is not compared, to `folder`."""


@dataclass(frozen=True, slots=True)
class FolderStorage:
    folder: Path

    def store(self, backup: Path) -> str:
        return str(copy_backup(backup, self.folder))

    def delete_old(self, *, keep: timedelta, now: datetime) -> list[str]:
        return [str(path) for path in delete_old_backups(self.folder, keep=keep, now=now)]


def is_remote(address: str) -> bool:
    return "://" in address


def open_storage(address: str) -> BackupStorage:
    """No server is asked yet. Raises `BackupError`, and `MissingExtra`."""
    if is_remote(address):
        return _open_remote(address)
    folder = Path(address)
    if not folder.is_dir():
        raise BackupError(f"{folder}: there is no such folder.")
    return FolderStorage(folder)


def _open_remote(address: str) -> RemoteStorage:
    parts = _ADDRESS.fullmatch(address)
    if parts is None:  # not shown: it may hold credentials
        raise BackupError("An address of object storage has the form s3://BUCKET/FOLDER, without credentials.")
    module = import_extra("app.ops.database.object_storage", extra="s3", wanted_by="The address begins with s3://")
    storage: RemoteStorage = module.ObjectStorage(parts[1], parts[2].removeprefix("/"))
    return storage


def fetch_backup(address: str, folder: Path) -> Path:
    """Downloads the backup of this address to `folder`. Raises `BackupError`, and `MissingExtra`."""
    place, _, name = address.rpartition("/")
    if backup_time(name) is not None:
        return _open_remote(place).fetch(name, folder)
    newest = _open_remote(address).newest()
    raise BackupError(
        f"{address} is not a backup. " + (f"The newest there is {newest}" if newest else "There is none.")
    )
