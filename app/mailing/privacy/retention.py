"""Retention: data is deleted as the privacy notice says. Repeating it changes nothing."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from app.config.settings import Settings
from app.db.sessions import Sessions
from app.feed.deliveries import DeliveryRow
from app.jobs.periodic import PeriodicTask
from app.jobs.queue import enqueue
from app.mailing.consent import rate_limits
from app.mailing.delivery.models import BounceReportRow, NoticeRow, TestMailRow
from app.mailing.messages.previews import TEST_RETENTION
from app.mailing.models import SignupRow, SubscriberRow, SubscriberState, SubscriptionRow, SubscriptionState, TokenRow
from app.mailing.privacy.erasure import delete_subscribers
from app.mailing.subscriptions import job_requests
from app.mailing.subscriptions.confirmation import REPEATED_WITHIN

ENDED: Final = (SubscriberState.unsubscribed, SubscriberState.bounced, SubscriberState.complained)
RetentionStep = Callable[[Session, Settings, datetime], None]


def retention_task(settings: Settings) -> PeriodicTask:
    """Of subscribers, every hour."""

    def run(sessions: Sessions, now: datetime) -> None:
        with sessions.write() as session:
            for part in STEPS:
                part(session, settings, now)

    return PeriodicTask("forget-subscribers", timedelta(hours=1), run)


def delete_unconfirmed(session: Session, settings: Settings, now: datetime) -> None:
    """Unconfirmed subscriptions, and subscribers who never confirmed one."""
    before = now - timedelta(days=settings.keep_pending)
    session.execute(delete(SignupRow).where(SignupRow.at < before))
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


def delete_unsubscribed(session: Session, settings: Settings, now: datetime) -> None:
    """Subscribers who are sent nothing any more. A hash stays on the suppression list."""
    before = now - timedelta(days=settings.keep_unsubscribed)
    found = select(SubscriberRow.id).where(SubscriberRow.state.in_(ENDED), SubscriberRow.state_since < before)
    _remove(session, list(session.scalars(found)), now)


def delete_expired_tokens(session: Session, _: Settings, now: datetime) -> None:
    """Those that open nothing any more."""
    session.execute(delete(TokenRow).where(TokenRow.expires_at < now - REPEATED_WITHIN))


def delete_attempts(session: Session, _: Settings, now: datetime) -> None:
    rate_limits.delete_expired(session, now=now)


def _remove(session: Session, subscribers: list[int], now: datetime) -> None:
    if subscribers:
        delete_subscribers(session, subscribers)
        enqueue(session, job_requests.scrub(f"forgotten {max(subscribers)} {now:%Y-%m-%dT%H:%M:%S}"), now=now)


STEPS: Final[tuple[RetentionStep, ...]] = (
    delete_unconfirmed,
    restore_states,
    delete_unsubscribed,
    delete_expired_tokens,
    delete_attempts,
)


def mail_retention_task(settings: Settings) -> PeriodicTask:
    """Of mails, every day: what became of them, addresses of tests and notices, and the files that take the place of a
    mail server, which alone hold their text. Deliveries to webhooks are kept as long."""

    def run(sessions: Sessions, now: datetime) -> None:
        with sessions.write() as session:
            delete_old_deliveries(session, now - timedelta(days=settings.keep_deliveries))
            for row in (TestMailRow, NoticeRow):
                session.execute(delete(row).where(row.at < now - TEST_RETENTION))
        delete_mail_files(Path(settings.mail_directory), now - timedelta(days=settings.keep_mail_bodies))

    return PeriodicTask("forget-mail", timedelta(days=1), run)


def delete_old_deliveries(session: Session, before: datetime) -> None:
    session.execute(delete(BounceReportRow).where(BounceReportRow.at < before))
    session.execute(delete(DeliveryRow).where(DeliveryRow.created_at < before))


def delete_mail_files(folder: Path, before: datetime) -> None:
    """Files of mails that were written before."""
    for path in folder.glob("*.eml"):
        if path.stat().st_mtime < before.timestamp():
            path.unlink(missing_ok=True)
