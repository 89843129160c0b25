"""`kb`: everything the person who runs the service does."""

import logging
import os
import signal
import sys
import tempfile
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, NoReturn

import typer
from alembic.util import CommandError
from rich.table import Table
from sqlalchemy.exc import DatabaseError, OperationalError

from app.cli.background import jobs, worker
from app.cli.description import fresh_description
from app.cli.importing import import_file
from app.cli.keys import keys
from app.cli.links import check_links
from app.cli.mails import mails
from app.cli.opening import err, fail, files_in_reach, identified, opened, out, read_settings, ready
from app.cli.redacting import redact
from app.cli.secrets import secrets
from app.cli.settings_table import settings_markdown, with_settings
from app.cli.subscribers import subscribers
from app.config.settings import Settings
from app.db.engine import make_engine
from app.db.migrating import check_models
from app.db.migrating import migrate as migrate_to
from app.http.listener import ConnectionLimits
from app.http.logs import configure
from app.http.senders import Senders
from app.http.server import TooFewDescriptors
from app.http.server import serve as serve_until_told
from app.kit.clock import utc_now
from app.kit.garbage import collect_seldom, give_back, kept_for_good, share_heaps
from app.kit.private_files import OTHERS
from app.main import Service, background_sessions, create_app, make_worker
from app.ops.backup import BackupError, backup_sqlite
from app.ops.checking import check_catalogue
from app.ops.permissions import make_all_private, open_to_others
from app.ops.seeding import SeedError
from app.ops.seeding import seed as seed_from
from app.ops.signing_keys import wrong_secrets
from app.reading.addresses import Addresses
from app.reading.overview import worth_trying
from app.staff.rebuilding import rebuild as rebuild_documents

PATIENCE = 3
"""Seconds that answers under way may take when the server is told to stop."""
WORKERS = 2
"""Threads for what is done later: while one waits for another server, the other sees to what is urgent."""

cli = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # they hold the database's password
    help="The knowledge base, run from here.",
)


cli.add_typer(keys, name="key")
cli.add_typer(subscribers, name="subscribers")
cli.add_typer(mails, name="mail")
cli.add_typer(secrets, name="secrets")
for command in (worker, jobs, check_links, redact):
    cli.command()(command)
cli.command("import")(import_file)


@cli.callback()
def _prepare() -> None:
    os.umask(OTHERS)
    configure(read_settings().log_level, sys.stderr)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    collect_seldom()
    share_heaps()


@cli.command()
def migrate() -> None:
    """Bring the database's tables up to date; documents that show a new field are rendered anew."""
    with opened(to_migrate=True) as sessions:
        migrate_to(sessions.engine, after=lambda session: rebuild_documents(session, now=utc_now()))
    out.print("The tables are up to date.")
    _keep_to_ourselves()


def _keep_to_ourselves() -> None:
    """What an older version let every account read."""
    done, refused = make_all_private(read_settings())
    if done:
        out.print(f"Others could read {_listed(done)}: no more.", markup=False, soft_wrap=True)
    if refused:
        err.print(f"Others may read {_listed(refused)}, not ours to change.", style="yellow", markup=False)


def _listed(paths: list[Path]) -> str:
    more = f" and {len(paths) - 5} more" if len(paths) > 5 else ""
    return ", ".join(map(str, paths[:5])) + more


