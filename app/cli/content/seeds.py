"""`kb seed`: the files of a folder into the catalogue."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from app.cli.context import err, fail, migrated_database, out, read_settings
from app.kit.clock import utc_now
from app.ops.seeding import SeedError
from app.ops.seeding import seed as seed_from

MOST_NAMES = 8
"""Of a row."""


def seed(
    directory: Annotated[
        Path | None, typer.Argument(help="Directory of YAML files; by default KB_SEED_DIRECTORY.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Dry run: only report what would change.")] = False,
) -> None:
    """Seed the catalogue: create what is missing, update what seeding wrote, keep what people changed."""
    seed_folder(directory or read_settings().seeds, dry_run=dry_run)


def seed_folder(folder: Path, *, dry_run: bool) -> None:
    try:
        with migrated_database() as sessions, sessions.write() as session:
            report = seed_from(session, folder, now=utc_now(), dry_run=dry_run)
    except SeedError as error:
        for problem in error.problems:
            err.print(problem, style="red", markup=False, soft_wrap=True)
        fail(f"Nothing was changed: {len(error.problems)} problem(s) in {folder}.")
    table = Table("would be" if dry_run else "outcome", "how many", "which")
    for outcome, names in sorted(report.outcomes.items()):
        shown = names if outcome != "unchanged" else []
        more = " …" if len(shown) > MOST_NAMES else ""
        table.add_row(outcome, str(len(names)), ", ".join(shown[:MOST_NAMES]) + more)
    out.print(table)
