"""Forgetting imports: what became of each record is of use for a while; the entries and their history stay."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.db.sessions import Sessions
from app.intake.runs.models import ImportRecordRow, ImportRow
from app.jobs.periodic import PeriodicTask
from app.staff.maintenance.redacting import remove_value

RETENTION: Final = timedelta(days=90)
"""From the last record on, whether the import came to its end or was given up."""
DELETION_BATCH: Final = 10_000
"""Records of one transaction."""


def delete_expired(sessions: Sessions, now: datetime) -> None:
    """In short transactions, so that writers get their turn in between."""
    while True:
        with sessions.write() as session:
            old = session.scalar(select(ImportRow.id).where(ImportRow.updated_at < now - RETENTION).limit(1))
            if old is None:
                return
            records = select(ImportRecordRow.number).where(ImportRecordRow.import_id == old).limit(DELETION_BATCH)
            gone = list(session.scalars(records))
            session.execute(
                delete(ImportRecordRow).where(ImportRecordRow.import_id == old, ImportRecordRow.number.in_(gone))
            )
            if len(gone) < DELETION_BATCH:
                session.execute(delete(ImportRow).where(ImportRow.id == old))


RETENTION_TASK: Final = PeriodicTask("prune-imports", timedelta(days=1), delete_expired)


REDACTION_BATCH = 500


def redact_records(session: Session, field: str, value: object) -> int:
    """As `staff.maintenance.redacting` wants it: a value of a field, or a note line by line. Returns of how many
    records."""
    changed = 0
    rows = select(ImportRecordRow).execution_options(yield_per=REDACTION_BATCH)
    for row in session.scalars(rows):
        left = remove_value(row.shown, field, value)
        if left != row.shown:
            row.shown, changed = left, changed + 1
    return changed
