"""A practice copy: a copy of everything, in a folder that is deleted."""

from pathlib import Path
from shutil import copyfile
from typing import Any

from sqlalchemy import Engine

from app.config.settings import Settings
from app.db.engine import is_sqlite, make_engine
from app.kit.system.private_files import make_private_file
from app.ops.database.backup import backup_sqlite
from app.ops.database.database_copy import copy_database


def practice_room(folder: Path) -> dict[str, Any]:
    """The settings of a service in this folder: everything that it writes it writes there, and nothing leaves it."""
    return {
        "practice": True,
        "database_url": f"sqlite:///{folder}/practice.sqlite",
        "replica_url": None,
        "secret_file": f"{folder}/secrets",
        "mail_directory": f"{folder}/mail",
        "index_directory": f"{folder}/index",
        "dump_directory": f"{folder}/dumps",
        "backup_directory": f"{folder}/backups",
        "smtp_host": None,
        "smtp_user": None,
        "smtp_password": None,
        "metrics_port": None,
        "otlp_endpoint": None,
    }


def make_practice_copy(source: Engine, own: Settings, room: Settings) -> None:
    """The database, from whichever engine, and the signing keys that belong to it. Raises `BackupError` and
    `CopyError`."""
    if is_sqlite(source):
        backup_sqlite(source, Path(room.database_url.removeprefix("sqlite:///")))
    else:
        target = make_engine(room.database_url)
        copy_database(source, target)
        target.dispose()
    if own.signing_keys.exists():
        make_private_file(room.signing_keys)
        copyfile(own.signing_keys, room.signing_keys)
