"""Signing up: a wish is taken in without a look at who is known, and decided later.

So the answer, its statements and its work are the same for every address. What follows is a mail or none.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.inserting import insert_unless_there
from app.db.sessions import Sessions
from app.documents.revisions import head
from app.jobs.kinds import JobKind
from app.jobs.lease import Job
from app.jobs.queue import Wanted, enqueue
from app.mailing import consent, limits, suppression, wanted
from app.mailing.addresses import Address, parse_address
from app.mailing.following import hear_at_once
from app.mailing.office import Office
from app.mailing.queries import digest_of
from app.mailing.tables import (
    ConsentKind,
    Frequency,
    SignUpRow,
    SubscriberRow,
    SubscriberState,
    SubscriptionRow,
    SubscriptionState,
)

REMINDED_EVERY: Final = timedelta(days=1)
ASKED_AGAIN_AFTER: Final = timedelta(days=1)
MOST_PENDING: Final = 20
"""Subscriptions of one subscriber that wait for a yes; further wishes wait until some of them are gone."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What was sent; without queries, a link to manage what there is."""

    address: Address
    queries: list[dict[str, Any]]
    frequency: str
    language: str
    form: str
    wording: str | None
    trapped: bool


def take_in(office: Office, session: Session, wish: Wish, ip: str, *, now: datetime) -> None:
    """Write the wish down for later. Raises TooManyRequests, which depends on `ip` alone."""
    limits.check_ip(session, office.keyring, ip, now=now)
    row = SignUpRow(
        address=wish.address.typed,
        queries=wish.queries,
        frequency=wish.frequency,
        language=wish.language,
        form=without_address(re.split("[?#]", wish.form)[0], wish.address),
        wording=None if wish.wording is None else without_address(wish.wording, wish.address),
        trapped=wish.trapped,
        at=now,
    )
    session.add(row)
    session.flush()
    enqueue(session, wanted.sign_up(row.id), now=now)


def without_address(text: str, address: Address) -> str:
    """What a form of another site says of itself stays in the proof for good, so the reader's address must not."""
    spellings = {address.typed, address.mailbox, quote(address.typed), quote(address.mailbox)}
    for each in sorted(spellings, key=len, reverse=True):
        text = re.sub(re.escape(each), "…", text, flags=re.IGNORECASE)
    return text


def sign_up_job(office: Office) -> JobKind:
    """Decides; all of it in one transaction."""

    def handle(sessions: Sessions, job: Job) -> None:
        with sessions.write() as session:
            now = job.clock()
            row = session.get(SignUpRow, job.payload["sign_up"])
            if row is not None:
                enqueue(session, *_decided(office, session, row, now), now=now)
                session.delete(row)
            job.finish(session)

    return JobKind(name=wanted.SIGN_UP, handle=handle, repeatable=True)


def _decided(office: Office, session: Session, row: SignUpRow, now: datetime) -> list[Wanted]:
    """The mail that follows, or none. What a budget does not allow is not noted either: nothing would come of it."""
    if row.trapped:
        return []
    address = parse_address(row.address)
    if suppression.is_final(suppression.reasons(session, office.keyring, address.unique_key)):
        return []
    subscriber = find_subscriber(session, address.unique_key)
    if not row.queries:
        return _link(office, session, address, subscriber, row, now)
    if subscriber is not None and subscriber.state == SubscriberState.active:
        return _again(office, session, address, subscriber, row, now)
    if not _may_ask(office, session, address, subscriber, now):
        return []
    subscriber = subscriber or new_subscriber(session, address, row.language, now=now)
    if subscriber.state != SubscriberState.pending:
        subscriber.state, subscriber.state_since = SubscriberState.pending, now
    subscriber.language = row.language
    _note_asked(office, subscriber, now)
    _wish_for(office, session, subscriber, row)
    return [wanted.confirmation(subscriber.id, row.id)]


def _link(
    office: Office, session: Session, address: Address, subscriber: SubscriberRow | None, row: SignUpRow, now: datetime
) -> list[Wanted]:
    """A link to manage with. Who has never said yes is no better known than a stranger, and shares their few mails."""
    if subscriber is None:
        return []
    if subscriber.state == SubscriberState.pending:
        if not _may_ask(office, session, address, subscriber, now):
            return []
        _note_asked(office, subscriber, now)
    elif not _may_answer(office, session, address, now):
        return []
    return [wanted.manage_link(subscriber.id, row.id)]


