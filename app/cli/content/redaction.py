"""`kb redact`: what should never have been written."""

from typing import Annotated

import typer
from sqlalchemy import Engine

from app.catalogue.revisions import RevisionRow
from app.cli.context import err, fail, migrated_database, out
from app.db.purge import DatabaseBusy, purge
from app.intake.runs.models import ImportRecordRow
from app.intake.runs.retention import redact_records
from app.jobs.queue import enqueue
from app.kit.clock import utc_now
from app.kit.errors import AppError
from app.mailing.subscriptions import job_requests
from app.staff.auth.actors import CLI
from app.staff.auth.idempotency import IdempotentAnswerRow
from app.staff.maintenance import redacting

SCRUBBED = tuple(table.__tablename__ for table in (RevisionRow, IdempotentAnswerRow, ImportRecordRow))


def redact(
    revision: Annotated[int, typer.Argument(help="Number of the revision, as the audit log shows it.")],
    field: Annotated[str, typer.Option(help="Field to redact, or `note`.")],
    reason: Annotated[str, typer.Option(help="Reason, which is stored and shown instead.")],
) -> None:
    """Redact a field of a revision permanently, also in stored responses and imports. The reason and a hash of the
    value are kept."""
    try:
        with migrated_database() as sessions, sessions.write() as session:
            now = utc_now()
            others = redacting.redact(
                session, revision, field, reason=reason, by=CLI.name, now=now, copies=(redact_records,)
            )
            enqueue(session, job_requests.scrub(f"redacted {revision} {field}"), now=now)
    except AppError as error:
        allowed = ", ".join(name for error in error.errors for name in error.allowed)
        fail(f"{error.detail} It has {allowed}." if allowed else error.detail)
    with migrated_database() as sessions:
        _scrub(sessions.engine)
    out.print(f"The {field} of revision {revision} has been redacted.", markup=False)
    if others:
        listed = ", ".join(map(str, others))
        out.print(f"The same value is still in {listed}.", markup=False)
    out.print("Backups, log files and mails that were sent may still contain it.")


def _scrub(engine: Engine) -> None:
    try:
        purge(engine, SCRUBBED)
    except DatabaseBusy:
        err.print(
            "The service is reading the database: its worker will clear the write-ahead log shortly.", style="yellow"
        )
