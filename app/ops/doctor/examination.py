"""All probes, in the order in which an operator would look."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from dns.resolver import Resolver
from sqlalchemy import Engine
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from app.config.settings import Settings
from app.db.engine import is_missing, make_engine, sqlite_files
from app.db.schema.migrations import NewerSchemaError, is_current, refuse_newer, schema_version
from app.db.sessions import Sessions
from app.db.timeouts import READS
from app.ops.database.backup import BackupError, check_checksum, newest_backup
from app.ops.doctor.backup_programs import look_at_backup_programs
from app.ops.doctor.findings import Finding, fine, problem, run_probes, unknown
from app.ops.doctor.machine import look_at_clock, look_at_files, look_at_space
from app.ops.doctor.mail import (
    bounded_smtp_settings,
    look_at_mail_domain,
    look_at_mail_server,
    sender_domain,
)
from app.ops.doctor.public_address import look_at_proxy, look_at_public_address
from app.ops.doctor.search_index import look_at_index
from app.ops.status import ServiceStatus, service_status

_WORDS: Final = {
    "secrets": "The secrets are those of this database.",
    "jobs": "No job has failed.",
    "worker": "No work is overdue.",
    "mail": "Mails are accepted, or there are none.",
    "backup": "No backup is overdue.",
}
"""Of what `kb status` knows, the sentence where nothing is wrong."""


def examine(
    settings: Settings, *, version: str, now: datetime, resolver: Resolver | None = None
) -> dict[str, list[Finding]]:
    """By what was looked at. Changes nothing, and ends in time whatever hangs."""
    schema = run_probes({"schema": lambda: _look_at_schema(settings)})
    usable = schema["schema"][0].verdict == "fine"
    status = run_probes({"work": lambda: _look_at_work(settings, version, now)}) if usable else {}
    others = run_probes(
        {
            "space": lambda: look_at_space(settings),
            "files": lambda: look_at_files(settings),
            "clock": lambda: _look_at_clock(settings, now, usable=usable),
            "search index": lambda: _look_at_index(settings, usable=usable),
            "last backup": lambda: _look_at_backup(settings),
            "backup programs": lambda: _look_at_backup_programs(settings, usable=usable),
            "mail server": lambda: look_at_mail_server(bounded_smtp_settings(settings), now),
            "mail domain": lambda: look_at_mail_domain(sender_domain(settings), resolver or Resolver()),
            "public address": lambda: look_at_public_address(settings, now),
            "proxy": lambda: look_at_proxy(settings),
        }
    )
    return {**schema, **status, **others}


def _look_at_schema(settings: Settings) -> Iterator[Finding]:
    try:
        if is_missing(settings.database_url):
            path = sqlite_files(settings.database_url)[0].absolute()
            yield problem(
                f"There is no database at {path}. Run this in the folder of your knowledge base, or set "
                "KB_DATABASE_URL; `kb init` sets up a new one."
            )
            return
        engine = make_engine(settings.database_url, READS)
    except (ArgumentError, OSError):
        yield problem(
            "KB_DATABASE_URL cannot be used: it must be sqlite:///file or postgresql+psycopg://user@host/name."
        )
        return
    try:
        with engine.connect() as connection:
            refuse_newer(connection)
            if is_current(connection):
                yield fine("The database answers, and its tables are of this version.")
            elif schema_version(connection) is None:
                yield problem("The database has no tables. Run `kb migrate`.")
            else:
                yield problem("The tables are of an older version. Run `kb migrate` (it backs up first).")
    except NewerSchemaError as error:
        yield problem(str(error))
    except SQLAlchemyError as error:
        yield problem(f"The database cannot be used: {getattr(error, 'orig', None) or type(error).__name__}")
    finally:
        engine.dispose()


def _look_at_work(settings: Settings, version: str, now: datetime) -> Iterator[Finding]:
    """What `kb status` knows; room on the disk is looked at by itself."""
    sessions = Sessions(make_engine(settings.database_url, READS))
    try:
        status: ServiceStatus = service_status(sessions, settings, version=version, now=now)
    finally:
        sessions.dispose()
    for part, words in _WORDS.items():
        if part in status.found:
            yield from (problem(each) for each in status.found[part])
            if not status.found[part]:
                yield fine(words)


def _look_at_clock(settings: Settings, now: datetime, *, usable: bool) -> Iterator[Finding]:
    with _usable_engine(settings, usable=usable) as engine:
        yield from look_at_clock(engine, now)


def _look_at_index(settings: Settings, *, usable: bool) -> Iterator[Finding]:
    with _usable_engine(settings, usable=usable) as engine:
        yield from look_at_index(settings, engine)


@contextmanager
def _usable_engine(settings: Settings, *, usable: bool) -> Iterator[Engine | None]:
    """None where the database cannot be queried."""
    engine = make_engine(settings.database_url, READS) if usable else None
    try:
        yield engine
    finally:
        if engine is not None:
            engine.dispose()


def _look_at_backup_programs(settings: Settings, *, usable: bool) -> Iterator[Finding]:
    with _usable_engine(settings, usable=usable) as engine:
        yield from look_at_backup_programs(engine)


def _look_at_backup(settings: Settings) -> Iterator[Finding]:
    newest = newest_backup(Path(settings.backup_directory))
    if newest is None:
        yield unknown(f"There is none in {settings.backup_directory}.")
        return
    try:
        check_checksum(newest.path)
    except BackupError as error:
        yield problem(f"{error} Run `kb backup` now, and look at the disk.")
    else:
        yield fine(f"{newest.path} is as it was written; `kb verify` compares its content.")
