"""Forgetting jobs: a row is kept for a while after its end, so that asking again within that time does nothing."""

from datetime import datetime, timedelta
from typing import Final

from app.db.sessions import Sessions
from app.jobs.periodic import PeriodicTask
from app.jobs.queue import prune

DONE_RETENTION: Final = timedelta(days=7)
FAILED_RETENTION: Final = timedelta(days=90)
"""For failed and uncertain jobs, which somebody should have seen by then."""


def delete_expired(sessions: Sessions, now: datetime) -> None:
    with sessions.write() as session:
        prune(session, done_before=now - DONE_RETENTION, other_before=now - FAILED_RETENTION)


RETENTION_TASK: Final = PeriodicTask("prune-jobs", timedelta(days=1), delete_expired)
