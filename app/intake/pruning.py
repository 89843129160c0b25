"""Forgetting imports: what became of each record is of use for a while; the entries and their history stay."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select

from app.db.sessions import Sessions
from app.intake.tables import ImportRecordRow, ImportRow
from app.jobs.periodic import Periodic

KEPT: Final = timedelta(days=90)
"""From the last record on, whether the import came to its end or was given up."""
AT_ONCE: Final = 10_000
"""Records of one transaction."""


def forget(sessions: Sessions, now: datetime) -> None:
    """In short transactions, so that writers get their turn in between."""
    while True:
        with sessions.write() as session:
            old = session.scalar(select(ImportRow.id).where(ImportRow.updated_at < now - KEPT).limit(1))
            if old is None:
                return
            records = select(ImportRecordRow.number).where(ImportRecordRow.import_id == old).limit(AT_ONCE)
            gone = list(session.scalars(records))
            session.execute(
                delete(ImportRecordRow).where(ImportRecordRow.import_id == old, ImportRecordRow.number.in_(gone))
            )
            if len(gone) < AT_ONCE:
                session.execute(delete(ImportRow).where(ImportRow.id == old))


PRUNING: Final = Periodic("prune-imports", timedelta(days=1), forget)
