"""Forgetting jobs: a row is kept for a while after its end, so that asking again within that time does nothing."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import and_, delete, or_
from sqlalchemy.orm import Session

from app.db.sessions import Sessions, affected_rows
from app.jobs.models import FINISHED, JobRow, JobState
from app.jobs.periodic import PeriodicTask

DONE_RETENTION: Final = timedelta(days=7)
FAILED_RETENTION: Final = timedelta(days=90)
"""For failed and uncertain jobs, which staff should have seen by then."""


def delete_expired(sessions: Sessions, now: datetime) -> None:
    with sessions.write() as session:
        prune(session, done_before=now - DONE_RETENTION, other_before=now - FAILED_RETENTION)


def prune(session: Session, *, done_before: datetime, other_before: datetime) -> int:
    """Forget jobs that were done, and failed or uncertain ones, finished before these moments; returns how many."""
    forgotten = 0
    for states, before in (((JobState.done,), done_before), (FINISHED[1:], other_before)):
        old = or_(*(and_(JobRow.state == state, JobRow.finished_at < before) for state in states))
        result = session.execute(delete(JobRow).where(old).execution_options(synchronize_session=False))
        forgotten += affected_rows(result)
    return forgotten


RETENTION_TASK: Final = PeriodicTask("prune-jobs", timedelta(days=1), delete_expired)