def _again(
    office: Office, session: Session, address: Address, subscriber: SubscriberRow, row: SignUpRow, now: datetime
) -> list[Wanted]:
    """Of somebody who is subscribed: what is new waits on the page to manage, a link to which is mailed."""
    _wish_for(office, session, subscriber, row)
    if subscriber.reminded_at is not None and now - subscriber.reminded_at < REMINDED_EVERY:
        return []
    if not _may_answer(office, session, address, now):
        return []
    subscriber.reminded_at = now
    return [wanted.reminder(subscriber.id, row.id)]


def _may_ask(
    office: Office, session: Session, address: Address, subscriber: SubscriberRow | None, now: datetime
) -> bool:
    """Whether who has the address may be asked for a yes: twice in a pending period, the second time a day later."""
    if subscriber is not None and _is_pending(office, subscriber, now):
        since = subscriber.asked_at
        if subscriber.asked_again_at is not None or since is None or now - since < ASKED_AGAIN_AFTER:
            return False
    return limits.may_ask(session, office.keyring, address, office.settings.sign_up_mails_an_hour, now=now)


def _may_answer(office: Office, session: Session, address: Address, now: datetime) -> bool:
    return limits.may_answer(session, office.keyring, address, office.settings.sign_up_mails_an_hour, now=now)


def _is_pending(office: Office, subscriber: SubscriberRow, now: datetime) -> bool:
    """Whether a mail that asked for a yes may still be answered."""
    return subscriber.asked_at is not None and now - subscriber.asked_at < timedelta(days=office.settings.keep_pending)


def _note_asked(office: Office, subscriber: SubscriberRow, now: datetime) -> None:
    if _is_pending(office, subscriber, now):
        subscriber.asked_again_at = now
    else:
        subscriber.asked_at, subscriber.asked_again_at = now, None


def find_subscriber(session: Session, unique_key: str) -> SubscriberRow | None:
    """Locked to the end of the transaction."""
    found = select(SubscriberRow).where(SubscriberRow.unique_key == unique_key).with_for_update()
    return session.scalars(found.execution_options(populate_existing=True)).one_or_none()


def new_subscriber(session: Session, address: Address, language: str, *, now: datetime) -> SubscriberRow:
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
    session.execute(insert_unless_there(session, SubscriberRow, "unique_key").values(**values))
    found = find_subscriber(session, address.unique_key)
    if found is None:
        raise LookupError("a subscriber that was just added is not there")
    return found


def _wish_for(office: Office, session: Session, subscriber: SubscriberRow, row: SignUpRow) -> None:
    """Pending subscriptions for what is not running already, each with its event."""
    if len(subscriptions_of(session, subscriber.id, SubscriptionState.pending)) >= MOST_PENDING:
        return
    running = {each.query_digest for each in subscriptions_of(session, subscriber.id, SubscriptionState.active)}
    said = office.statement(row.form, row.wording)
    for query in row.queries:
        if digest_of(query) not in running:
            subscription = new_subscription(subscriber.id, query, row.frequency, row.language, now=row.at)
            subscription.sign_up = row.id
            session.add(subscription)
            session.flush()
            consent.record(session, ConsentKind.requested, subscriber.id, said, now=row.at, subscription=subscription)


def new_subscription(
    subscriber_id: int, query: dict[str, Any], frequency: str, language: str, *, now: datetime
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


def begin(session: Session, subscription: SubscriptionRow, *, now: datetime) -> SubscriptionRow:
    """Make a pending subscription an active one: whatever is published from now on is news to it.

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
    for each in alike:  # of several wishes for the same, one is enough
        if each is not kept and each.state == SubscriptionState.pending:
            session.delete(each)
    if kept.state != SubscriptionState.active:
        kept.since = head(session)
    elif subscription.frequency == Frequency.at_once != kept.frequency:
        hear_at_once(session, kept, now=now)
    kept.frequency, kept.language = subscription.frequency, subscription.language
    kept.state, kept.paused_because, kept.ended_at, kept.confirmed_at = SubscriptionState.active, None, None, now
    session.flush()
    return kept
