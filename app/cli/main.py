"""`kb`: everything the person who runs the service does."""

import logging
import sys
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from alembic.util import CommandError
from rich.console import Console
from rich.table import Table
from sqlalchemy import inspect

from app.cli.description import fresh_description
from app.cli.settings_table import settings_markdown
from app.config.settings import Settings
from app.db.engine import make_engine
from app.db.migrating import check_models, is_current
from app.db.migrating import migrate as migrate_to
from app.db.sessions import Sessions
from app.http.logs import configure
from app.kit.clock import utc_now
from app.main import create_app
from app.ops.backup import BackupError, backup_sqlite
from app.ops.checking import check_catalogue
from app.ops.seeding import SeedError
from app.ops.seeding import seed as seed_from
from app.staff.rebuilding import rebuild as rebuild_documents

cli = typer.Typer(no_args_is_help=True, add_completion=False, help="The knowledge base, run from here.")
out = Console()
err = Console(stderr=True)


@cli.callback()
def _prepare() -> None:
    configure(Settings().log_level, sys.stderr)


def sessions() -> Sessions:
    return Sessions(make_engine(Settings().database_url))


def ready_sessions() -> Sessions:
    """Sessions on a migrated database; ends the command where it is not."""
    found = sessions()
    with found.engine.connect() as connection:
        if not inspect(connection).has_table("document") or not is_current(connection):
            _fail("The database's tables are not up to date. Run `kb migrate` first.")
    return found


def _fail(message: str) -> None:
    err.print(message, style="red", markup=False, soft_wrap=True)
    raise typer.Exit(1)


@cli.command()
def migrate(revision: Annotated[str, typer.Argument(help="Where to; as Alembic names it.")] = "head") -> None:
    """Bring the database's tables up to date."""
    migrate_to(sessions().engine, revision)
    out.print("The tables are up to date.")


@cli.command()
def seed(
    directory: Annotated[Path | None, typer.Argument(help="Folder of YAML files.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
) -> None:
    """Create what is missing, update what seeding wrote last, keep what people changed."""
    folder = directory or Path(Settings().seed_directory)
    try:
        with ready_sessions().write() as session:
            report = seed_from(session, folder, now=utc_now(), dry_run=dry_run)
    except SeedError as error:
        for problem in error.problems:
            err.print(problem, style="red", markup=False, soft_wrap=True)
        _fail(f"Nothing was changed: {len(error.problems)} problem(s) in {folder}.")
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
    settings = Settings()
    host, port = host or settings.host, port or settings.port
    if "base_url" not in settings.model_fields_set:
        settings = Settings(base_url=f"http://{host}:{port}")
    ready_sessions()
    service = create_app(settings)
    _greet(settings)
    try:
        uvicorn.run(
            service,
            host=host,
            port=port,
            loop="uvloop",
            http="httptools",
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
        )
    finally:
        service.close()


def _greet(settings: Settings) -> None:
    base = settings.base
    print(
        f"\n{settings.title}\n  documentation   {base}/docs\n  everything      {base}/v1\n\nWorth trying:\n"
        f'  curl "{base}/v1/publications?topic=ethical-and-trustworthy-innovation&facets=format"\n'
        f'  curl "{base}/v1/entries?stage=mobilising&format=book-chapter"\n'
        f'  curl "{base}/v1/publications.bib?q=contextual+safeguarding"\n',
        flush=True,
    )


@cli.command()
def rebuild() -> None:
    """Render all documents anew; says how many were not as they should be."""
    with ready_sessions().write() as session:
        changed = rebuild_documents(session, now=utc_now())
    out.print(f"{changed} document(s) were put right." if changed else "Every document was as it should be.")


@cli.command()
def check(
    models: Annotated[bool, typer.Option("--models", help="Compare tables and models instead.")] = False,
) -> None:
    """Look for damage: in the database file, in the tables, between catalogue and documents."""
    if models:
        try:
            check_models(sessions().engine)
        except CommandError as error:
            _fail(str(error))
        return
    problems = check_catalogue(ready_sessions(), utc_now())
    for problem in problems:
        err.print(problem, style="red", markup=False)
    if problems:
        raise typer.Exit(1)
    out.print("Nothing is wrong.")


@cli.command()
def backup(target: Annotated[Path, typer.Argument(help="File to write.")]) -> None:
    """Copy the database while it is in use, and verify the copy."""
    try:
        size = backup_sqlite(ready_sessions().engine, target)
    except BackupError as error:
        _fail(str(error))
    out.print(f"{target}: {size:,} bytes, verified.")


@cli.command()
def openapi(
    path: Annotated[Path, typer.Argument(help="The committed description.")] = Path("openapi.json"),
    compare: Annotated[bool, typer.Option("--check", help="Compare instead of writing.")] = False,
) -> None:
    """Write the OpenAPI description of a freshly seeded knowledge base, or compare it with the one kept."""
    text = fresh_description()
    if not compare:
        path.write_text(text, encoding="utf-8")
        return
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        _fail(f"{path} is not what is served. Run `make openapi`, and look at the difference before committing it.")


@cli.command()
def settings() -> None:
    """Every setting, as the README shows them."""
    print(settings_markdown())


def run() -> None:
    logging.captureWarnings(True)
    cli()


if __name__ == "__main__":
    run()
