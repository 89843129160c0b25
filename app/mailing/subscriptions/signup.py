"""Signing up: a request is taken in without a look at who is known, and decided later.

So the answer, its statements and its work are the same for every address. What follows is a mail or none.
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
from app.jobs.kinds import JobKind
from app.jobs.lease import Job
from app.jobs.queue import JobRequest, enqueue
from app.kit.json_types import JsonObject
from app.mailing.consent import consent_log, rate_limits, suppression
from app.mailing.consent.email_addresses import EmailAddress, parse_address
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
from app.mailing.subscriptions.saved_queries import digest_of

REMINDER_INTERVAL: Final = timedelta(days=1)
ASKED_AGAIN_AFTER: Final = timedelta(days=1)
MAX_PENDING: Final = 20
"""Subscriptions of one subscriber that wait for confirmation; further requests wait until some of them are gone."""


@dataclass(frozen=True, slots=True)
class SignupRequest:
    """What was sent; without queries, a link to manage what there is."""

    address: EmailAddress
    queries: list[JsonObject]
    frequency: str
    language: str
    form: str
    wording: str | None
    trapped: bool


def accept_signup(context: MailContext, session: Session, signup: SignupRequest, ip: str, *, now: datetime) -> None:
    """Write the request down for later. Raises TooManyRequests, which depends on `ip` alone."""
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
    """What a form of another site says of itself stays in the proof for good, so the reader's address must not."""
    spellings = {address.typed, address.mailbox, quote(address.typed), quote(address.mailbox)}
    for each in sorted(spellings, key=len, reverse=True):
        text = re.sub(re.escape(each), "…", text, flags=re.IGNORECASE)
    return text


def signup_job(context: MailContext) -> JobKind:
    """Decides; all of it in one transaction."""

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
    """The mail that follows, or none. What a budget does not allow is not noted either: nothing would come of it."""
    if row.trapped:
        return []
    address = parse_address(row.address)
    if suppression.is_staff_decision(suppression.reasons(session, context.signing_keys, address.unique_key)):
        return []
    subscriber = find_subscriber(session, address.unique_key)
    if not row.queries:
        return _link(context, session, address, subscriber, row, now)
    if subscriber is not None and subscriber.state == SubscriberState.active:
        return _known_subscriber_mail(context, session, address, subscriber, row, now)
    if not _may_ask(context, session, address, subscriber, now):
        return []
    subscriber = subscriber or new_subscriber(session, address, row.language, now=now)
    if subscriber.state != SubscriberState.pending:
        subscriber.state, subscriber.state_since = SubscriberState.pending, now
    subscriber.language = row.language
    _note_asked(context, subscriber, now)
    _add_pending(context, session, subscriber, row)
    return [job_requests.confirmation(subscriber.id, row.id)]


def _link(
    context: MailContext,
    session: Session,
    address: EmailAddress,
    subscriber: SubscriberRow | None,
    row: SignupRow,
    now: datetime,
) -> list[JobRequest]:
    """A link to manage with. Who has never confirmed is no better known than a stranger, and shares their few mails."""
    if subscriber is None:
        return []
    if subscriber.state == SubscriberState.pending:
        if not _may_ask(context, session, address, subscriber, now):
            return []
        _note_asked(context, subscriber, now)
    elif not _may_answer(context, session, address, now):
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
    """Of somebody who is subscribed: what is new waits on the page to manage, a link to which is mailed."""
    _add_pending(context, session, subscriber, row)
    if subscriber.reminded_at is not None and now - subscriber.reminded_at < REMINDER_INTERVAL:
        return []
    if not _may_answer(context, session, address, now):
        return []
    subscriber.reminded_at = now
    return [job_requests.reminder(subscriber.id, row.id)]


def _may_ask(
    context: MailContext, session: Session, address: EmailAddress, subscriber: SubscriberRow | None, now: datetime
) -> bool:
    """Whether who has the address may be asked to confirm: twice in a pending period, the second time a day later."""
    if subscriber is not None and _is_pending(context, subscriber, now):
        since = subscriber.asked_at
        if subscriber.asked_again_at is not None or since is None or now - since < ASKED_AGAIN_AFTER:
            return False
    return rate_limits.may_ask(session, context.signing_keys, address, context.settings.signup_mails_per_hour, now=now)


def _may_answer(context: MailContext, session: Session, address: EmailAddress, now: datetime) -> bool:
    return rate_limits.may_answer(
        session, context.signing_keys, address, context.settings.signup_mails_per_hour, now=now
    )


def _is_pending(context: MailContext, subscriber: SubscriberRow, now: datetime) -> bool:
    """Whether a mail that asked for confirmation may still be answered."""
    return subscriber.asked_at is not None and now - subscriber.asked_at < timedelta(days=context.settings.keep_pending)


def _note_asked(context: MailContext, subscriber: SubscriberRow, now: datetime) -> None:
    if _is_pending(context, subscriber, now):
        subscriber.asked_again_at = now
    else:
        subscriber.asked_at, subscriber.asked_again_at = now, None


def find_subscriber(session: Session, unique_key: str) -> SubscriberRow | None:
    """Locked to the end of the transaction."""
    found = select(SubscriberRow).where(SubscriberRow.unique_key == unique_key).with_for_update()
    return session.scalars(found.execution_options(populate_existing=True)).one_or_none()


def new_subscriber(session: Session, address: EmailAddress, language: str, *, now: datetime) -> SubscriberRow:
    """One that was not there, or that another worker has just added."""
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
    """Pending subscriptions for what is not running already, each with its event."""
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
    """A pending one."""
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
    """Oldest first; of any state where none is named."""
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
    kept = before[0] if before else subscription
    for each in alike:  # of several sign-ups for the same, one is enough
        if each is not kept and each.state == SubscriptionState.pending:
            session.delete(each)
    if kept.state != SubscriptionState.active:
        kept.since = published_number(session)
    elif subscription.frequency == Frequency.at_once != kept.frequency:
        start_immediate_digest(session, kept, now=now)
    kept.frequency, kept.language = subscription.frequency, subscription.language
    kept.state, kept.paused_because, kept.ended_at, kept.confirmed_at = SubscriptionState.active, None, None, now
    session.flush()
    return kept
