"""Writing the index to its folder, in a process of its own: whoever serves has neither the memory nor the time."""

import json
import logging
import os
import subprocess
import sys
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from app.catalogue.registry import ALL_ENTRIES, SEARCH_SCHEMAS
from app.config.settings import Settings
from app.db.engine import make_engine
from app.db.sessions import Sessions
from app.documents.readers import open_document_reader
from app.documents.revision_watcher import watch_revision
from app.jobs.periodic import PeriodicTask
from app.kit.system.gc_tuning import gc_frozen
from app.kit.system.private_files import OTHERS
from app.reading.requests.urls import UrlBuilder
from app.search.index.index_folder import IndexFolder, IndexInUse
from app.search.index.live_index import Index
from app.search.query.schema_registry import SchemaRegistry

log = logging.getLogger(__name__)

NICENESS: Final = 5
PATIENCE: Final = 300.0
"""Seconds in which another process has written it."""
EVERY: Final = timedelta(minutes=10)
LEASE: Final = timedelta(minutes=30)


class IndexNotWritten(Exception):
    """Why the index is not stored; the service builds it in memory instead."""


def index_folder(path: Path) -> IndexFolder:
    return IndexFolder(path, SchemaRegistry(SEARCH_SCHEMAS, ALL_ENTRIES))


def build_index(sessions: Sessions, settings: Settings) -> Index:
    """For a process that serves no requests; the stored index is used."""
    folder = index_folder(settings.index)
    absolute, registry = UrlBuilder(settings.base).absolute, SchemaRegistry(SEARCH_SCHEMAS, ALL_ENTRIES)
    fetch = open_document_reader(sessions.engine)
    return Index(sessions, watch_revision(sessions.engine), registry, absolute, 0, fetch, stored=folder)


def write_index(database_url: str, path: Path) -> int:
    """Returns the number of the published revision that is stored now. Raises `IndexNotWritten`."""
    sessions = Sessions(make_engine(database_url))
    try:
        with gc_frozen(), sessions.read_one_state() as session:
            return index_folder(path).write(session, patience=PATIENCE).number
    except IndexInUse as error:
        raise IndexNotWritten("another process is writing it") from error
    except (OSError, ValueError, SQLAlchemyError) as error:
        raise IndexNotWritten(str(error).partition("\n")[0] or type(error).__name__) from error
    finally:
        sessions.dispose()


def run_index_process(database_url: str, path: Path) -> None:
    """As `write_index`, in a child. Its arguments may hold a password, so they are not on its command line."""
    arguments = json.dumps([database_url, str(path)])
    command = [sys.executable, "-m", __name__]
    ended = subprocess.run(command, input=arguments, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise IndexNotWritten(ended.stderr.strip().rpartition("\n")[2] or f"it ended with {ended.returncode}")


def index_task(settings: Settings) -> PeriodicTask:
    """Keeps a start short, however much was changed since the last."""
    return PeriodicTask("index", EVERY, partial(_refresh, settings), lease=LEASE)


def _refresh(settings: Settings, sessions: Sessions, _now: datetime) -> None:
    with sessions.read() as session:
        due = index_folder(settings.index).is_due(session)
    if due:
        try:
            run_index_process(settings.database_url, settings.index)
        except IndexNotWritten as error:
            log.warning("the index is not written: %s", error)


def main() -> None:
    os.umask(OTHERS)
    os.nice(NICENESS)
    database_url, path = json.load(sys.stdin)
    try:
        write_index(database_url, Path(path))
    except IndexNotWritten as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
