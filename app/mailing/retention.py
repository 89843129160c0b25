"""Forgetting in time: what is kept no longer than the privacy notice says. Doing it twice is doing it once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from app.config.settings import Settings
from app.db.sessions import Sessions
from app.jobs.periodic import Periodic
from app.jobs.queue import enqueue
from app.mailing import limits, wanted
from app.mailing.confirming import REPEATED_WITHIN
from app.mailing.erasure import remove
from app.mailing.tables import (
    SignUpRow,
    SubscriberRow,
    SubscriberState,
    SubscriptionRow,
    SubscriptionState,
    TokenRow,
)

ENDED: Final = (SubscriberState.unsubscribed, SubscriberState.bounced, SubscriberState.complained)
Part = Callable[[Session, Settings, datetime], None]


def forgetting(settings: Settings) -> Periodic:
    """Every hour."""

    def run(sessions: Sessions, now: datetime) -> None:
        with sessions.write() as session:
            for part in PARTS:
                part(session, settings, now)

    return Periodic("forget-subscribers", timedelta(hours=1), run)


def forget_sign_ups(session: Session, settings: Settings, now: datetime) -> None:
    """What nobody confirmed, and those who never confirmed anything."""
    before = now - timedelta(days=settings.keep_pending)
    session.execute(delete(SignUpRow).where(SignUpRow.at < before))
    pending = SubscriptionRow.state == SubscriptionState.pending
    session.execute(delete(SubscriptionRow).where(pending, SubscriptionRow.created_at < before))
    of_anybody = exists().where(SubscriptionRow.subscriber_id == SubscriberRow.id)
    lonely = select(SubscriberRow.id).where(SubscriberRow.state == SubscriberState.pending, ~of_anybody)
    _remove(session, list(session.scalars(lonely.where(SubscriberRow.state_since < before))), now)


def restore_states(session: Session, settings: Settings, now: datetime) -> None:
    """Who unsubscribed, signed up again and did not confirm is unsubscribed again, from then on."""
    before = now - timedelta(days=settings.keep_pending)
    ended = exists().where(SubscriptionRow.subscriber_id == SubscriberRow.id)
    waiting = ended.where(SubscriptionRow.state == SubscriptionState.pending)
    found = select(SubscriberRow).where(SubscriberRow.state == SubscriberState.pending, ended, ~waiting)
    for row in session.scalars(found.where(SubscriberRow.state_since < before)):
        row.state = SubscriberState.unsubscribed


def forget_addresses(session: Session, settings: Settings, now: datetime) -> None:
    """Of who is sent nothing any more. A hash stays on the list of those whom nobody may write to."""
    before = now - timedelta(days=settings.keep_unsubscribed)
    found = select(SubscriberRow.id).where(SubscriberRow.state.in_(ENDED), SubscriberRow.state_since < before)
    _remove(session, list(session.scalars(found)), now)


def forget_tokens(session: Session, _: Settings, now: datetime) -> None:
    """Those that open nothing any more."""
    session.execute(delete(TokenRow).where(TokenRow.expires_at < now - REPEATED_WITHIN))


def forget_attempts(session: Session, _: Settings, now: datetime) -> None:
    limits.forget(session, now=now)


def _remove(session: Session, subscribers: list[int], now: datetime) -> None:
    if subscribers:
        remove(session, subscribers)
        enqueue(session, wanted.scrub(f"forgotten {max(subscribers)} {now:%Y-%m-%dT%H:%M:%S}"), now=now)


PARTS: Final[tuple[Part, ...]] = (
    forget_sign_ups,
    restore_states,
    forget_addresses,
    forget_tokens,
    forget_attempts,
)
