"""Signing up: a request is stored without looking up its address, and processed later by a job.

So the response, its statements and its time are the same for every address. The job sends a mail or none.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.sessions import Sessions
from app.db.upsert import insert_or_ignore
from app.documents.revisions import published_number
from app.feed.stored_queries import digest_of
from app.jobs.kinds import JobKind
from app.jobs.lease import Job
from app.jobs.queue import JobRequest, enqueue
from app.kit.json_types import JsonObject
from app.kit.values.email_addresses import EmailAddress, parse_address
from app.mailing.consent import consent_log, rate_limits, suppression
from app.mailing.context import MailContext
from app.mailing.digest_schedule import start_immediate_digest
from app.mailing.models import (
    ConsentKind,
    Frequency,
    SignupRow,
    SubscriberRow,
    SubscriberState,
    SubscriptionRow,
    SubscriptionState,
)
from app.mailing.subscriptions import job_requests

REMINDER_INTERVAL: Final = timedelta(days=1)
RESEND_AFTER: Final = timedelta(days=1)
MAX_PENDING: Final = 20
"""Pending subscriptions of one subscriber; more are not added until some are confirmed or removed."""


@dataclass(frozen=True, slots=True)
class SignupRequest:
    """A sign-up; without queries, a request for a link to manage existing subscriptions."""

    address: EmailAddress
    queries: list[JsonObject]
    frequency: str
    language: str
    form: str
    wording: str | None
    trapped: bool


def accept_signup(context: MailContext, session: Session, signup: SignupRequest, ip: str, *, now: datetime) -> None:
    """Store the request and its job. Raises TooManyRequests, which depends on `ip` alone."""
    rate_limits.check_ip(session, context.signing_keys, ip, now=now)
    row = SignupRow(
        address=signup.address.typed,
        queries=signup.queries,
        frequency=signup.frequency,
        language=signup.language,
        form=remove_address(re.split("[?#]", signup.form)[0], signup.address),
        wording=None if signup.wording is None else remove_address(signup.wording, signup.address),
        trapped=signup.trapped,
        at=now,
    )
    session.add(row)
    session.flush()
    enqueue(session, job_requests.sign_up(row.id), now=now)


def remove_address(text: str, address: EmailAddress) -> str:
    """The text of a form without the address: the text stays in the proof of consent after erasure."""
    spellings = {address.typed, address.mailbox, quote(address.typed), quote(address.mailbox)}
    for each in sorted(spellings, key=len, reverse=True):
        text = re.sub(re.escape(each), "…", text, flags=re.IGNORECASE)
    return text


def signup_job(context: MailContext) -> JobKind:
    """Processes a sign-up in one transaction."""

    def handle(sessions: Sessions, job: Job) -> None:
        with sessions.write() as session:
            now = job.clock()
            row = session.get(SignupRow, job.payload["sign_up"])
            if row is not None:
                enqueue(session, *_decide_mail(context, session, row, now), now=now)
                session.delete(row)
            job.finish(session)

    return JobKind(name=job_requests.SIGN_UP, handle=handle, repeatable=True)


def _decide_mail(context: MailContext, session: Session, row: SignupRow, now: datetime) -> list[JobRequest]:
    """The mail to send, or none. If a rate limit does not allow a confirmation mail, nothing is stored either."""
    if row.trapped:
        return []
    address = parse_address(row.address)
    if suppression.is_staff_decision(suppression.reasons(session, context.signing_keys, address.unique_key)):
        return []
    subscriber = find_subscriber(session, address.unique_key)
    if not row.queries:
        return _manage_link_mail(context, session, address, subscriber, row, now)
    if subscriber is not None and subscriber.state == SubscriberState.active:
        return _known_subscriber_mail(context, session, address, subscriber, row, now)
    if not _may_send_confirmation(context, session, address, subscriber, now):
        return []
    subscriber = subscriber or new_subscriber(session, address, row.language, now=now)
    if subscriber.state != SubscriberState.pending:
        subscriber.state, subscriber.state_since = SubscriberState.pending, now
    subscriber.language = row.language
    _record_confirmation_sent(context, subscriber, now)
    _add_pending(context, session, subscriber, row)
    return [job_requests.confirmation(subscriber.id, row.id)]


def _manage_link_mail(
    context: MailContext,
    session: Session,
    address: EmailAddress,
    subscriber: SubscriberRow | None,
    row: SignupRow,
    now: datetime,
) -> list[JobRequest]:
    """A mail with a management link. Before the first confirmation it counts as a confirmation mail."""
    if subscriber is None:
        return []
    if subscriber.state == SubscriberState.pending:
        if not _may_send_confirmation(context, session, address, subscriber, now):
            return []
        _record_confirmation_sent(context, subscriber, now)
    elif not _may_send_reply(context, session, address, now):
        return []
    return [job_requests.manage_link(subscriber.id, row.id)]


def _known_subscriber_mail(
    context: MailContext,
    session: Session,
    address: EmailAddress,
    subscriber: SubscriberRow,
    row: SignupRow,
    now: datetime,
) -> list[JobRequest]:
    """For an active subscriber: new subscriptions are pending on the management page, whose link is mailed."""
    _add_pending(context, session, subscriber, row)
    if subscriber.reminded_at is not None and now - subscriber.reminded_at < REMINDER_INTERVAL:
        return []
    if not _may_send_reply(context, session, address, now):
        return []
    subscriber.reminded_at = now
    return [job_requests.reminder(subscriber.id, row.id)]


def _may_send_confirmation(
    context: MailContext, session: Session, address: EmailAddress, subscriber: SubscriberRow | None, now: datetime
) -> bool:
    """Whether a confirmation mail may be sent: twice in a pending period, the second at least a day later."""
    if subscriber is not None and _is_pending(context, subscriber, now):
        since = subscriber.asked_at
        if subscriber.asked_again_at is not None or since is None or now - since < RESEND_AFTER:
            return False
    return rate_limits.may_send_confirmation(
        session, context.signing_keys, address, context.settings.signup_mails_per_hour, now=now
    )


def _may_send_reply(context: MailContext, session: Session, address: EmailAddress, now: datetime) -> bool:
    return rate_limits.may_send_reply(
        session, context.signing_keys, address, context.settings.signup_mails_per_hour, now=now
    )


def _is_pending(context: MailContext, subscriber: SubscriberRow, now: datetime) -> bool:
    """Whether a confirmation mail was sent that can still be answered."""
    return subscriber.asked_at is not None and now - subscriber.asked_at < timedelta(days=context.settings.keep_pending)


def _record_confirmation_sent(context: MailContext, subscriber: SubscriberRow, now: datetime) -> None:
    if _is_pending(context, subscriber, now):
        subscriber.asked_again_at = now
    else:
        subscriber.asked_at, subscriber.asked_again_at = now, None


def find_subscriber(session: Session, unique_key: str) -> SubscriberRow | None:
    """Locked to the end of the transaction."""
    found = select(SubscriberRow).where(SubscriberRow.unique_key == unique_key).with_for_update()
    return session.scalars(found.execution_options(populate_existing=True)).one_or_none()


def new_subscriber(session: Session, address: EmailAddress, language: str, *, now: datetime) -> SubscriberRow:
    """A new subscriber, or the one that another worker has just added."""
    values = {
        "address": address.typed,
        "mailbox": address.mailbox,
        "unique_key": address.unique_key,
        "state": SubscriberState.pending,
        "state_since": now,
        "language": language,
        "created_at": now,
        "soft_bounces": 0,
    }
    session.execute(insert_or_ignore(session, SubscriberRow, "unique_key").values(**values))
    found = find_subscriber(session, address.unique_key)
    if found is None:
        raise LookupError("a subscriber that was just added is not there")
    return found


def _add_pending(context: MailContext, session: Session, subscriber: SubscriberRow, row: SignupRow) -> None:
    """Add pending subscriptions for queries without an active one, each with its consent event."""
    if len(subscriptions_of(session, subscriber.id, SubscriptionState.pending)) >= MAX_PENDING:
        return
    running = {each.query_digest for each in subscriptions_of(session, subscriber.id, SubscriptionState.active)}
    statement = context.statement(row.form, row.wording)
    for query in row.queries:
        if digest_of(query) not in running:
            subscription = new_subscription(subscriber.id, query, row.frequency, row.language, now=row.at)
            subscription.sign_up = row.id
            session.add(subscription)
            session.flush()
            consent_log.record_event(
                session, ConsentKind.requested, subscriber.id, statement, now=row.at, subscription=subscription
            )


def new_subscription(
    subscriber_id: int, query: JsonObject, frequency: str, language: str, *, now: datetime
) -> SubscriptionRow:
    """A pending subscription."""
    return SubscriptionRow(
        subscriber_id=subscriber_id,
        query=query,
        query_digest=digest_of(query),
        frequency=frequency,
        language=language,
        state=SubscriptionState.pending,
        created_at=now,
        since=0,
    )


def subscriptions_of(session: Session, subscriber_id: int, *states: SubscriptionState) -> list[SubscriptionRow]:
    """Oldest first; of any state if none is given."""
    found = select(SubscriptionRow).where(SubscriptionRow.subscriber_id == subscriber_id)
    if states:
        found = found.where(SubscriptionRow.state.in_(states))
    return list(session.scalars(found.order_by(SubscriptionRow.id)))


def activate_subscription(session: Session, subscription: SubscriptionRow, *, now: datetime) -> SubscriptionRow:
    """Make a pending subscription an active one: whatever is published from now on is new to it.

    Where the subscriber had one of the same query before, that one begins again and this one goes, so that links in
    old mails stay good.
    """
    alike = [
        each
        for each in subscriptions_of(session, subscription.subscriber_id)
        if each.query_digest == subscription.query_digest
    ]
    before = [each for each in alike if each.state != SubscriptionState.pending]
    active = before[0] if before else subscription
    for each in alike:  # of several sign-ups for the same, one is enough
        if each is not active and each.state == SubscriptionState.pending:
            session.delete(each)
    if active.state != SubscriptionState.active:
        active.since = published_number(session)
    elif subscription.frequency == Frequency.at_once != active.frequency:
        start_immediate_digest(session, active, now=now)
    active.frequency, active.language = subscription.frequency, subscription.language
    active.state, active.paused_because, active.ended_at, active.confirmed_at = (
        SubscriptionState.active,
        None,
        None,
        now,
    )
    session.flush()
    return active
