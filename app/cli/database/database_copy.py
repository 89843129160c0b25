"""`kb copy`: everything into another database."""

from typing import Annotated

import typer
from sqlalchemy.exc import ArgumentError

from app.cli.context import fail, migrated_database, out
from app.cli.progress import progress_shown
from app.db.engine import make_engine
from app.ops.database.database_copy import CopyError, copy_database


def copy(
    to: Annotated[
        str,
        typer.Option("--to", help="URL of a new database: `sqlite:///file` or `postgresql+psycopg://user@host/name`."),
    ],
) -> None:
    """Copy everything to another database, and compare the two. Stop the service first; run it again to resume."""
    try:
        target = make_engine(to)
    except ArgumentError:  # not shown: it may repeat a part of the URL
        fail("--to must be sqlite:///file or postgresql+psycopg://user@host/name.")
    except OSError as error:
        fail(f"The folder of the new database cannot be created: {error.filename}: {error.strerror}.")
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
