"""Large imports as jobs: created with the request, continued by any worker."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.sessions import Sessions
from app.intake.runs.models import ImportRow, ImportState
from app.intake.runs.runner import ConcurrentRun, body_of, run_import
from app.jobs.kinds import JobKind, Retry
from app.jobs.lease import Job
from app.jobs.models import JobRow, JobState
from app.jobs.queue import LOW, JobRequest, enqueue


def enqueue_import(session: Session, row: ImportRow, *, now: datetime) -> None:
    """Enqueue an import."""
    enqueue(session, JobRequest(IMPORT_JOB.name, _key(row), {"import": row.id}, priority=LOW), now=now)


def failures_of(session: Session, rows: Sequence[ImportRow]) -> dict[int, str | None]:
    """By the number of an import, why its job failed; those that are done or still waiting are left out."""
    going = {_key(row): row.id for row in rows if row.state != ImportState.done}
    given_up = (JobRow.kind == IMPORT_JOB.name, JobRow.key.in_(going), JobRow.state == JobState.failed)
    found = session.execute(select(JobRow.key, JobRow.error).where(*given_up))
    return {going[key]: error for key, error in found}


def _key(row: ImportRow) -> str:
    return f"import/{row.id}"


def _handle(sessions: Sessions, job: Job) -> None:
    ident = int(job.payload["import"])
    with sessions.read() as session:
        stream = body_of(session, ident)

    def extend(session: Session, _row: ImportRow) -> None:
        job.extend(session)

    try:
        run_import(sessions, ident, stream, clock=job.clock, after_chunk=extend)
    except ConcurrentRun as error:
        raise Retry(str(error)) from error


IMPORT_JOB = JobKind(name="import", handle=_handle, repeatable=True, lease=timedelta(minutes=5))
"""Repeatable: processed records are skipped."""
