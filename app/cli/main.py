"""`kb`: everything the person who runs the service does."""

import json
import logging
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from alembic.util import CommandError
from sqlalchemy.exc import DatabaseError, OperationalError

from app.cli.content.dump import dump
from app.cli.content.imports import import_file
from app.cli.content.links import check_links
from app.cli.content.redaction import redact
from app.cli.content.seeds import seed
from app.cli.context import (
    AsJson,
    err,
    fail,
    migrated_database,
    out,
    read_settings,
    report_file_errors,
    warn_of_former_settings,
)
from app.cli.database.backups import backup, restore, verify
from app.cli.database.database_copy import copy
from app.cli.database.downgrade import downgrade
from app.cli.database.migration import migrate, shown_paths
from app.cli.entry_point import stop
from app.cli.mailing.mail import mail
from app.cli.mailing.subscribers import subscribers
from app.cli.progress import progress_shown
from app.cli.service.assistants import mcp
from app.cli.service.doctor import doctor
from app.cli.service.installation import init
from app.cli.service.jobs import jobs, worker
from app.cli.service.keys import keys
from app.cli.service.openapi import fresh_description
from app.cli.service.secrets import secrets
from app.cli.service.server import practice, serve
from app.cli.service.status import status
from app.cli.settings_table import current_settings, settings_markdown, with_settings
from app.config.version import VERSION
from app.db.engine import make_engine
from app.db.migrations import check_models
from app.db.migrations import migrate as migrate_to
from app.http.logging.json_logging import configure_logging
from app.kit.clock import utc_now
from app.kit.system.gc_tuning import limit_malloc_arenas
from app.kit.system.private_files import OTHERS
from app.ops.integrity import check_catalogue
from app.ops.permissions import find_shared_files
from app.ops.signing_keys import wrong_secrets
from app.staff.maintenance.rebuilding import rebuild as rebuild_documents

cli = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # they hold the database's password
    help="Run and manage the knowledge base.",
)


cli.add_typer(keys, name="key")
cli.add_typer(subscribers, name="subscribers")
cli.add_typer(mail, name="mail")
cli.add_typer(secrets, name="secrets")
for command in (
    init,
    migrate,
    downgrade,
    seed,
    status,
    doctor,
    backup,
    restore,
    verify,
    copy,
    worker,
    jobs,
    check_links,
    redact,
    dump,
    serve,
    mcp,
    practice,
):
    cli.command()(command)
cli.command("import")(import_file)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        print(VERSION)
        raise typer.Exit


@cli.callback()
def _prepare(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    os.umask(OTHERS)
    configure_logging(read_settings().log_level, sys.stderr)
    warn_of_former_settings()
    for name in ("alembic", "httpx"):  # which tell of every step, and of every request to others
        logging.getLogger(name).setLevel(logging.WARNING)
    limit_malloc_arenas()


@cli.command()
def rebuild() -> None:
    """Render all documents again, and report how many differed."""
    with migrated_database() as sessions, progress_shown(), sessions.write() as session:
        changed = rebuild_documents(session, now=utc_now())
    out.print(f"{changed} document(s) were corrected." if changed else "Every document was correct.")


@cli.command()
def check(
    models: Annotated[bool, typer.Option("--models", help="Compare migrations and models instead.")] = False,
    as_json: AsJson = False,
) -> None:
    """Integrity check (read-only): the database file, its tables, and the documents against the catalogue."""
    if models:
        _check_models()
        return
    with migrated_database() as sessions, progress_shown():
        problems = check_catalogue(sessions, utc_now()) + wrong_secrets(sessions, read_settings().signing_keys)
    if as_json:
        print(json.dumps({"problems": problems}))
        raise typer.Exit(1 if problems else 0)
    if shared := find_shared_files(read_settings()):
        text = f"{shown_paths(shared)} can be read by other users: run `kb migrate` to make it private."
        err.print(text, style="yellow", markup=False, soft_wrap=True)
    for problem in problems:
        err.print(problem, style="red", markup=False)
    if problems:
        raise typer.Exit(1)
    out.print("No problems found.")


def _check_models() -> None:
    """In a database made for it, so that the outcome depends on the code alone."""
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(f"sqlite:///{folder}/compared.sqlite")
        try:
            migrate_to(engine)
            check_models(engine)
        except CommandError as error:
            fail(str(error))
        finally:
            engine.dispose()
    out.print("The migrations make the tables that the models describe.")


@cli.command()
def openapi(
    write: Annotated[Path | None, typer.Option(help="File to write.")] = None,
    check: Annotated[Path | None, typer.Option(help="File to compare with.")] = None,
) -> None:
    """Print, write or check the OpenAPI description of a freshly seeded knowledge base."""
    text = fresh_description()
    if write is None and check is None:
        print(text, end="")
    with report_file_errors():
        if write is not None:
            write.write_text(text, encoding="utf-8")
        same = check is None or (check.exists() and check.read_text(encoding="utf-8") == text)
    if not same:
        fail(
            f"{check} differs from what is served. Run `make openapi`, and review the difference before committing it."
        )


@cli.command()
def settings(
    write: Annotated[Path | None, typer.Option(help="Markdown file whose table to update.")] = None,
    current: Annotated[
        bool, typer.Option("--current", help="The values in use here, and where each comes from; without secrets.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --current: as JSON, for scripts.")] = False,
) -> None:
    """List every setting, as a Markdown table."""
    if current:
        found = current_settings(read_settings())
        if as_json:
            print(json.dumps({name: {"value": value, "origin": place} for name, value, place in found}))
        else:
            print("\n".join(f"{name}={value}  # {place}" for name, value, place in found))
        return
    if write is None:
        print(settings_markdown())
        return
    try:
        with report_file_errors():
            write.write_text(with_settings(write.read_text(encoding="utf-8")), encoding="utf-8")
    except ValueError as error:
        fail(f"{write}: {error}")


def run() -> None:
    logging.captureWarnings(True)
    signal.signal(signal.SIGINT, stop)
    try:
        cli()
    except DatabaseError as error:
        if type(error) not in (OperationalError, DatabaseError):  # a fault of ours
            raise
        err.print(f"The database cannot be used: {error.orig}", style="red", markup=False, soft_wrap=True)
        sys.exit(1)


if __name__ == "__main__":
    run()
