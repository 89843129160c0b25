"""`kb copy`: everything into another database."""

from typing import Annotated

import typer

from app.cli.context import fail, migrated_database, new_database, out
from app.cli.progress import progress_shown
from app.ops.database.database_copy import CopyError, copy_database


def copy(
    to: Annotated[
        str,
        typer.Option("--to", help="URL of a new database: `sqlite:///file` or `postgresql+psycopg://user@host/name`."),
    ],
) -> None:
    """Copy everything to another database, and compare the two. Stop the service first; run it again to resume."""
    target = new_database(to, "--to")
    try:
        with migrated_database() as sessions, progress_shown():
            checked = copy_database(sessions.engine, target)
    except CopyError as error:
        fail(str(error))
    finally:
        target.dispose()
    rows = sum(each.rows for each in checked.values())
    out.print(f"{rows:,} rows of {len(checked)} tables were copied and compared.")
    out.print("Next: set KB_DATABASE_URL to the new database, `kb check`, and start the service.", soft_wrap=True)
