"""How often somebody may be refused for what is confidential.

Each refusal tells something: whoever may publish could halve a list of words until one is left. So it is counted, for
whoever does it under whichever of their keys, over all processes and restarts, dry runs too; and beyond the limit what
was asked is neither done nor told from what would have been refused. Who may read what is confidential is not limited.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kit.errors import AppError, TooManyRequests
from app.published.confidentiality import CHECKED, CODE
from app.staff.auth.actors import Actor
from app.staff.auth.security_log import Event, SecurityEventRow, record

MAX_COUNT: Final = 5
WITHIN: Final = timedelta(days=1)
UNLIMITED: Final = "confidential:read"
LEAKS: Final = "refused for what is confidential"
"""In the `info` of a session: how many items of a batch were."""
ACTION, KIND = "refuse", "confidential"
TOLD_ENOUGH: Final = (
    f"{MAX_COUNT} texts were refused within a day because they contain something confidential. Until a day has passed, "
    f"this key cannot publish; a key with the scope `{UNLIMITED}` can."
)


def is_leak(error: AppError) -> bool:
    return any(error.code == CODE for error in error.errors)


def note_leak(session: Session, error: AppError) -> None:
    """Of one item, whose refusal is a part of an answer."""
    if is_leak(error):
        session.info[LEAKS] = session.info.get(LEAKS, 0) + 1


def is_told(session: Session) -> bool:
    """Whether an answer would tell, by a refusal or by none, that a text says nothing confidential."""
    return CHECKED in session.info


def leaks_of(session: Session, error: Exception | None = None) -> int:
    """How many refusals an answer would tell."""
    noted: int = session.info.get(LEAKS, 0)
    return noted + (isinstance(error, AppError) and is_leak(error))


def demand_left(session: Session, by: Actor, now: datetime, *, leaks: int, logged: bool = False) -> None:
    """Raises TooManyRequests where no answer may tell any more whether a text says something confidential. `leaks` are
    the refusals that this answer tells; `logged`: they are in the log, so that of several at once each sees the others.
    """
    if UNLIMITED in by.scopes:
        return
    row = SecurityEventRow
    refused = select(row.at, row.count).where(
        row.kind == KIND, row.action == ACTION, row.actor == by.name, row.at > now - WITHIN
    )
    events = session.execute(refused.order_by(row.id)).all()
    used = sum(count for _, count in events) - (leaks if logged else 0)
    if used >= MAX_COUNT or used + leaks > MAX_COUNT:
        until = events[0][0] + WITHIN if events else now + WITHIN
        raise TooManyRequests(TOLD_ENOUGH, retry_after=max(1, int((until - now).total_seconds())))


def log_refusals(session: Session, operation: str, count: int, *, by: Actor, now: datetime) -> None:
    record(session, Event(ACTION, KIND, note=operation, count=count), by=by, now=now)
