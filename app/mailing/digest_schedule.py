"""When digests begin: at their hour, or at once when something was published.

Each step is one transaction: what was read of the change feed, what it led to and how far the reading came are
committed together.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

from app.db.sessions import Sessions
from app.db.upsert import insert_or_ignore
from app.feed.cursors import feed_position, follow_feed, is_behind
from app.jobs.periodic import PeriodicTask
from app.jobs.queue import NORMAL, JobRequest, enqueue
from app.kit.clock import rfc3339
from app.mailing.models import DigestRunRow, Frequency, PausedBecause, SubscriptionRow, SubscriptionState
from app.search.query.schema_registry import SchemaRegistry

SCHEDULED: Final = (Frequency.daily, Frequency.weekly, Frequency.monthly)
CONSUMER: Final = "digests"
"""Of the change feed."""
DIGEST_RUN: Final = "digest-run"
INTERVAL: Final = timedelta(seconds=15)


def digest_schedule_task(registry: SchemaRegistry, hour: int) -> PeriodicTask:
    """`hour` of the scheduled digests (UTC)."""
    kinds = [kind for kind, schema in registry.schemas.items() if schema.has_terms]

    def run(sessions: Sessions, now: datetime) -> None:
        with sessions.read() as session:
            is_idle = not is_behind(session, CONSUMER) and not _due(session, now, hour)
        if not is_idle:
            with sessions.write() as session:
                start_immediate_digests(session, kinds, now=now)
                start_scheduled_digests(session, hour, now=now)

    return PeriodicTask("mailing", INTERVAL, run)


def start_immediate_digests(session: Session, kinds: Collection[str], *, now: datetime) -> None:
    """One run for what was published since the last time, where there are immediate subscriptions."""
    batch = follow_feed(session, CONSUMER, kinds)
    if batch is not None and batch.has_entries and _has_subscribers(session, Frequency.at_once):
        _start_run(session, Frequency.at_once, f"r{batch.until}", batch.after, batch.until, now)


def start_scheduled_digests(session: Session, hour: int, *, now: datetime) -> None:
    """One run of each frequency whose time has come since its last one."""
    for frequency, slot in _due(session, now, hour):
        since = select(func.min(SubscriptionRow.since)).where(*_subscribed_with(frequency))
        least = session.scalar(since)
        until = feed_position(session, CONSUMER)
        _start_run(session, frequency, slot, until if least is None else least, until, now)


def latest_scheduled(frequency: Frequency, now: datetime, hour: int) -> datetime:
    """The last scheduled moment not after `now`: after a long stop there is one digest, not one for each day."""
    moment = now.replace(hour=hour, minute=0, second=0, microsecond=0)
    if moment > now:
        moment -= timedelta(days=1)
    if frequency == Frequency.weekly:
        moment -= timedelta(days=moment.weekday())
    if frequency == Frequency.monthly:
        moment = moment.replace(day=1)
    return moment


def _due(session: Session, now: datetime, hour: int) -> list[tuple[Frequency, str]]:
    planned = [(frequency, rfc3339(latest_scheduled(frequency, now, hour))) for frequency in SCHEDULED]
    return [
        (frequency, slot)
        for frequency, slot in planned
        if not session.scalar(select(exists().where(DigestRunRow.frequency == frequency, DigestRunRow.slot == slot)))
    ]


def start_immediate_digest(session: Session, subscription: SubscriptionRow, *, now: datetime) -> None:
    """What waited for its digest, to a subscriber who will not wait any more."""
    subscriber, until = subscription.subscriber_id, feed_position(session, CONSUMER)
    if subscription.since < until:
        slot = f"{int(now.timestamp())}/{subscription.id}"
        _start_run(session, Frequency.at_once, slot, subscription.since, until, now, only=subscriber)


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
