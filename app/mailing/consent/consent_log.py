"""The proof of consent: events that are appended and never altered, and the texts that were shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.upsert import insert_or_ignore
from app.kit.clock import rfc3339
from app.kit.json_types import JsonObject
from app.mailing.models import ConsentEventRow, ConsentKind, ConsentTextRow, SubscriptionRow


@dataclass(frozen=True, slots=True)
class ConsentStatement:
    """Where a statement was made (a page, an address, a command), and the texts that were shown there."""

    form: str
    wording: str | None = None
    notice: str | None = None


def record_event(
    session: Session,
    kind: ConsentKind,
    subscriber_id: int,
    statement: ConsentStatement,
    *,
    now: datetime,
    subscription: SubscriptionRow | None = None,
    basis: str | None = None,
) -> None:
    """Append one event; of a subscription with what it says now."""
    row = ConsentEventRow(
        subscriber_id=subscriber_id,
        subscription_id=None if subscription is None else subscription.id,
        kind=kind,
        at=now,
        asked=None if subscription is None else subscription_facts(subscription),
        wording=_keep_text(session, statement.wording),
        privacy_notice=_keep_text(session, statement.notice),
        form=statement.form,
        basis=basis,
    )
    session.add(row)
    session.flush()


def subscription_facts(subscription: SubscriptionRow) -> JsonObject:
    """What a subscription is about."""
    return {
        "query": subscription.query,
        "frequency": subscription.frequency,
        "language": subscription.language,
        "state": subscription.state,
    }


def _keep_text(session: Session, text: str | None) -> str | None:
    """Store a text; returns its SHA-256."""
    if text is None:
        return None
    digest = sha256(text.encode()).hexdigest()
    session.execute(insert_or_ignore(session, ConsentTextRow, "sha256").values(sha256=digest, text=text))
    return digest


def consent_history(session: Session, subscriber_id: int) -> list[JsonObject]:
    """Every event of one subscriber, oldest first, with the texts."""
    found = select(ConsentEventRow).where(ConsentEventRow.subscriber_id == subscriber_id).order_by(ConsentEventRow.id)
    events = session.scalars(found).all()
    texts = _texts(session, events)
    return [_shown(event, texts) for event in events]


def _texts(session: Session, events: Sequence[ConsentEventRow]) -> dict[str, str]:
    requested = {digest for event in events for digest in (event.wording, event.privacy_notice) if digest}
    rows = session.scalars(select(ConsentTextRow).where(ConsentTextRow.sha256.in_(requested)))
    return {row.sha256: row.text for row in rows}


def _shown(event: ConsentEventRow, texts: Mapping[str, str]) -> JsonObject:
    return {
        "event": event.kind,
        "at": rfc3339(event.at),
        "subscription": event.subscription_id,
        "asked": event.asked,
        "wording": _text(event.wording, texts),
        "privacy_notice": _text(event.privacy_notice, texts),
        "form": event.form,
        "basis": event.basis,
    }


def _text(digest: str | None, texts: Mapping[str, str]) -> dict[str, str] | None:
    return None if digest is None else {"sha256": digest, "text": texts[digest]}
