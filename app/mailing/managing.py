"""What subscribers do themselves: see, change, add, pause and end, with a link that was mailed to them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.kit.errors import Fault, Invalid, Unauthenticated
from app.mailing import consent, suppression, tokens
from app.mailing.confirming import start
from app.mailing.consent import Statement
from app.mailing.following import hear_at_once
from app.mailing.office import Office
from app.mailing.queries import MOST_QUERIES, digest_of
from app.mailing.signing_up import new_subscription, subscriptions_of
from app.mailing.tables import (
    ConsentKind,
    Frequency,
    Purpose,
    SubscriberRow,
    SubscriptionRow,
    SubscriptionState,
    TokenRow,
)
from app.mailing.unsubscribing import RUNNING, end, pause

SHOWN = (SubscriptionState.pending, *RUNNING)
REFUSED = "This link to manage subscriptions is not one of ours, or its 30 minutes are over: ask for another."


@dataclass(frozen=True, slots=True)
class How:
    """How often, and in which language."""

    frequency: str
    language: str


@dataclass(frozen=True, slots=True)
class Change:
    """Of one subscription, what is to be otherwise; None leaves it as it is."""

    id: int
    frequency: str | None = None
    language: str | None = None
    state: str | None = None


def admit(session: Session, text: str, *, now: datetime, lock: bool = False) -> tuple[SubscriberRow, TokenRow]:
    """Whose link it is. Raises Unauthenticated."""
    row = tokens.find(session, Purpose.manage, text)
    if row is None or now >= row.expires_at:
        raise Unauthenticated(REFUSED, error="invalid_token")
    subscriber = session.get(SubscriberRow, row.subscriber_id, with_for_update=lock)
    if subscriber is None:
        raise Unauthenticated(REFUSED, error="invalid_token")
    return subscriber, row


def shown(session: Session, subscriber: SubscriberRow) -> list[SubscriptionRow]:
    """What the subscriber has, and what waits for a yes."""
    return subscriptions_of(session, subscriber.id, *SHOWN)


def change(
    office: Office,
    session: Session,
    subscriber: SubscriberRow,
    changes: list[Change],
    said: Statement,
    *,
    now: datetime,
) -> None:
    """All of it or nothing. Raises Invalid for a subscription that is not there."""
    own = {each.id: each for each in shown(session, subscriber)}
    wrong = [place for place, each in enumerate(changes) if each.id not in own]
    if wrong:
        faults = [Fault("unknown", "There is no such subscription.", pointer=f"/subscriptions/{n}/id") for n in wrong]
        raise Invalid("A subscription is not there.", errors=faults)
    for each in changes:
        _change(office, session, subscriber, own[each.id], each, said, now)


def _change(
    office: Office,
    session: Session,
    subscriber: SubscriberRow,
    row: SubscriptionRow,
    wish: Change,
    said: Statement,
    now: datetime,
) -> None:
    if row not in session:
        return  # it went with another wish for the same
    before = consent.asked(row)
    if row.state == SubscriptionState.active and wish.frequency == Frequency.at_once != row.frequency:
        hear_at_once(session, row, now=now)
    row.frequency = wish.frequency or row.frequency
    row.language = wish.language or row.language
    if consent.asked(row) != before and row.state in RUNNING and wish.state in (None, row.state):
        consent.record(session, ConsentKind.changed, subscriber.id, said, now=now, subscription=row)
    if wish.state == SubscriptionState.ended:
        end(office, session, subscriber, [row], said, now=now)
        if row.state == SubscriptionState.pending:
            session.delete(row)
    elif wish.state == SubscriptionState.paused:
        pause(session, [row], said, now=now)
    elif wish.state == SubscriptionState.active and row.state != SubscriptionState.active:
        _begin(office, session, subscriber, [row], said, now)


def add(
    office: Office,
    session: Session,
    subscriber: SubscriberRow,
    queries: list[dict[str, Any]],
    how: How,
    said: Statement,
    *,
    now: datetime,
) -> None:
    """Begin these at once: whoever has the link has the address. Raises Invalid where they are too many."""
    running = {each.query_digest for each in subscriptions_of(session, subscriber.id, *RUNNING)}
    if len(running | {digest_of(query) for query in queries}) > MOST_QUERIES:
        fault = Fault("too-many", f"At most {MOST_QUERIES} subscriptions.", pointer="/add")
        raise Invalid("That would be too many.", errors=[fault])
    made = [new_subscription(subscriber.id, query, how.frequency, how.language, now=now) for query in queries]
    session.add_all(made)
    session.flush()
    _begin(office, session, subscriber, made, said, now)


def _begin(
    office: Office,
    session: Session,
    subscriber: SubscriberRow,
    which: list[SubscriptionRow],
    said: Statement,
    now: datetime,
) -> None:
    if suppression.is_final(suppression.reasons(session, office.keyring, subscriber.unique_key)):
        fault = Fault("suppressed", "Mails to this address came back or were complained of.", pointer="")
        raise Invalid("Nothing can be sent to this address: write to us.", errors=[fault])
    start(office, session, subscriber, which, said, now=now)
