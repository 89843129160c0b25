"""Forgetting jobs: a row is kept for a while after its end, so that asking again within that time does nothing."""

from datetime import datetime, timedelta
from typing import Final

from app.db.sessions import Sessions
from app.jobs.periodic import Periodic
from app.jobs.queue import prune

DONE_KEPT: Final = timedelta(days=7)
OTHERS_KEPT: Final = timedelta(days=90)
"""For failed and uncertain jobs, which somebody should have seen by then."""


def forget(sessions: Sessions, now: datetime) -> None:
    with sessions.write() as session:
        prune(session, done_before=now - DONE_KEPT, other_before=now - OTHERS_KEPT)


PRUNING: Final = Periodic("prune-jobs", timedelta(days=1), forget)
