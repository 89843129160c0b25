"""What most commands begin with: the settings, a database that is ready, and an end with a reason."""

import errno
import json
import logging
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn

import typer
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import SettingsError
from rich.console import Console
from rich.table import Column, Table
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError

from app.config.setting_names import former_settings, origin, unknown_settings
from app.config.settings import Settings
from app.db.engine import is_missing, make_engine, sqlite_files
from app.db.schema.migrations import NewerSchemaError, is_current, refuse_newer
from app.db.sessions import Sessions
from app.http.logging.json_logging import configure_logging
from app.kit.clock import utc_now
from app.kit.signing_keys import SigningKeys
from app.kit.system.gc_tuning import limit_malloc_arenas
from app.kit.system.private_files import OTHERS
from app.ops.signing_keys import WrongSecrets, settle_secrets

ENVIRONMENT_FILE = ".env"
NOT_MIGRATED = "The database's tables are not up to date. Run `kb migrate` first."
REFUSALS: Final = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT})
"""What the operating system says where permission or space is missing."""

DISK_ERRORS: Final = frozenset({10, 13, 14})
"""What SQLite says of a full disk: SQLITE_IOERR, SQLITE_FULL and SQLITE_CANTOPEN (sqlite.org/rescode.html)."""

_PERMISSION_HINT: Final = (
    "Run this command as the user that the service runs as, or let this one read it (chown, chmod)."
)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]

out = Console()
err = Console(stderr=True)


def prepare_process() -> None:
    """Once a command, before it."""
    os.umask(OTHERS)
    configure_logging(read_settings().log_level, sys.stderr)
    _warn_of_former_settings()
    for name in ("alembic", "httpx"):  # they log every step and every outgoing request
        logging.getLogger(name).setLevel(logging.WARNING)
    limit_malloc_arenas()


def report_refusal(error: Exception) -> None:
    """Ends the process for what the database or the operating system refuses; does nothing for a fault of ours."""
    if isinstance(error, DatabaseError) and type(error) in (OperationalError, DatabaseError):
        message = f"The database cannot be used: {_cause(error)}"
    elif isinstance(error, OSError) and error.errno in REFUSALS:
        message = _refused("A file", error)
    else:
        return
    err.print(message, style="red", markup=False, soft_wrap=True)
    sys.exit(1)


def read_settings(**given: Any) -> Settings:
    """The settings, of which the command line gave some; ends the command where one is wrong."""
    try:
        return _checked_settings(given)
    except OSError as error:
        fail(_refused(ENVIRONMENT_FILE, error))
    except UnicodeDecodeError:
        fail(f"{ENVIRONMENT_FILE}, or a secret that is a file, is not text in UTF-8.")
    except SettingsError as error:
        fail(_not_json(str(error)))
    except ValidationError as error:
        fail("\n".join(_in_words(each) for each in error.errors(include_input=False, include_url=False)))


def _checked_settings(given: dict[str, Any]) -> Settings:
    if unknown := unknown_settings():
        fail("\n".join(_not_a_setting(name, near) for name, near in unknown.items()))
    renamed = former_settings()
    if twice := [each for each in renamed if each.is_repeated]:
        fail("\n".join(f"{each.former} and {each.present} are both set: keep {each.present}." for each in twice))
    return Settings(**{each.field: each.value for each in renamed} | given)


def _refused(path: str, error: OSError) -> str:
    """What the operating system refuses, where it is not a file that the command line names."""
    hint = f" {_PERMISSION_HINT}" if isinstance(error, PermissionError) else ""
    return f"{error.filename or path}: {error.strerror}.{hint}"


def _warn_of_former_settings() -> None:
    for each in former_settings():
        err.print(
            f"{each.former} is now called {each.present}; the former name will be removed in the next minor version."
        )


def _not_a_setting(name: str, near: str | None) -> str:
    return f"{name}: there is no such setting. " + (
        f"Did you mean {near}?" if near else "`kb settings` lists all settings."
    )


def _not_json(messages: str) -> str:
    """The library names the field and no more."""
    named = next((name for name in Settings.model_fields if f'"{name}"' in messages), None)
    if named is None:
        return messages
    is_object = isinstance(Settings.model_fields[named].get_default(call_default_factory=True), dict)
    expected = 'object, for example {"name": "value"}' if is_object else 'list, for example ["one", "another"]'
    return f"KB_{named.upper()}: must be a JSON {expected}."


