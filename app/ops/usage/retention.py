"""Forgetting counts that are older than they may be."""

from datetime import datetime, timedelta

from sqlalchemy import delete

from app.db.sessions import Sessions
from app.jobs.periodic import PeriodicTask
from app.ops.usage.models import UsageRow


def usage_retention_task(days: int) -> PeriodicTask:
    """Once a day."""

    def run(sessions: Sessions, now: datetime) -> None:
        first = (now - timedelta(days=days)).date().isoformat()
        with sessions.write() as session:
            session.execute(delete(UsageRow).where(UsageRow.day < first).execution_options(synchronize_session=False))

    return PeriodicTask("prune-usage", timedelta(days=1), run)
