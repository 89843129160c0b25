"""What a bounce or a complaint means for who it is about."""

from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db.upsert import insert_or_ignore
from app.feed.deliveries import DeliveryRow, DeliveryState
from app.mailing.context import MailContext
from app.mailing.delivery.models import BounceReportRow
from app.mailing.models import SubscriberRow, SuppressionReason
from app.mailing.subscriptions.unsubscribe import end_all

SOFT_BOUNCES: Final = 5
"""Within `SOFT_BOUNCE_WINDOW`: then the address is taken for dead."""
SOFT_BOUNCE_WINDOW: Final = timedelta(days=60)
NO_SUCH_MAILBOX: Final = (550, 551, 553)


class BounceType(StrEnum):
    hard = "hard"
    """There is no such mailbox, or it is closed for good."""
    soft = "soft"
    """It could not be delivered this time."""
    complaint = "complaint"
    other = "other"
    """Not about the mailbox: a policy, a size, an error of ours."""


SUPPRESSION_REASONS: Final = {
    BounceType.hard: SuppressionReason.hard_bounce,
    BounceType.soft: SuppressionReason.soft_bounces,
    BounceType.complaint: SuppressionReason.complaint,
}


def classify(code: int | None, enhanced: str | None) -> BounceType:
    """From a reply code (RFC 5321 section 4.2) and an enhanced one (RFC 3463, with RFC 7505's 5.1.10), which wins."""
    if enhanced is None:
        return (
            BounceType.hard
            if code in NO_SUCH_MAILBOX
            else BounceType.soft
            if code in (552, 450, 452)
            else BounceType.other
        )
    kind, subject, detail = map(int, enhanced.split("."))
    if kind == 4:
        return BounceType.soft
    if (kind, subject) == (5, 1):
        return BounceType.other if detail in (7, 8) else BounceType.hard  # 7 and 8 are about the sender
    if (kind, subject) == (5, 2):
        return BounceType.hard if detail == 1 else BounceType.other if detail == 3 else BounceType.soft
    return BounceType.soft if (kind, subject) == (5, 4) else BounceType.other


def record_report(
    context: MailContext,
    session: Session,
    event: str,
    delivery_id: int | None,
    verdict: BounceType,
    status: str | None,
    *,
    now: datetime,
) -> bool:
    """A report from outside, named `event` by its sender; False where it is known already, or about nothing of ours."""
    row = session.get(DeliveryRow, delivery_id, with_for_update=True) if delivery_id is not None else None
    if row is None or not _first_time(session, event, row, verdict, status, now):
        return False
    _mark(row, verdict)
    _act(context, session, row, verdict, now)
    return True


def record_rejection(
    context: MailContext, session: Session, row: DeliveryRow, verdict: BounceType, status: str | None, *, now: datetime
) -> None:
    """Rejected during the SMTP conversation."""
    if _first_time(session, f"reply/{row.id}/{row.tries}", row, verdict, status, now):
        _act(context, session, row, verdict, now)


def _first_time(
    session: Session, event: str, row: DeliveryRow, verdict: BounceType, status: str | None, now: datetime
) -> bool:
    values = {
        "event": sha256(event.encode()).hexdigest(),
        "delivery_id": row.id,
        "subscriber_id": row.subscriber_id,
        "verdict": verdict,
        "status": status,
        "at": now,
    }
    statement = insert_or_ignore(session, BounceReportRow, "event").values(**values)
    return session.scalar(statement.returning(BounceReportRow.event)) is not None


def _mark(row: DeliveryRow, verdict: BounceType) -> None:
    if verdict == BounceType.complaint:
        row.state = DeliveryState.complained
    elif row.state != DeliveryState.complained and verdict in (BounceType.hard, BounceType.soft):
        row.state = DeliveryState.bounced


def _act(context: MailContext, session: Session, row: DeliveryRow, verdict: BounceType, now: datetime) -> None:
    """Who complained, or has no mailbox, hears no more of us; so who could not be reached too often."""
    subscriber = session.get(SubscriberRow, row.subscriber_id) if row.subscriber_id is not None else None
    if subscriber is None or verdict == BounceType.other:
        return
    if verdict == BounceType.soft:
        subscriber.soft_bounces = _recent(session, subscriber.id, now)
        if subscriber.soft_bounces < SOFT_BOUNCES:
            return
    end_all(context, session, subscriber, context.statement("report"), now=now, reason=SUPPRESSION_REASONS[verdict])


def _recent(session: Session, subscriber_id: int, now: datetime) -> int:
    """Mails that bounced softly of late: several reports of one mail count once."""
    counted = select(func.count(BounceReportRow.delivery_id.distinct())).where(
        BounceReportRow.subscriber_id == subscriber_id,
        BounceReportRow.verdict == BounceType.soft,
        BounceReportRow.at > now - SOFT_BOUNCE_WINDOW,
    )
    return session.scalar(counted) or 0