def _in_words(error: ErrorDetails) -> str:
    """With the variable's name in front; what is wrong with several together names them itself."""
    messages = str(error["ctx"]["error"]) if error["type"] == "value_error" and "ctx" in error else error["msg"]
    if not error["loc"]:
        return messages
    name, *inside = map(str, error["loc"])
    place = f" (item {int(inside[0]) + 1})" if inside and inside[0].isdecimal() else ""
    return f"KB_{name.upper()}{place}: {messages}"


def _engine(*, to_migrate: bool) -> Engine:
    """An engine for the configured database; ends the command where that cannot be used."""
    url = read_settings().database_url
    path = ""
    try:
        path = next(map(str, sqlite_files(url)), "")
        is_new = is_missing(url)
        if is_new and not to_migrate:
            fail(_there_is_none(Path(path)))
        engine = make_engine(url)
        if not is_new:
            engine.connect().close()
    except ArgumentError:  # not shown: it may repeat a part of the URL
        fail("KB_DATABASE_URL must be sqlite:///file or postgresql+psycopg://user@host/name.")
    except DatabaseError as error:
        message = " ".join(filter(None, ("The database", path, f"cannot be used: {_cause(error)}")))
        is_refused = getattr(error.orig, "sqlstate", "") is None  # PostgreSQL, before any statement
        where = f"Its address comes from KB_DATABASE_URL ({origin('database_url')})." if is_refused else ""
        fail("\n".join(filter(None, (message, where))))
    except OSError as error:
        fail(f"The database cannot be opened: {_refused(path, error)}")
    return engine


def new_database(url: str, option: str) -> Engine:
    """An engine for another database than the configured one; ends the command where the URL is wrong."""
    try:
        return make_engine(url)
    except ArgumentError:  # not shown: it may repeat a part of the URL
        fail(f"{option} must be sqlite:///file or postgresql+psycopg://user@host/name.")
    except OSError as error:
        fail(f"The folder of the new database cannot be created: {error.filename}: {error.strerror}.")


def _cause(error: DatabaseError) -> str:
    """What the driver says, but for a full disk."""
    folder = next((file.absolute().parent for file in sqlite_files(read_settings().database_url)), None)
    is_of_disk = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF in DISK_ERRORS
    if is_of_disk and folder is not None and folder.exists() and shutil.disk_usage(folder).free == 0:
        return f"the disk of {folder} is full. Make room: nothing can be written until then."
    return str(error.orig)


def _there_is_none(path: Path) -> str:
    return (
        f"There is no database at {path.absolute()}. Run this command in the folder of your knowledge base or set "
        "KB_DATABASE_URL; `kb init` sets up a new one."
    )


@contextmanager
def open_database(*, to_migrate: bool = False) -> Iterator[Sessions]:
    """Sessions on the configured database; only `to_migrate` may create its file."""
    engine = _engine(to_migrate=to_migrate)
    try:
        yield Sessions(engine)
    finally:
        engine.dispose()


def is_up_to_date(connection: Connection) -> bool:
    """Whether the tables are those of this version; ends the command where they are of a newer one."""
    try:
        refuse_newer(connection)
    except NewerSchemaError as error:
        fail(str(error))
    return is_current(connection)


@contextmanager
def migrated_database() -> Iterator[Sessions]:
    """Sessions on a migrated database; ends the command where it is not."""
    with open_database() as sessions:
        with sessions.engine.connect() as connection:
            if not is_up_to_date(connection):
                fail(NOT_MIGRATED)
        yield sessions


@contextmanager
def identified() -> Iterator[Sessions]:
    """As `migrated_database`, for commands that need the signing keys; ends the command where the keys are not those of
    this database. A new database gets its own."""
    with migrated_database() as sessions:
        try:
            settle_secrets(sessions, SigningKeys(read_settings().signing_keys), now=utc_now())
        except WrongSecrets as error:
            fail(str(error))
        except OSError as error:
            fail(f"The file of signing keys cannot be used: {error.filename}: {error.strerror}.")
        yield sessions


def print_rows(title: Sequence[str], rows: Sequence[Sequence[str]], *, as_json: bool, none: str) -> None:
    """As a table, or in words where there is none; or as a list of objects."""
    if as_json:
        print(json.dumps([dict(zip(title, row, strict=True)) for row in rows]))
        return
    first, *others = title
    table = Table(Column(first, no_wrap=True), *others)  # who copies it wants it whole
    for row in rows:
        table.add_row(*row)
    out.print(table if rows else none)


@contextmanager
def report_file_errors() -> Iterator[None]:
    """Ends the command where the operating system refuses a file."""
    try:
        yield
    except OSError as error:
        fail(f"{error.filename or 'A file'}: {error.strerror}.")


def fail(message: str) -> NoReturn:
    err.print(message, style="red", markup=False, soft_wrap=True)
    raise typer.Exit(1)