@cli.command()
def seed(
    directory: Annotated[Path | None, typer.Argument(help="Folder of YAML files.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
) -> None:
    """Create what is missing, update what seeding wrote last, keep what people changed."""
    folder = directory or Path(read_settings().seed_directory)
    try:
        with ready() as sessions, sessions.write() as session:
            report = seed_from(session, folder, now=utc_now(), dry_run=dry_run)
    except SeedError as error:
        for problem in error.problems:
            err.print(problem, style="red", markup=False, soft_wrap=True)
        fail(f"Nothing was changed: {len(error.problems)} problem(s) in {folder}.")
    table = Table("would be" if dry_run else "outcome", "how many", "which")
    for outcome, names in sorted(report.outcomes.items()):
        shown = names if outcome != "unchanged" else []
        table.add_row(outcome, str(len(names)), ", ".join(shown[:8]) + (" …" if len(shown) > 8 else ""))
    out.print(table)


@cli.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
) -> None:
    """Serve the knowledge base."""
    settings = _served_as({name: value for name, value in (("host", host), ("port", port)) if value is not None})
    with identified(), kept_for_good():
        service = create_app(settings)
    give_back()
    _greet(service)
    signal.signal(signal.SIGTERM, _leave)  # the server raises it again once it has stopped
    sessions = background_sessions(service)
    background = make_worker(sessions, settings, index=service.index)
    if settings.worker:
        background.start(WORKERS)
    try:
        limits = ConnectionLimits(settings.max_connections, settings.max_connections_per_client)
        senders = Senders(settings.trusted_proxies)
        serve_until_told(service.asgi, settings.host, settings.port, limits, senders, patience=PATIENCE)
    except TooFewDescriptors as error:
        fail(str(error))
    finally:
        background.stop(patience=1)
        sessions.dispose()
        service.close()


def _served_as(given: dict[str, Any]) -> Settings:
    """The settings; without a base URL of their own, with the address that is listened on."""
    settings = read_settings(**given)
    if "base_url" in settings.model_fields_set:
        return settings
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return read_settings(**given, base_url=f"http://{host}:{settings.port}")


def _leave(_number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)


def _greet(service: Service) -> None:
    """Where to look, and three lines worth trying, made from what is there."""
    base = service.settings.base
    tries = worth_trying(service.index.current(), Addresses(base))
    lines = [f"  curl '{address}'" for address in tries]
    print(
        f"\n{service.settings.title}\n  documentation   {base}/docs\n  everything      {base}/v1\n\nWorth trying:\n"
        + "\n".join(lines)
        + "\n",
        flush=True,
    )


@cli.command()
def rebuild() -> None:
    """Render all documents anew; says how many were not as they should be."""
    with ready() as sessions, sessions.write() as session:
        changed = rebuild_documents(session, now=utc_now())
    out.print(f"{changed} document(s) were put right." if changed else "Every document was as it should be.")


@cli.command()
def check(
    models: Annotated[bool, typer.Option("--models", help="Compare migrations and models instead.")] = False,
) -> None:
    """Look for damage: in the database file, in the tables, between catalogue and documents."""
    if models:
        _check_models()
        return
    with ready() as sessions:
        problems = check_catalogue(sessions, utc_now()) + wrong_secrets(sessions, read_settings().signing_keys)
    if shared := open_to_others(read_settings()):
        text = f"Others may read {_listed(shared)}: `kb migrate` makes it private."
        err.print(text, style="yellow", markup=False, soft_wrap=True)
    for problem in problems:
        err.print(problem, style="red", markup=False)
    if problems:
        raise typer.Exit(1)
    out.print("Nothing is wrong.")


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
def backup(target: Annotated[Path, typer.Argument(help="File to write.")]) -> None:
    """Copy the database while it is in use, and verify the copy."""
    if not target.parent.is_dir():
        fail(f"{target.parent}: there is no such folder.")
    try:
        with ready() as sessions:
            size = backup_sqlite(sessions.engine, target)
    except BackupError as error:
        fail(str(error))
    out.print(f"{target}: {size:,} bytes, verified.")


@cli.command()
def openapi(
    write: Annotated[Path | None, typer.Option(help="File to write.")] = None,
    check: Annotated[Path | None, typer.Option(help="File to compare with.")] = None,
) -> None:
    """The OpenAPI description of a freshly seeded knowledge base: shown, written, or compared with one kept."""
    text = fresh_description()
    if write is None and check is None:
        print(text, end="")
    with files_in_reach():
        if write is not None:
            write.write_text(text, encoding="utf-8")
        same = check is None or (check.exists() and check.read_text(encoding="utf-8") == text)
    if not same:
        fail(f"{check} is not what is served. Run `make openapi`, and look at the difference before committing it.")


@cli.command()
def settings(
    write: Annotated[Path | None, typer.Option(help="Markdown file whose table to bring up to date.")] = None,
) -> None:
    """Every setting, as the README shows them."""
    if write is None:
        print(settings_markdown())
        return
    try:
        with files_in_reach():
            write.write_text(with_settings(write.read_text(encoding="utf-8")), encoding="utf-8")
    except ValueError as error:
        fail(f"{write}: {error}")


def run() -> None:
    logging.captureWarnings(True)
    try:
        cli()
    except DatabaseError as error:
        if type(error) not in (OperationalError, DatabaseError):  # a fault of ours
            raise
        err.print(f"The database cannot be used: {error.orig}", style="red", markup=False, soft_wrap=True)
        sys.exit(1)


if __name__ == "__main__":
    run()
