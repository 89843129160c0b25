"""`kb check` and `kb rebuild`: whether the database is sound, and its documents as the catalogue has them."""

import json
import tempfile
from typing import Annotated

import typer
from alembic.util import CommandError

from app.cli.context import AsJson, err, fail, migrated_database, out, read_settings
from app.cli.database.migration import shown_paths
from app.cli.progress import progress_shown
from app.db.engine import make_engine
from app.db.schema.migrations import check_models, migrate
from app.kit.clock import utc_now
from app.ops.database.integrity import check_catalogue
from app.ops.permissions import find_shared_files
from app.ops.signing_keys import wrong_secrets
from app.staff.maintenance.rebuilding import rebuild as rebuild_documents


def rebuild() -> None:
    """Render all documents again, and report how many differed."""
    with migrated_database() as sessions, progress_shown(), sessions.write() as session:
        changed = rebuild_documents(session, now=utc_now())
    out.print(f"{changed} document(s) were corrected." if changed else "Every document was correct.")


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
            migrate(engine)
            check_models(engine)
        except CommandError as error:
            fail(str(error))
        finally:
            engine.dispose()
    out.print("The migrations make the tables that the models describe.")
