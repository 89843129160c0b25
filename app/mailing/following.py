"""Following the change feed: what was published is noted as news, and digests are begun when their time has come.

Each step is one transaction: what was read, what it led to and how far the reading came are committed together.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

from app.db.inserting import insert_unless_there
from app.db.sessions import Sessions
from app.documents.revisions import head
from app.documents.store import DocumentRow, State
from app.jobs.periodic import Periodic
from app.jobs.queue import NORMAL, Wanted, enqueue
from app.kit.clock import rfc3339
from app.mailing.delivery_tables import NewsRow
from app.mailing.slots import PLANNED, latest_slot
from app.mailing.tables import (
    DigestRunRow,
    Frequency,
    MailingCursorRow,
    PausedBecause,
    SubscriptionRow,
    SubscriptionState,
)
from app.search.layout import Layout

CURSOR: Final = "news"
DECIDE: Final = "digest-run"
OFTEN: Final = timedelta(seconds=15)


def following(layout: Layout, hour: int) -> Periodic:
    """`hour` of the planned digests (UTC)."""
    kinds = [kind for kind, shape in layout.shapes.items() if shape.classified]

    def run(sessions: Sessions, now: datetime) -> None:
        with sessions.read() as session:
            idle = not _is_behind(session) and not _due(session, now, hour)
        if not idle:
            with sessions.write() as session:
                follow(session, kinds, now=now)
                begin_planned(session, hour, now=now)

    return Periodic("mailing", OFTEN, run)


def _is_behind(session: Session) -> bool:
    return head(session) > (_seen(session) or 0)


def _seen(session: Session) -> int | None:
    return session.scalar(select(MailingCursorRow.revision).where(MailingCursorRow.name == CURSOR))


def follow(session: Session, kinds: list[str], *, now: datetime) -> None:
    """Note what was published since the last time, and begin what is to be sent at once."""
    new = insert_unless_there(session, MailingCursorRow, "name")
    session.execute(new.values(name=CURSOR, revision=0))
    cursor = session.get_one(MailingCursorRow, CURSOR, with_for_update=True, populate_existing=True)
    after, until = cursor.revision, head(session)
    if until <= after:  # nothing new, or a backup was restored: then the feed is read again from there
        cursor.revision = until
        return
    noted = _note_news(session, kinds, after)
    cursor.revision = until
    if noted and _anybody(session, Frequency.at_once):
        _begin(session, Frequency.at_once, f"r{until}", after, until, now)


def _note_news(session: Session, kinds: list[str], after: int) -> bool:
    """Whether any live entry was published or changed."""
    columns = (DocumentRow.id, DocumentRow.revision, DocumentRow.modified)
    changed = select(*columns).where(
        DocumentRow.revision > after, DocumentRow.state == State.live, DocumentRow.kind.in_(kinds)
    )
    if not session.scalar(select(changed.exists())):
        return False
    news = insert_unless_there(session, NewsRow, "document_id")
    session.execute(news.from_select(["document_id", "revision", "at"], changed))
    return True


def begin_planned(session: Session, hour: int, *, now: datetime) -> None:
    """One run of each frequency whose time has come since its last one."""
    for frequency, slot in _due(session, now, hour):
        since = select(func.min(SubscriptionRow.since)).where(*_of(frequency))
        least = session.scalar(since)
        until = _seen(session) or 0
        _begin(session, frequency, slot, until if least is None else least, until, now)


def _due(session: Session, now: datetime, hour: int) -> list[tuple[Frequency, str]]:
    planned = [(frequency, rfc3339(latest_slot(frequency, now, hour))) for frequency in PLANNED]
    return [
        (frequency, slot)
        for frequency, slot in planned
        if not session.scalar(select(exists().where(DigestRunRow.frequency == frequency, DigestRunRow.slot == slot)))
    ]


def hear_at_once(session: Session, subscription: SubscriptionRow, *, now: datetime) -> None:
    """What waited for its digest, to a subscriber who will not wait any more."""
    reader, seen = subscription.subscriber_id, _seen(session) or 0
    if subscription.since < seen:
        slot = f"{int(now.timestamp())}/{subscription.id}"
        _begin(session, Frequency.at_once, slot, subscription.since, seen, now, only=reader)


def _begin(
    session: Session, frequency: Frequency, slot: str, after: int, until: int, now: datetime, *, only: int | None = None
) -> None:
    """`only`: for this one subscriber."""
    reached = 0 if only is None else only - 1
    values = {"frequency": frequency, "slot": slot, "after": after, "until": until, "at": now, "reached": reached}
    statement = insert_unless_there(session, DigestRunRow, "frequency", "slot").values(**values)
    number = session.scalar(statement.returning(DigestRunRow.id))
    if number is not None:
        whose = {} if only is None else {"only": only}
        enqueue(session, Wanted(DECIDE, str(number), {"run": number, **whose}, priority=NORMAL), now=now)


def _of(frequency: Frequency) -> tuple[ColumnElement[bool], ...]:
    """Those that go on, or may go on when their search can be read again."""
    lost = SubscriptionRow.paused_because == PausedBecause.term_vanished
    return SubscriptionRow.frequency == frequency, or_(SubscriptionRow.state == SubscriptionState.active, lost)


def _anybody(session: Session, frequency: Frequency) -> bool:
    return bool(session.scalar(select(exists().where(*_of(frequency)))))
