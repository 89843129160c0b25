"""Permissions of the service's files: readable only by the account that it runs under."""

from collections.abc import Iterator
from pathlib import Path

from app.config.settings import Settings
from app.db.engine import sqlite_files
from app.kit.system.private_files import find_shared, make_private


def find_shared_files(settings: Settings) -> list[Path]:
    """What others than its owner may read: the database, mails in files, backups, secrets, and the folders that are
    theirs."""
    return find_shared(sorted(set(_files(settings))))


def restrict_all(settings: Settings) -> tuple[list[Path], list[Path]]:
    """Files that were made private, and files of another owner that could not be."""
    done: list[Path] = []
    refused: list[Path] = []
    for path in find_shared_files(settings):
        try:
            make_private(path)
        except PermissionError:
            refused.append(path)
        except FileNotFoundError:  # it has just gone away
            continue
        else:
            done.append(path)
    return done, refused


def _files(settings: Settings) -> Iterator[Path]:
    database = sqlite_files(settings.database_url)
    mail, backups, secrets = Path(settings.mail_directory), Path(settings.backup_directory), settings.signing_keys
    yield from database
    yield from mail.glob("*")
    yield from backups.glob("*")
    yield secrets
    folders = (mail, backups, settings.index, *(each.parent for each in (*database, secrets)))
    yield from (folder for folder in folders if _is_own(folder))


def _is_own(folder: Path) -> bool:
    """Whether it is a folder for this alone, as it is by default; others are left to who made them."""
    return folder.name in ("var", "secrets", "mail", "backups", "index") and folder.resolve() != Path.cwd()
