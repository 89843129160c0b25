"""`kb downgrade`: the tables as an older version made them."""

from typing import Annotated

import typer

from app.cli.context import err, fail, open_database, out
from app.cli.database.migration import back_up
from app.db.schema.downgrades import DowngradeError, find_target, foresee_losses, targets
from app.db.schema.downgrades import downgrade as downgrade_to
from app.db.schema.migrations import NewerSchemaError
from app.db.sessions import Sessions
from app.ops.database.backup import BackupError

SHOWN = 15
"""Schema revisions that are listed, at most."""


def downgrade(
    to: Annotated[
        str | None,
        typer.Argument(
            help="A schema revision, by the beginning of its name, or a version that migrated this database; by "
            "default the possible ones are listed."
        ),
    ] = None,
    backup: Annotated[
        bool, typer.Option("--backup/--no-backup", help="Whether to back up first, into KB_BACKUP_DIRECTORY.")
    ] = True,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation before something is lost.")] = False,
) -> None:
    """Downgrade the tables for an older version, which is then to be installed. Says what would be lost, and asks. Stop
    the service first."""
    with open_database() as sessions:
        try:
            if to is None:
                _list_targets(sessions)
            else:
                _downgrade(sessions, to, backup=backup, yes=yes)
        except (DowngradeError, NewerSchemaError, BackupError) as error:
            fail(str(error))


def _list_targets(sessions: Sessions) -> None:
    with sessions.engine.connect() as connection:
        scripts = targets(connection)
    if not scripts:
        fail("There is no older state of this database.")
    for script in scripts[:SHOWN]:
        out.print(f"{script.revision}  {script.doc}", markup=False, highlight=False, soft_wrap=True)
    if len(scripts) > SHOWN:
        out.print(f"and {len(scripts) - SHOWN} older ones")


def _downgrade(sessions: Sessions, to: str, *, backup: bool, yes: bool) -> None:
    engine = sessions.engine
    with engine.connect() as connection:
        target = find_target(connection, to)
    losses = [loss for loss in foresee_losses(engine, target) if loss.count]
    for loss in losses:
        err.print(f"Would be lost: {loss}", style="yellow", markup=False, soft_wrap=True)
    if losses and not yes:
        typer.confirm("Go on?", abort=True)
    if backup:
        back_up(engine)
    downgrade_to(engine, target)
    out.print(
        f"The tables are at {target}. Next: install the version that made them, then `kb rebuild`, and start the "
        "service. With this version, `kb migrate` goes forward again.",
        soft_wrap=True,
    )
