"""Export of the suppression list, without addresses: stored beside backups, applied after an older one is restored."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db.upsert import insert_or_ignore
from app.kit.clock import parse_rfc3339, rfc3339
from app.kit.spreadsheets import csv_row
from app.mailing.consent import suppression
from app.mailing.consent.consent_log import ConsentStatement
from app.mailing.context import MailContext
from app.mailing.models import (
    OWN_DECISIONS,
    SubscriberRow,
    SubscriberState,
    SubscriptionRow,
    SubscriptionState,
    SuppressionReason,
    SuppressionRow,
)
from app.mailing.privacy.erasure import erase_subscriber
from app.mailing.subscriptions.unsubscribe import end_all, end_by_link

COLUMNS: Final = ("what", "name", "reason", "key", "at")
"""`what` is `suppression`, whose name is a keyed hash, or `subscription`, whose name is the number of an ended one."""


@dataclass(slots=True)
class SuppressionExport:
    """What such a list says."""

    suppressed: list[SuppressionRow] = field(default_factory=list)
    ended: list[tuple[int, datetime]] = field(default_factory=list)


def export_suppressions(session: Session) -> Iterator[str]:
    """CSV, in pieces."""
    yield csv_row(COLUMNS)
    for row in session.scalars(select(SuppressionRow).order_by(SuppressionRow.at, SuppressionRow.digest)):
        yield csv_row(("suppression", row.digest, row.reason, row.key_id, rfc3339(row.at)))
    ended = select(SubscriptionRow).where(SubscriptionRow.state == SubscriptionState.ended)
    for subscription in session.scalars(ended.order_by(SubscriptionRow.id)):
        if subscription.ended_at is not None:
            yield csv_row(("subscription", str(subscription.id), "", "", rfc3339(subscription.ended_at)))


def parse_suppressions(text: str) -> SuppressionExport:
    """Raises ValueError for what is no such list."""
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    if tuple(next(lines, ())) != COLUMNS:
        raise ValueError("this is not a suppression list")
    found = SuppressionExport()
    for what, name, reason, key, when in lines:
        at = parse_rfc3339(when)
        if what == "suppression":
            found.suppressed.append(SuppressionRow(digest=name, reason=SuppressionReason(reason), key_id=key, at=at))
        else:
            found.ended.append((int(name), at))
    return found


def import_suppressions(
    context: MailContext, session: Session, left: SuppressionExport, statement: ConsentStatement, *, now: datetime
) -> int:
    """Suppress these again, except addresses confirmed since; returns how many of them are still subscribers. A
    repetition changes nothing."""
    here = _subscribers(context, session, {row.digest for row in left.suppressed})
    back = {digest: _last_consent(session, subscriber) for digest, subscriber in here.items()}
    gone = 0
    for row in left.suppressed:
        yes = back.get(row.digest)
        if yes is None or yes <= row.at or row.reason not in OWN_DECISIONS:
            _suppress(session, row)
            gone += _end_subscriptions(
                context, session, here.get(row.digest), SuppressionReason(row.reason), statement, now
            )
    for number, at in left.ended:
        subscription = session.get(SubscriptionRow, number)
        if subscription is not None and (subscription.confirmed_at or subscription.created_at) <= at:
            end_by_link(context, session, [number], statement, now=now)
    return gone


def _subscribers(context: MailContext, session: Session, digests: set[str]) -> dict[str, int]:
    """The numbers of those whose hash is one of these."""
    found = session.execute(select(SubscriberRow.id, SubscriberRow.unique_key).execution_options(yield_per=1000))
    return {
        digest: number
        for number, unique_key in found
        for digest in suppression.digests(context.signing_keys, unique_key)
        if digest in digests
    }


def _last_consent(session: Session, subscriber: int) -> datetime | None:
    found = select(func.max(SubscriptionRow.confirmed_at)).where(
        SubscriptionRow.subscriber_id == subscriber, SubscriptionRow.state != SubscriptionState.ended
    )
    return session.scalar(found)


def _suppress(session: Session, row: SuppressionRow) -> None:
    values = {"digest": row.digest, "reason": row.reason, "key_id": row.key_id, "at": row.at}
    session.execute(insert_or_ignore(session, SuppressionRow, "digest", "reason").values(**values))


def _end_subscriptions(
    context: MailContext,
    session: Session,
    number: int | None,
    reason: SuppressionReason,
    statement: ConsentStatement,
    now: datetime,
) -> bool:
    subscriber = None if number is None else session.get(SubscriberRow, number, with_for_update=True)
    if subscriber is None:
        return False
    if reason == SuppressionReason.erasure:
        erase_subscriber(context, session, subscriber, statement, now=now)
        return True
    is_back = subscriber.state in (SubscriberState.active, SubscriberState.pending)
    if is_back:
        end_all(context, session, subscriber, statement, now=now, reason=reason)
    return is_back
