"""`kb redact`: what should never have been written."""

from typing import Annotated

import typer
from sqlalchemy import Engine

from app.catalogue.revisions import RevisionRow
from app.cli.opening import err, fail, out, ready
from app.db.scrubbing import StillRead, scrub
from app.intake.forgetting import take_out
from app.intake.tables import ImportRecordRow
from app.jobs.queue import enqueue
from app.kit.clock import utc_now
from app.kit.errors import AppError
from app.mailing import wanted
from app.staff import redacting
from app.staff.actors import CLI
from app.staff.idempotency import IdempotentAnswerRow

SCRUBBED = tuple(table.__tablename__ for table in (RevisionRow, IdempotentAnswerRow, ImportRecordRow))


def redact(
    revision: Annotated[int, typer.Argument(help="Number of the revision, as the audit log shows it.")],
    field: Annotated[str, typer.Option(help="The field that goes, or `note`.")],
    reason: Annotated[str, typer.Option(help="Why; this is kept, and shown in the field's place.")],
) -> None:
    """Take a field out of a revision, for good, and out of what was kept for repeated requests and of imports. The
    reason and a hash of the value are kept."""
    try:
        with ready() as sessions, sessions.write() as session:
            now = utc_now()
            others = redacting.redact(session, revision, field, reason=reason, by=CLI.name, now=now, copies=(take_out,))
            enqueue(session, wanted.scrub(f"redacted {revision} {field}"), now=now)
    except AppError as error:
        allowed = ", ".join(name for fault in error.errors for name in fault.allowed)
        fail(f"{error.detail} It has {allowed}." if allowed else error.detail)
    with ready() as sessions:
        _scrub(sessions.engine)
    out.print(f"Revision {revision} no longer says what its {field} was.", markup=False)
    if others:
        listed = ", ".join(map(str, others))
        out.print(f"The same is still in {listed}.", markup=False)
    out.print("Backups, log files and mails that were sent still hold it.")


def _scrub(engine: Engine) -> None:
    try:
        scrub(engine, SCRUBBED)
    except StillRead:
        err.print("The service is reading: its worker empties the write-ahead log in a moment.", style="yellow")
