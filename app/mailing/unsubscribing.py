"""Unsubscribing and pausing. It needs no confirmation, is done at once, and doing it again changes nothing."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from app.mailing import consent, suppression
from app.mailing.consent import Statement
from app.mailing.links import Refusal
from app.mailing.office import Office
from app.mailing.signing_up import subscriptions_of
from app.mailing.tables import (
    ConsentKind,
    PausedBecause,
    Reason,
    SubscriberRow,
    SubscriberState,
    SubscriptionRow,
    SubscriptionState,
)

RUNNING: Final = (SubscriptionState.active, SubscriptionState.paused)
STATE_AFTER: Final = {
    Reason.complaint: SubscriberState.complained,
    Reason.hard_bounce: SubscriberState.bounced,
    Reason.soft_bounces: SubscriberState.bounced,
}
"""Any other reason leaves somebody unsubscribed."""


def owner(session: Session, numbers: Iterable[int]) -> SubscriberRow | None:
    """Whose the subscriptions are, theirs alone to the end of the transaction; None where all are forgotten."""
    for number in numbers:
        subscription = session.get(SubscriptionRow, number)
        if subscription is not None:
            subscriber = session.get(SubscriberRow, subscription.subscriber_id, with_for_update=True)
            session.refresh(subscription)
            return subscriber
    return None


def end_by_link(office: Office, session: Session, numbers: Iterable[int], said: Statement, *, now: datetime) -> None:
    """What a link of a mail ends. Others of the same subscriber go on."""
    wanted = set(numbers)
    subscriber = owner(session, sorted(wanted))
    if subscriber is not None:
        which = [each for each in subscriptions_of(session, subscriber.id, *RUNNING) if each.id in wanted]
        end(office, session, subscriber, which, said, now=now)


def end(
    office: Office,
    session: Session,
    subscriber: SubscriberRow,
    which: Iterable[SubscriptionRow],
    said: Statement,
    *,
    now: datetime,
    reason: Reason = Reason.unsubscribe,
) -> None:
    """End these; where none is left, the address is remembered as one that nobody may write to."""
    for each in which:
        if each.state in RUNNING:
            each.state, each.paused_because, each.ended_at = SubscriptionState.ended, None, now
            session.flush()
            consent.record(session, ConsentKind.withdrawn, subscriber.id, said, now=now, subscription=each)
    left = subscriptions_of(session, subscriber.id, *RUNNING)
    if not left and subscriber.state in (SubscriberState.active, SubscriberState.pending):
        _leave(office, session, subscriber, reason, now)


def end_all(
    office: Office,
    session: Session,
    subscriber: SubscriberRow,
    said: Statement,
    *,
    now: datetime,
    reason: Reason = Reason.unsubscribe,
) -> None:
    """As `end`, of everything: also what a complaint or a bounce leads to."""
    end(office, session, subscriber, subscriptions_of(session, subscriber.id), said, now=now, reason=reason)
    if reason in STATE_AFTER:
        _leave(office, session, subscriber, reason, now)


def never_again(office: Office, session: Session, refusal: Refusal, said: Statement, *, now: datetime) -> None:
    """Whatever there was ends, and whoever signs the address up again, nothing is sent to it: staff alone end that."""
    subscriber = session.get(SubscriberRow, refusal.subscriber, with_for_update=True)
    known = suppression.has(session, refusal.digest, Reason.never_again)
    suppression.suppress_digest(session, refusal.key_id, refusal.digest, Reason.never_again, now=now)
    if subscriber is not None:
        end_all(office, session, subscriber, said, now=now, reason=Reason.never_again)
        if not known:
            consent.record(session, ConsentKind.withdrawn, subscriber.id, said, now=now)


def _leave(office: Office, session: Session, subscriber: SubscriberRow, reason: Reason, now: datetime) -> None:
    for each in subscriptions_of(session, subscriber.id, SubscriptionState.pending):
        session.delete(each)
    after = STATE_AFTER.get(reason, SubscriberState.unsubscribed)
    if subscriber.state != after:
        subscriber.state, subscriber.state_since = after, now
    suppression.suppress(session, office.keyring, subscriber.unique_key, reason, now=now)
    session.flush()


def pause(session: Session, which: Iterable[SubscriptionRow], said: Statement, *, now: datetime) -> None:
    """Nothing is sent of these until their subscriber has them go on."""
    for each in which:
        if each.state == SubscriptionState.active:
            each.state, each.paused_because = SubscriptionState.paused, PausedBecause.asked
            session.flush()
            consent.record(session, ConsentKind.changed, each.subscriber_id, said, now=now, subscription=each)
