"""Large imports as jobs: begun with the request that asked for them, and gone on with by whatever worker is there."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.db.sessions import Sessions
from app.intake.importing import Overtaken, body_of, run
from app.intake.tables import ImportRow
from app.jobs.kinds import JobKind, Retry
from app.jobs.lease import Job
from app.jobs.queue import LATER, Wanted, enqueue


def later(session: Session, row: ImportRow, *, now: datetime) -> None:
    """Have the import done."""
    wanted = Wanted("import", f"import/{row.id}", {"import": row.id}, priority=LATER)
    enqueue(session, wanted, now=now)


def _handle(sessions: Sessions, job: Job) -> None:
    ident = int(job.payload["import"])
    with sessions.read() as session:
        stream = body_of(session, ident)

    def extend(session: Session, _row: ImportRow) -> None:
        job.extend(session)

    try:
        run(sessions, ident, stream, clock=job.clock, also=extend)
    except Overtaken as error:
        raise Retry(str(error)) from error


JOB = JobKind(name="import", handle=_handle, repeatable=True, lease=timedelta(minutes=5))
"""Repeatable: what is settled is skipped."""
