"""Following the change feed: what was published is noted as news, and digests are begun when their time has come.

Each step is one transaction: what was read, what it led to and how far the reading came are committed together.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

from app.db.sessions import Sessions
from app.db.upsert import insert_or_ignore
from app.documents.revisions import published_number
from app.documents.store import DocumentRow, DocumentState
from app.feed.models import FeedCursorRow, FirstPublicationRow
from app.jobs.periodic import PeriodicTask
from app.jobs.queue import NORMAL, JobRequest, enqueue
from app.kit.clock import rfc3339
from app.mailing.models import DigestRunRow, Frequency, PausedBecause, SubscriptionRow, SubscriptionState
from app.search.query.schema_registry import SchemaRegistry

SCHEDULED = (Frequency.daily, Frequency.weekly, Frequency.monthly)


def latest_scheduled(frequency: Frequency, now: datetime, hour: int) -> datetime:
    """The last planned moment that is not after `now`: after a long stop there is one digest, not one for each day."""
    slot = now.replace(hour=hour, minute=0, second=0, microsecond=0)
    if slot > now:
        slot -= timedelta(days=1)
    if frequency == Frequency.weekly:
        slot -= timedelta(days=slot.weekday())
    if frequency == Frequency.monthly:
        slot = slot.replace(day=1)
    return slot


CURSOR: Final = "news"
DIGEST_RUN: Final = "digest-run"
INTERVAL: Final = timedelta(seconds=15)


def digest_schedule_task(registry: SchemaRegistry, hour: int) -> PeriodicTask:
    """`hour` of the planned digests (UTC)."""
    kinds = [kind for kind, schema in registry.schemas.items() if schema.has_terms]

    def run(sessions: Sessions, now: datetime) -> None:
        with sessions.read() as session:
            idle = not _is_behind(session) and not _due(session, now, hour)
        if not idle:
            with sessions.write() as session:
                follow_feed(session, kinds, now=now)
                start_scheduled_digests(session, hour, now=now)

    return PeriodicTask("mailing", INTERVAL, run)


def _is_behind(session: Session) -> bool:
    return published_number(session) > (_feed_position(session) or 0)


def _feed_position(session: Session) -> int | None:
    return session.scalar(select(FeedCursorRow.revision).where(FeedCursorRow.name == CURSOR))


def follow_feed(session: Session, kinds: list[str], *, now: datetime) -> None:
    """Note what was published since the last time, and begin what is to be sent at once."""
    new = insert_or_ignore(session, FeedCursorRow, "name")
    session.execute(new.values(name=CURSOR, revision=0))
    cursor = session.get_one(FeedCursorRow, CURSOR, with_for_update=True, populate_existing=True)
    after, until = cursor.revision, published_number(session)
    if until <= after:  # nothing new, or a backup was restored: then the feed is read again from there
        cursor.revision = until
        return
    noted = _record_publications(session, kinds, after)
    cursor.revision = until
    if noted and _has_subscribers(session, Frequency.at_once):
        _start_run(session, Frequency.at_once, f"r{until}", after, until, now)


def _record_publications(session: Session, kinds: list[str], after: int) -> bool:
    """Whether any live entry was published or changed."""
    columns = (DocumentRow.id, DocumentRow.revision, DocumentRow.modified)
    changed = select(*columns).where(
        DocumentRow.revision > after, DocumentRow.state == DocumentState.live, DocumentRow.kind.in_(kinds)
    )
    if not session.scalar(select(changed.exists())):
        return False
    news = insert_or_ignore(session, FirstPublicationRow, "document_id")
    session.execute(news.from_select(["document_id", "revision", "at"], changed))
    return True


def start_scheduled_digests(session: Session, hour: int, *, now: datetime) -> None:
    """One run of each frequency whose time has come since its last one."""
    for frequency, slot in _due(session, now, hour):
        since = select(func.min(SubscriptionRow.since)).where(*_subscribed_with(frequency))
        least = session.scalar(since)
        until = _feed_position(session) or 0
        _start_run(session, frequency, slot, until if least is None else least, until, now)


def _due(session: Session, now: datetime, hour: int) -> list[tuple[Frequency, str]]:
    planned = [(frequency, rfc3339(latest_scheduled(frequency, now, hour))) for frequency in SCHEDULED]
    return [
        (frequency, slot)
        for frequency, slot in planned
        if not session.scalar(select(exists().where(DigestRunRow.frequency == frequency, DigestRunRow.slot == slot)))
    ]


def start_immediate_digest(session: Session, subscription: SubscriptionRow, *, now: datetime) -> None:
    """What waited for its digest, to a subscriber who will not wait any more."""
    reader, seen = subscription.subscriber_id, _feed_position(session) or 0
    if subscription.since < seen:
        slot = f"{int(now.timestamp())}/{subscription.id}"
        _start_run(session, Frequency.at_once, slot, subscription.since, seen, now, only=reader)


def _start_run(
    session: Session, frequency: Frequency, slot: str, after: int, until: int, now: datetime, *, only: int | None = None
) -> None:
    """`only`: for this one subscriber."""
    reached = 0 if only is None else only - 1
    values = {"frequency": frequency, "slot": slot, "after": after, "until": until, "at": now, "reached": reached}
    statement = insert_or_ignore(session, DigestRunRow, "frequency", "slot").values(**values)
    number = session.scalar(statement.returning(DigestRunRow.id))
    if number is not None:
        recipients = {} if only is None else {"only": only}
        enqueue(session, JobRequest(DIGEST_RUN, str(number), {"run": number, **recipients}, priority=NORMAL), now=now)


def _subscribed_with(frequency: Frequency) -> tuple[ColumnElement[bool], ...]:
    """Those that go on, or may go on when their search can be read again."""
    lost = SubscriptionRow.paused_because == PausedBecause.term_vanished
    return SubscriptionRow.frequency == frequency, or_(SubscriptionRow.state == SubscriptionState.active, lost)


def _has_subscribers(session: Session, frequency: Frequency) -> bool:
    return bool(session.scalar(select(exists().where(*_subscribed_with(frequency)))))
