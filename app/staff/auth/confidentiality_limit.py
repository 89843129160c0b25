"""How many texts of one actor may be refused because they contain something confidential.

Each refusal reveals something: whoever may publish could halve a list of words until one is left. So refusals are
counted by actor, over all of their keys, processes and restarts, dry runs included. Beyond the limit a change is
refused in the same way whether or not its text is confidential. Who may read what is confidential is not limited.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kit.errors import AppError, TooManyRequests
from app.published.confidentiality import CHECKED, CODE
from app.staff.auth.actors import Actor
from app.staff.auth.security_log import SecurityEvent, SecurityEventRow, record

MAX_COUNT: Final = 5
WITHIN: Final = timedelta(days=1)
UNLIMITED: Final = "confidential:read"
LEAKS: Final = "refused for what is confidential"
"""Key in the `info` of a session: how many items of a batch were refused."""
ACTION, KIND = "refuse", "confidential"
LIMIT_EXCEEDED: Final = (
    f"{MAX_COUNT} texts were refused within a day because they contain something confidential. Until a day has passed, "
    f"this key cannot publish; a key that may read confidential notes (`{UNLIMITED}`) can."
)


def is_leak(error: AppError) -> bool:
    return any(error.code == CODE for error in error.errors)


def note_leak(session: Session, error: AppError) -> None:
    """Counts the refusal of one item of a batch."""
    if is_leak(error):
        session.info[LEAKS] = session.info.get(LEAKS, 0) + 1


def was_checked(session: Session) -> bool:
    """Whether a text was checked in this session, so that the response would reveal the result."""
    return CHECKED in session.info


def leaks_of(session: Session, error: Exception | None = None) -> int:
    """How many refusals the response would reveal."""
    noted: int = session.info.get(LEAKS, 0)
    return noted + (isinstance(error, AppError) and is_leak(error))


def enforce_leak_limit(session: Session, by: Actor, now: datetime, *, leaks: int, logged: bool = False) -> None:
    """Raises TooManyRequests where the actor has used up the refusals of a day. `leaks` are those of this response;
    `logged`: they are in the log already, so that concurrent requests count each other's.
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
        raise TooManyRequests(LIMIT_EXCEEDED, retry_after=max(1, int((until - now).total_seconds())))


def log_refusals(session: Session, operation: str, count: int, *, by: Actor, now: datetime) -> None:
    record(session, SecurityEvent(ACTION, KIND, note=operation, count=count), by=by, now=now)
