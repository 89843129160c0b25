"""Double opt-in: the owner of the address confirms all subscriptions of a sign-up at once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from app.jobs.queue import enqueue
from app.kit.errors import Gone, NotFound
from app.mailing.consent import consent_log, suppression, tokens
from app.mailing.consent.consent_log import ConsentStatement
from app.mailing.context import MailContext
from app.mailing.models import (
    OWN_DECISIONS,
    ConsentKind,
    Purpose,
    SubscriberRow,
    SubscriberState,
    SubscriptionRow,
    SubscriptionState,
    TokenRow,
)
from app.mailing.subscriptions import job_requests
from app.mailing.subscriptions.signup import activate_subscription, subscriptions_of

REPEATED_WITHIN: Final = timedelta(days=1)
"""How long a used link shows the same page again."""
UNKNOWN_LINK: Final = "This link is incomplete or not valid. Copy the whole link from the mail."
CANCELLED: Final = "This sign-up was cancelled: sign up again to get a new link."
EXPIRED: Final = "This link has expired: sign up again to get a new one."


@dataclass(frozen=True, slots=True)
class ConfirmationRequest:
    """What a link would confirm. `done`: it was confirmed already."""

    subscriptions: list[SubscriptionRow]
    done: bool


def find_request(session: Session, text: str, *, now: datetime) -> ConfirmationRequest:
    """Raises NotFound and Gone; changes nothing."""
    row = _require_valid(tokens.find(session, Purpose.confirm, text), now)
    requested = _requested(session, row)
    if not requested and row.used_at is None:
        _require_active(session, row)
    return ConfirmationRequest(requested, done=not requested or row.used_at is not None)


def confirm_signup(
    context: MailContext, session: Session, text: str, statement: ConsentStatement, *, now: datetime
) -> None:
    """Begin the subscriptions; a repetition changes nothing. Raises NotFound and Gone."""
    row = _require_valid(tokens.find(session, Purpose.confirm, text, lock=True), now)
    if row.used_at is not None:
        return
    row.used_at = now
    subscriber = session.get_one(SubscriberRow, row.subscriber_id, with_for_update=True)
    if suppression.is_staff_decision(suppression.reasons(session, context.signing_keys, subscriber.unique_key)):
        raise Gone("Mails to this address bounced or led to a complaint: please contact us.")
    pending = _requested(session, row)
    if not pending:
        _require_active(session, row)
        return
    activate(context, session, subscriber, pending, statement, now=now)
    enqueue(session, job_requests.welcome(subscriber.id, row.sign_up or 0), now=now)


def activate(
    context: MailContext,
    session: Session,
    subscriber: SubscriberRow,
    pending: list[SubscriptionRow],
    statement: ConsentStatement,
    *,
    now: datetime,
    basis: str | None = None,
) -> None:
    """Activate the pending subscriptions. The subscriber's own earlier suppressions are lifted."""
    suppression.lift(session, context.signing_keys, subscriber.unique_key, OWN_DECISIONS)
    subscriber.state, subscriber.state_since = SubscriberState.active, now
    subscriber.asked_at, subscriber.asked_again_at = None, None
    kind = ConsentKind.imported if basis else ConsentKind.confirmed
    for each in pending:
        active = activate_subscription(session, each, now=now)
        consent_log.record_event(session, kind, subscriber.id, statement, now=now, subscription=active, basis=basis)


def _require_valid(row: TokenRow | None, now: datetime) -> TokenRow:
    if row is None:
        raise NotFound(UNKNOWN_LINK)
    end = row.expires_at if row.used_at is None else row.used_at + REPEATED_WITHIN
    if now >= end:
        raise Gone(EXPIRED)
    return row


def _require_active(session: Session, row: TokenRow) -> None:
    """The subscriptions are active already, confirmed by another link. Raises Gone if there are none."""
    if not subscriptions_of(session, row.subscriber_id, SubscriptionState.active, SubscriptionState.paused):
        raise Gone(CANCELLED)


def _requested(session: Session, row: TokenRow) -> list[SubscriptionRow]:
    waiting = subscriptions_of(session, row.subscriber_id, SubscriptionState.pending)
    return [each for each in waiting if each.sign_up == row.sign_up]
