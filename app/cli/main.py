"""`kb`: everything the person who runs the service does."""

import errno
import logging
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, NoReturn

import typer
from alembic.util import CommandError
from prometheus_client import CollectorRegistry
from sqlalchemy.exc import DatabaseError, OperationalError

from app.cli.backups import backup, restore, verify
from app.cli.context import (
    err,
    fail,
    identified,
    migrated_database,
    out,
    read_settings,
    report_file_errors,
    warn_of_former_settings,
)
from app.cli.database_copy import copy
from app.cli.doctor import doctor
from app.cli.dump import dump
from app.cli.imports import import_file
from app.cli.installation import init
from app.cli.jobs import jobs, worker
from app.cli.keys import keys
from app.cli.links import check_links
from app.cli.mail import mail
from app.cli.migration import migrate, shown_paths
from app.cli.openapi import fresh_description
from app.cli.redaction import redact
from app.cli.secrets import secrets
from app.cli.seeds import seed
from app.cli.settings_table import current_settings, settings_markdown, with_settings
from app.cli.status import status
from app.cli.subscribers import subscribers
from app.config.settings import Settings
from app.db.engine import make_engine
from app.db.migrations import check_models
from app.db.migrations import migrate as migrate_to
from app.http.client_address import ClientAddressResolver
from app.http.logging.json_logging import configure_logging
from app.http.server.listener import ConnectionLimits
from app.http.server.uvicorn_server import TooFewFileDescriptors, bind
from app.http.server.uvicorn_server import serve as serve_until_stopped
from app.kit.clock import utc_now
from app.kit.gc_tuning import gc_frozen, limit_malloc_arenas, raise_gc_thresholds, trim_heaps
from app.kit.private_files import OTHERS
from app.main import VERSION, Service, background_sessions, create_app, make_worker
from app.ops.integrity import check_catalogue
from app.ops.metrics import serve_metrics
from app.ops.permissions import find_shared_files
from app.ops.signing_keys import wrong_secrets
from app.reading.overview import example_urls
from app.reading.urls import UrlBuilder
from app.search.meaning.model_loader import MeaningUnavailable
from app.staff.maintenance.rebuilding import rebuild as rebuild_documents

PATIENCE = 3
"""Seconds that responses in progress may take when the server is asked to stop."""
WORKERS = 2
"""Threads of the background worker: while one waits for another server, the other takes urgent jobs."""

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
    logging.getLogger("alembic").setLevel(logging.WARNING)
    raise_gc_thresholds()
    limit_malloc_arenas()


@cli.command()
def serve(
    host: Annotated[str | None, typer.Option(help="IP address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
) -> None:
    """Serve the knowledge base."""
    settings = _serve_settings({name: value for name, value in (("host", host), ("port", port)) if value is not None})
    try:
        with identified(), gc_frozen():
            sockets = _bind(settings)
            service = create_app(settings)
    except MeaningUnavailable as error:
        fail(str(error))
    trim_heaps()
    _print_greeting(service)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _exit_now)  # the server raises it again once it has stopped
    sessions = background_sessions(service)
    background = make_worker(sessions, settings, index=service.index)
    if settings.worker:
        background.start(WORKERS)
    metrics = _serve_metrics(service)
    try:
        limits = ConnectionLimits(settings.max_connections, settings.max_connections_per_client)
        client_addresses = ClientAddressResolver(settings.trusted_proxies)
        serve_until_stopped(service.asgi, sockets, limits, client_addresses, patience=PATIENCE)
    except TooFewFileDescriptors as error:
        fail(str(error))
    finally:
        metrics()
        background.stop(patience=1)
        sessions.dispose()
        service.close()


def _serve_metrics(service: Service) -> Callable[[], None]:
    """Returns what stops it."""
    port, host = service.settings.metrics_port, service.settings.host
    if port is None:
        return lambda: None
    try:
        server, _ = serve_metrics(service.services[CollectorRegistry], host, port)
    except OSError as error:
        fail(f"{host} port {port} (KB_METRICS_PORT) cannot be listened on: {error.strerror}.")
    return server.shutdown


def _bind(settings: Settings) -> list[socket.socket]:
    """Before anything is loaded, so that a port that is taken is said at once."""
    try:
        return bind(settings.host, settings.port)
    except OSError as error:
        reason = f"{settings.host} port {settings.port} cannot be listened on: {error.strerror}."
        taken = error.errno == errno.EADDRINUSE
        fail(f"{reason} Stop what listens there, or choose another with --port." if taken else reason)


def _serve_settings(given: dict[str, Any]) -> Settings:
    """The settings; without a base URL of their own, with the address that is listened on."""
    settings = read_settings(**given)
    if "base_url" in settings.model_fields_set:
        return settings
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return read_settings(**given, base_url=f"http://{host}:{settings.port}")


def _exit_now(_number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)


def _print_greeting(service: Service) -> None:
    """Where to look, and three lines worth trying, made from what is there."""
    base = service.settings.base
    tries = example_urls(service.index.current_snapshot(), UrlBuilder(base))
    lines = [f"  curl '{address}'" for address in tries]
    print(
        f"\n{service.settings.title}\n  documentation   {base}/docs\n  everything      {base}/v1\n\nWorth trying:\n"
        + "\n".join(lines)
        + "\n",
        flush=True,
    )


@cli.command()
def rebuild() -> None:
    """Render all documents again, and report how many differed."""
    with migrated_database() as sessions, sessions.write() as session:
        changed = rebuild_documents(session, now=utc_now())
    out.print(f"{changed} document(s) were corrected." if changed else "Every document was correct.")


@cli.command()
def check(
    models: Annotated[bool, typer.Option("--models", help="Compare migrations and models instead.")] = False,
) -> None:
    """Integrity check (read-only): the database file, its tables, and the documents against the catalogue."""
    if models:
        _check_models()
        return
    with migrated_database() as sessions:
        problems = check_catalogue(sessions, utc_now()) + wrong_secrets(sessions, read_settings().signing_keys)
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
) -> None:
    """List every setting, as a Markdown table."""
    if current:
        for name, value, place in current_settings(read_settings()):
            print(f"{name}={value}  # {place}")
        return
    if write is None:
        print(settings_markdown())
        return
    try:
        with report_file_errors():
            write.write_text(with_settings(write.read_text(encoding="utf-8")), encoding="utf-8")
    except ValueError as error:
        fail(f"{write}: {error}")


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    """Control-C, anywhere: transactions are rolled back on the way out."""
    err.print("\nStopped. Whatever was complete is kept: run the same command again to go on.", markup=False)
    raise SystemExit(128 + signal.SIGINT)


def run() -> None:
    logging.captureWarnings(True)
    signal.signal(signal.SIGINT, _interrupt)
    try:
        cli()
    except DatabaseError as error:
        if type(error) not in (OperationalError, DatabaseError):  # a fault of ours
            raise
        err.print(f"The database cannot be used: {error.orig}", style="red", markup=False, soft_wrap=True)
        sys.exit(1)


if __name__ == "__main__":
    run()
