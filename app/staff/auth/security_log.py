"""What was done with keys, with people's data and with what is confidential, and what was refused: appended, never
altered, and shown in one list with the history of the catalogue.

An event stands behind the revision that was the newest when it was written (`after`), so both lists have one order that
no clock can disturb. No address, no word that is confidential and no secret stands in any of them.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Index, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.catalogue.revisions import RevisionCounterRow
from app.db.base import Base
from app.staff.auth.actors import Actor

HOUR: Final = timedelta(hours=1)
NOBODY: Final = Actor("unknown")
"""Who came without a key that is good."""


class SecurityEventRow(Base):
    """`key` is the public id of the key that it was done with; `count` is how many equal events it stands for."""

    __tablename__ = "security_event"
    __table_args__ = (
        Index("ix_security_event_after", "after", "id"),
        Index("ix_security_event_counted", "kind", "action", "at"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    after: Mapped[int]
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(200))
    key: Mapped[str | None] = mapped_column(String(12))
    action: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(80))
    """What it was done with: the id of a key, the number of a subscriber, the slug of an entry; often nothing."""
    note: Mapped[str | None] = mapped_column(String(500))
    count: Mapped[int]


@dataclass(frozen=True, slots=True)
class SecurityEvent:
    """What is to be written down."""

    action: str
    kind: str
    subject: str = ""
    note: str | None = None
    count: int = 1


def record(session: Session, event: SecurityEvent, *, by: Actor, now: datetime) -> None:
    """Adds the event in the transaction of what it describes."""
    session.flush()
    row = SecurityEventRow(
        after=session.scalar(select(RevisionCounterRow.last)) or 0,
        at=now,
        actor=by.name,
        key=by.key,
        action=event.action,
        kind=event.kind,
        subject=event.subject,
        note=event.note,
        count=event.count,
    )
    session.add(row)
    session.flush()


def counted(session: Session, event: SecurityEvent, *, by: Actor, since: datetime, any_subject: bool = False) -> int:
    """How many events of its kind the actor has had since then: those about its subject, or about `any_subject`."""
    row = SecurityEventRow
    conditions = [row.kind == event.kind, row.action == event.action, row.at > since, row.actor == by.name]
    if not any_subject:
        conditions.append(row.subject == event.subject)
    return session.scalar(select(func.coalesce(func.sum(row.count), 0)).where(*conditions)) or 0
