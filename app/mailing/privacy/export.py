"""All that is held about one subscriber (UK GDPR Articles 15 and 20), as JSON or CSV."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.feed.deliveries import DeliveryRow
from app.kit.clock import rfc3339
from app.kit.json_types import JsonObject
from app.kit.spreadsheets import csv_row
from app.mailing.consent import consent_log, suppression
from app.mailing.context import MailContext
from app.mailing.delivery.models import BounceReportRow
from app.mailing.models import SubscriberRow, SubscriptionRow, TokenRow
from app.mailing.subscriptions.signup import subscriptions_of

ExportPart = Callable[[Session, int], list[JsonObject]]


def export_subscriber(context: MailContext, session: Session, subscriber: SubscriberRow) -> JsonObject:
    """Objects and lists of objects; nothing that is held is left out."""
    return {
        "subscriber": {
            "number": subscriber.id,
            "address": subscriber.address,
            "mailbox": subscriber.mailbox,
            "state": subscriber.state,
            "state_since": rfc3339(subscriber.state_since),
            "language": subscriber.language,
            "created_at": rfc3339(subscriber.created_at),
            "asked_at": _moment(subscriber.asked_at),
            "asked_again_at": _moment(subscriber.asked_again_at),
            "welcomed_at": _moment(subscriber.welcomed_at),
            "reminded_at": _moment(subscriber.reminded_at),
            "soft_bounces": subscriber.soft_bounces,
            "suppressed": [*suppression.reasons(session, context.signing_keys, subscriber.unique_key)],
        },
        **{name: part(session, subscriber.id) for name, part in PARTS},
    }


def subscriptions(session: Session, subscriber_id: int) -> list[JsonObject]:
    return [_subscription(row) for row in subscriptions_of(session, subscriber_id)]


def _subscription(row: SubscriptionRow) -> JsonObject:
    return {
        "number": row.id,
        "query": row.query,
        "frequency": row.frequency,
        "language": row.language,
        "state": row.state,
        "paused_because": row.paused_because,
        "created_at": rfc3339(row.created_at),
        "confirmed_at": _moment(row.confirmed_at),
        "ended_at": _moment(row.ended_at),
    }


def deliveries(session: Session, subscriber_id: int) -> list[JsonObject]:
    """What was sent, or was to be, oldest first; of digests, with the numbers of the entries."""
    found = select(DeliveryRow).where(DeliveryRow.subscriber_id == subscriber_id).order_by(DeliveryRow.id)
    return [
        {
            "number": row.id,
            "kind": row.kind,
            "state": row.state,
            "created_at": rfc3339(row.created_at),
            "settled_at": _moment(row.settled_at),
            "reply": row.reply,
            "entries": sorted({ident for entries in (row.items or {}).values() for ident in entries}),
        }
        for row in session.scalars(found)
    ]


def links(session: Session, subscriber_id: int) -> list[JsonObject]:
    """What was mailed to confirm or to manage with; the links themselves are kept as hashes alone."""
    found = select(TokenRow).where(TokenRow.subscriber_id == subscriber_id).order_by(TokenRow.expires_at, TokenRow.id)
    return [
        {"purpose": row.purpose, "expires_at": rfc3339(row.expires_at), "used_at": _moment(row.used_at)}
        for row in session.scalars(found)
    ]


def reports(session: Session, subscriber_id: int) -> list[JsonObject]:
    """Bounces and complaints that came in."""
    found = (
        select(BounceReportRow)
        .where(BounceReportRow.subscriber_id == subscriber_id)
        .order_by(BounceReportRow.at, BounceReportRow.event)
    )
    return [
        {"delivery": row.delivery_id, "verdict": row.verdict, "status": row.status, "at": rfc3339(row.at)}
        for row in session.scalars(found)
    ]


def _moment(at: datetime | None) -> str | None:
    return None if at is None else rfc3339(at)


PARTS: Final[tuple[tuple[str, ExportPart], ...]] = (
    ("subscriptions", subscriptions),
    ("consent", consent_log.consent_history),
    ("deliveries", deliveries),
    ("reports", reports),
    ("links", links),
)


def as_csv(report: JsonObject) -> str:
    """A line for each value: where it belongs (`consent`), which one of those it is, its name, and the value,
    with an apostrophe before what a spreadsheet would take for a formula."""
    rows = [csv_row(("part", "number", "name", "value"))]
    for part, content in report.items():
        for number, each in enumerate(content if isinstance(content, list) else [content], 1):
            rows += (csv_row((part, str(number), name, _cell(value))) for name, value in each.items())
    return "".join(rows)


def _cell(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
