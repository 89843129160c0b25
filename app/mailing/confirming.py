"""Confirming: who has the address says yes, once, to what was asked for together."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from app.jobs.queue import enqueue
from app.kit.errors import Gone, NotFound
from app.mailing import consent, suppression, tokens, wanted
from app.mailing.consent import Statement
from app.mailing.office import Office
from app.mailing.signing_up import begin, subscriptions_of
from app.mailing.tables import (
    OWN_DECISIONS,
    ConsentKind,
    Purpose,
    SubscriberRow,
    SubscriberState,
    SubscriptionRow,
    SubscriptionState,
    TokenRow,
)

REPEATED_WITHIN: Final = timedelta(days=1)
"""So long a link that was used says the same again."""
NOT_OURS: Final = "This link is not complete, or not one of ours. Copy all of it from the mail."
GIVEN_UP: Final = "What this link asked for was given up meanwhile: sign up again, and a new one comes."
TOO_LATE: Final = "This link has expired: sign up again, and a new one comes."


@dataclass(frozen=True, slots=True)
class Question:
    """What a link would confirm. `done`: it was confirmed already."""

    subscriptions: list[SubscriptionRow]
    done: bool


def question(session: Session, text: str, *, now: datetime) -> Question:
    """Raises NotFound and Gone; changes nothing."""
    row = _good(tokens.find(session, Purpose.confirm, text), now)
    asked = _asked(session, row)
    if not asked and row.used_at is None:
        _demand_running(session, row)
    return Question(asked, done=not asked or row.used_at is not None)


def confirm(office: Office, session: Session, text: str, said: Statement, *, now: datetime) -> None:
    """Begin the subscriptions; a repetition changes nothing. Raises NotFound and Gone."""
    row = _good(tokens.find(session, Purpose.confirm, text, lock=True), now)
    if row.used_at is not None:
        return
    row.used_at = now
    subscriber = session.get_one(SubscriberRow, row.subscriber_id, with_for_update=True)
    if suppression.is_final(suppression.reasons(session, office.keyring, subscriber.unique_key)):
        raise Gone("Mails to this address came back or were complained of: write to us.")
    pending = _asked(session, row)
    if not pending:
        _demand_running(session, row)
        return
    start(office, session, subscriber, pending, said, now=now)
    enqueue(session, wanted.welcome(subscriber.id, row.sign_up or 0), now=now)


def start(
    office: Office,
    session: Session,
    subscriber: SubscriberRow,
    pending: list[SubscriptionRow],
    said: Statement,
    *,
    now: datetime,
    basis: str | None = None,
) -> None:
    """Begin what was wished for. What the subscriber once decided against mails from us is taken back."""
    suppression.lift(session, office.keyring, subscriber.unique_key, OWN_DECISIONS)
    subscriber.state, subscriber.state_since = SubscriberState.active, now
    subscriber.asked_at, subscriber.asked_again_at = None, None
    kind = ConsentKind.imported if basis else ConsentKind.confirmed
    for each in pending:
        kept = begin(session, each, now=now)
        consent.record(session, kind, subscriber.id, said, now=now, subscription=kept, basis=basis)


def _good(row: TokenRow | None, now: datetime) -> TokenRow:
    if row is None:
        raise NotFound(NOT_OURS)
    end = row.expires_at if row.used_at is None else row.used_at + REPEATED_WITHIN
    if now >= end:
        raise Gone(TOO_LATE)
    return row


def _demand_running(session: Session, row: TokenRow) -> None:
    """What it asked for is there already, by another link, or else it was given up. Raises Gone."""
    if not subscriptions_of(session, row.subscriber_id, SubscriptionState.active, SubscriptionState.paused):
        raise Gone(GIVEN_UP)


def _asked(session: Session, row: TokenRow) -> list[SubscriptionRow]:
    waiting = subscriptions_of(session, row.subscriber_id, SubscriptionState.pending)
    return [each for each in waiting if each.sign_up == row.sign_up]
