"""`kb redact`: what should never have been written."""

from typing import Annotated

import typer

from app.cli.opening import fail, out, ready
from app.kit.clock import utc_now
from app.kit.errors import AppError
from app.staff import redacting
from app.staff.actors import CLI


def redact(
    revision: Annotated[int, typer.Argument(help="Number of the revision, as the audit log shows it.")],
    field: Annotated[str, typer.Option(help="The field that goes, or `note`.")],
    reason: Annotated[str, typer.Option(help="Why; this is kept, and shown in the field's place.")],
) -> None:
    """Take a field out of a revision, for good. The reason and a hash of the value are kept."""
    try:
        with ready() as sessions, sessions.write() as session:
            others = redacting.redact(session, revision, field, reason=reason, by=CLI.name, now=utc_now())
    except AppError as error:
        allowed = ", ".join(name for fault in error.errors for name in fault.allowed)
        fail(f"{error.detail} It has {allowed}." if allowed else error.detail)
    out.print(f"Revision {revision} no longer says what its {field} was.", markup=False)
    if others:
        listed = ", ".join(map(str, others))
        out.print(f"The same is still in {listed}. Backups and log files are not touched.", markup=False)
