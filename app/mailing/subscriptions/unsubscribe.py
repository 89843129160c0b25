"""Unsubscribing and pausing. It needs no confirmation, is done at once, and doing it again changes nothing."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from app.mailing.consent import consent_log, suppression
from app.mailing.consent.consent_log import ConsentStatement
from app.mailing.content.links import Refusal
from app.mailing.context import MailContext
from app.mailing.models import (
    ConsentKind,
    PausedBecause,
    SubscriberRow,
    SubscriberState,
    SubscriptionRow,
    SubscriptionState,
    SuppressionReason,
)
from app.mailing.subscriptions.signup import subscriptions_of

RUNNING: Final = (SubscriptionState.active, SubscriptionState.paused)
STATE_AFTER: Final = {
    SuppressionReason.complaint: SubscriberState.complained,
    SuppressionReason.hard_bounce: SubscriberState.bounced,
    SuppressionReason.soft_bounces: SubscriberState.bounced,
}
"""Any other reason leaves somebody unsubscribed."""


def find_owner(session: Session, numbers: Iterable[int]) -> SubscriberRow | None:
    """Whose the subscriptions are, theirs alone to the end of the transaction; None where all are forgotten."""
    for number in numbers:
        subscription = session.get(SubscriptionRow, number)
        if subscription is not None:
            subscriber = session.get(SubscriberRow, subscription.subscriber_id, with_for_update=True)
            session.refresh(subscription)
            return subscriber
    return None


def end_by_link(
    context: MailContext, session: Session, numbers: Iterable[int], statement: ConsentStatement, *, now: datetime
) -> None:
    """What a link of a mail ends. Others of the same subscriber go on."""
    requested = set(numbers)
    subscriber = find_owner(session, sorted(requested))
    if subscriber is not None:
        which = [each for each in subscriptions_of(session, subscriber.id, *RUNNING) if each.id in requested]
        end_subscriptions(context, session, subscriber, which, statement, now=now)


def end_subscriptions(
    context: MailContext,
    session: Session,
    subscriber: SubscriberRow,
    which: Iterable[SubscriptionRow],
    statement: ConsentStatement,
    *,
    now: datetime,
    reason: SuppressionReason = SuppressionReason.unsubscribe,
) -> None:
    """End these; if none is left, the address is put on the suppression list."""
    for each in which:
        if each.state in RUNNING:
            each.state, each.paused_because, each.ended_at = SubscriptionState.ended, None, now
            session.flush()
            consent_log.record_event(
                session, ConsentKind.withdrawn, subscriber.id, statement, now=now, subscription=each
            )
    left = subscriptions_of(session, subscriber.id, *RUNNING)
    if not left and subscriber.state in (SubscriberState.active, SubscriberState.pending):
        _suppress_owner(context, session, subscriber, reason, now)


def end_all(
    context: MailContext,
    session: Session,
    subscriber: SubscriberRow,
    statement: ConsentStatement,
    *,
    now: datetime,
    reason: SuppressionReason = SuppressionReason.unsubscribe,
) -> None:
    """As `end`, of everything: also what a complaint or a bounce leads to."""
    end_subscriptions(
        context, session, subscriber, subscriptions_of(session, subscriber.id), statement, now=now, reason=reason
    )
    if reason in STATE_AFTER:
        _suppress_owner(context, session, subscriber, reason, now)


def never_again(
    context: MailContext, session: Session, refusal: Refusal, statement: ConsentStatement, *, now: datetime
) -> None:
    """Whatever there was ends, and whoever signs the address up again, nothing is sent to it: staff alone end that."""
    subscriber = session.get(SubscriberRow, refusal.subscriber, with_for_update=True)
    known = suppression.has(session, refusal.digest, SuppressionReason.never_again)
    suppression.suppress_digest(session, refusal.key_id, refusal.digest, SuppressionReason.never_again, now=now)
    if subscriber is not None:
        end_all(context, session, subscriber, statement, now=now, reason=SuppressionReason.never_again)
        if not known:
            consent_log.record_event(session, ConsentKind.withdrawn, subscriber.id, statement, now=now)


def _suppress_owner(
    context: MailContext, session: Session, subscriber: SubscriberRow, reason: SuppressionReason, now: datetime
) -> None:
    for each in subscriptions_of(session, subscriber.id, SubscriptionState.pending):
        session.delete(each)
    after = STATE_AFTER.get(reason, SubscriberState.unsubscribed)
    if subscriber.state != after:
        subscriber.state, subscriber.state_since = after, now
    suppression.suppress(session, context.signing_keys, subscriber.unique_key, reason, now=now)
    session.flush()


def pause_subscriptions(
    session: Session, which: Iterable[SubscriptionRow], statement: ConsentStatement, *, now: datetime
) -> None:
    """Nothing is sent of these until their subscriber has them go on."""
    for each in which:
        if each.state == SubscriptionState.active:
            each.state, each.paused_because = SubscriptionState.paused, PausedBecause.asked
            session.flush()
            consent_log.record_event(
                session, ConsentKind.changed, each.subscriber_id, statement, now=now, subscription=each
            )
