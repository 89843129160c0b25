"""What subscribers do themselves: see, change, add, pause and end, with a link that was mailed to them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.feed.stored_queries import digest_of
from app.kit.errors import ErrorDetail, Invalid, Unauthenticated
from app.kit.json_types import JsonObject
from app.mailing.consent import consent_log, suppression, tokens
from app.mailing.consent.consent_log import ConsentStatement
from app.mailing.context import MailContext
from app.mailing.digest_schedule import start_immediate_digest
from app.mailing.models import (
    ConsentKind,
    Frequency,
    Purpose,
    SubscriberRow,
    SubscriptionRow,
    SubscriptionState,
    TokenRow,
)
from app.mailing.subscriptions.confirmation import activate
from app.mailing.subscriptions.saved_queries import MAX_QUERIES
from app.mailing.subscriptions.signup import new_subscription, subscriptions_of
from app.mailing.subscriptions.unsubscribe import RUNNING, end_subscriptions, pause_subscriptions

SHOWN = (SubscriptionState.pending, *RUNNING)
INVALID_LINK = "This management link is not valid, or has expired after 30 minutes: request a new one."


@dataclass(frozen=True, slots=True)
class DeliveryOptions:
    """How often, and in which language."""

    frequency: str
    language: str


@dataclass(frozen=True, slots=True)
class SubscriptionUpdate:
    """Of one subscription, what is to be otherwise; None leaves it as it is."""

    id: int
    frequency: str | None = None
    language: str | None = None
    state: str | None = None


def authenticate_link(
    session: Session, text: str, *, now: datetime, lock: bool = False
) -> tuple[SubscriberRow, TokenRow]:
    """Whose link it is. Raises Unauthenticated."""
    row = tokens.find(session, Purpose.manage, text)
    if row is None or now >= row.expires_at:
        raise Unauthenticated(INVALID_LINK, error="invalid_token")
    subscriber = session.get(SubscriberRow, row.subscriber_id, with_for_update=lock)
    if subscriber is None:
        raise Unauthenticated(INVALID_LINK, error="invalid_token")
    return subscriber, row


def visible_subscriptions(session: Session, subscriber: SubscriberRow) -> list[SubscriptionRow]:
    """The subscriptions of the subscriber, and the pending ones."""
    return subscriptions_of(session, subscriber.id, *SHOWN)


def change(
    context: MailContext,
    session: Session,
    subscriber: SubscriberRow,
    changes: list[SubscriptionUpdate],
    statement: ConsentStatement,
    *,
    now: datetime,
) -> None:
    """All of it or nothing. Raises Invalid for a subscription that is not there."""
    own = {each.id: each for each in visible_subscriptions(session, subscriber)}
    wrong = [place for place, each in enumerate(changes) if each.id not in own]
    if wrong:
        errors = [ErrorDetail("unknown", "Unknown subscription.", pointer=f"/subscriptions/{n}/id") for n in wrong]
        raise Invalid("Unknown subscription.", errors=errors)
    for each in changes:
        _change(context, session, subscriber, own[each.id], each, statement, now)


def _change(
    context: MailContext,
    session: Session,
    subscriber: SubscriberRow,
    row: SubscriptionRow,
    update: SubscriptionUpdate,
    statement: ConsentStatement,
    now: datetime,
) -> None:
    if row not in session:
        return  # it went with another sign-up for the same
    before = consent_log.subscription_facts(row)
    if row.state == SubscriptionState.active and update.frequency == Frequency.at_once != row.frequency:
        start_immediate_digest(session, row, now=now)
    row.frequency = update.frequency or row.frequency
    row.language = update.language or row.language
    if consent_log.subscription_facts(row) != before and row.state in RUNNING and update.state in (None, row.state):
        consent_log.record_event(session, ConsentKind.changed, subscriber.id, statement, now=now, subscription=row)
    if update.state == SubscriptionState.ended:
        end_subscriptions(context, session, subscriber, [row], statement, now=now)
        if row.state == SubscriptionState.pending:
            session.delete(row)
    elif update.state == SubscriptionState.paused:
        pause_subscriptions(session, [row], statement, now=now)
    elif update.state == SubscriptionState.active and row.state != SubscriptionState.active:
        _begin(context, session, subscriber, [row], statement, now)


def add(
    context: MailContext,
    session: Session,
    subscriber: SubscriberRow,
    queries: list[JsonObject],
    how: DeliveryOptions,
    statement: ConsentStatement,
    *,
    now: datetime,
) -> None:
    """Activate these at once: the link proves that the address is theirs. Raises Invalid if there are too many."""
    running = {each.query_digest for each in subscriptions_of(session, subscriber.id, *RUNNING)}
    if len(running | {digest_of(query) for query in queries}) > MAX_QUERIES:
        error = ErrorDetail("too-many", f"At most {MAX_QUERIES} subscriptions.", pointer="/add")
        raise Invalid("That would be too many subscriptions.", errors=[error])
    made = [new_subscription(subscriber.id, query, how.frequency, how.language, now=now) for query in queries]
    session.add_all(made)
    session.flush()
    _begin(context, session, subscriber, made, statement, now)


def _begin(
    context: MailContext,
    session: Session,
    subscriber: SubscriberRow,
    which: list[SubscriptionRow],
    statement: ConsentStatement,
    now: datetime,
) -> None:
    if suppression.is_staff_decision(suppression.reasons(session, context.signing_keys, subscriber.unique_key)):
        error = ErrorDetail("suppressed", "Mails to this address bounced or led to a complaint.", pointer="")
        raise Invalid("Nothing can be sent to this address: please contact us.", errors=[error])
    activate(context, session, subscriber, which, statement, now=now)
