"""Taking out of the records of imports what is taken out of the history."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.intake.tables import ImportRecordRow
from app.staff.redacting import without

AT_ONCE = 500


def take_out(session: Session, field: str, value: Any) -> int:
    """As `staff.redacting` wants it: a value of a field, or a note line by line. Returns of how many records."""
    changed = 0
    rows = select(ImportRecordRow).execution_options(yield_per=AT_ONCE)
    for row in session.scalars(rows):
        left = without(row.shown, field, value)
        if left != row.shown:
            row.shown, changed = left, changed + 1
    return changed
