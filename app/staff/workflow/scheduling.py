"""Publishing at a set time, in the background."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from app.db.sessions import Sessions
from app.jobs.periodic import PeriodicTask
from app.staff.editing.working_copies import PlannedPublishingRow
from app.staff.workflow.transitions import publish_due


def publish_due_entries(sessions: Sessions, now: datetime) -> None:
    """Where nothing is due, nobody is kept from writing."""
    due = select(PlannedPublishingRow.entry_id).where(
        PlannedPublishingRow.publish_at <= now, PlannedPublishingRow.refused.is_(None)
    )
    with sessions.read() as session:
        if session.scalar(due.limit(1)) is None:
            return
    with sessions.write() as session:
        publish_due(session, now)


PUBLISHING_TASK: Final = PeriodicTask("publish-due", timedelta(seconds=15), publish_due_entries)
