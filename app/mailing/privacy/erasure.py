"""Erasure (UK GDPR Article 17): the address goes, and the record of the withdrawal stays without it. Files are
purged after the commit, by a job that the same transaction enqueued: where that is undone, or was a rehearsal,
nothing is lost."""

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.db.purge import purge
from app.db.sessions import Sessions
from app.feed.deliveries import SENDABLE, DeliveryRow
from app.jobs.kinds import JobKind, by_name
from app.jobs.lease import Job
from app.jobs.models import JobRow, JobState
from app.jobs.queue import enqueue
from app.jobs.worker import Worker
from app.kit.containers.chunks import chunks
from app.kit.values.email_addresses import parse_address
from app.mailing.consent import consent_log, suppression
from app.mailing.consent.consent_log import ConsentStatement
from app.mailing.context import MailContext
from app.mailing.delivery.models import TestMailRow
from app.mailing.delivery.transports import file_name
from app.mailing.models import (
    ConsentEventRow,
    ConsentKind,
    SignupRow,
    SubscriberRow,
    SubscriptionRow,
    SuppressionReason,
    TokenRow,
)
from app.mailing.subscriptions import job_requests
from app.mailing.subscriptions.signup import find_subscriber

LEASE: Final = timedelta(minutes=20)
"""Longer than a worker holds a mail that it sends."""
PURGED_TABLES: Final = (SubscriberRow.__tablename__, SignupRow.__tablename__, TestMailRow.__tablename__)
"""Tables that hold addresses."""


def erase_subscriber(
    context: MailContext, session: Session, subscriber: SubscriberRow, statement: ConsentStatement, *, now: datetime
) -> None:
    """Remove the row and all that hangs on it. Only where consent was given once is a keyed hash of the address kept,
    so that no import brings it back."""
    if _consented(session, subscriber.id):
        suppression.suppress(session, context.signing_keys, subscriber.unique_key, SuppressionReason.erasure, now=now)
    consent_log.record_event(session, ConsentKind.erased, subscriber.id, statement, now=now)
    _forget_sign_ups(session, subscriber.unique_key)
    under_way = _files_under_way(session, subscriber.id)
    files = files_of(Path(context.settings.mail_directory), subscriber.mailbox)
    delete_subscribers(session, [subscriber.id])
    enqueue(session, job_requests.scrub(f"erased {subscriber.id}", files), now=now)
    if under_way:
        later = job_requests.scrub(f"erased {subscriber.id} under way", under_way, due=now + LEASE)
        enqueue(session, later, now=now)


def erase_address(
    context: MailContext, session: Session, text: str, statement: ConsentStatement, *, now: datetime
) -> bool:
    """As `erase`, by address; also where it only ever signed up. Returns whether it was there. Raises ValueError."""
    address = parse_address(text)
    subscriber = find_subscriber(session, address.unique_key)
    if subscriber is not None:
        erase_subscriber(context, session, subscriber, statement, now=now)
        return True
    files = files_of(Path(context.settings.mail_directory), address.mailbox)
    known = _forget_sign_ups(session, address.unique_key) or bool(files)
    if known:
        enqueue(session, job_requests.scrub(f"erased {now:%Y-%m-%dT%H:%M:%S.%f}", files), now=now)
    return known


def delete_subscribers(session: Session, subscribers: list[int]) -> None:
    """The rows of these, in all tables but the append-only one."""
    for some in chunks(subscribers):
        for table in (TokenRow, SubscriptionRow):
            session.execute(delete(table).where(table.subscriber_id.in_(some)))
        session.execute(delete(SubscriberRow).where(SubscriberRow.id.in_(some)))


def files_of(folder: Path, mailbox: str) -> list[str]:
    """Names of the mails to this address, where files take the place of a mail server."""
    theirs = re.compile(rb"(?<![\w.+\x80-\xff-])" + re.escape(mailbox.encode()) + rb"(?![\w.-])", re.IGNORECASE)
    return sorted(path.name for path in folder.glob("*.eml") if theirs.search(path.read_bytes()))


def _consented(session: Session, subscriber_id: int) -> bool:
    given: Any = (ConsentKind.confirmed, ConsentKind.imported)
    found = select(ConsentEventRow.id).where(
        ConsentEventRow.subscriber_id == subscriber_id, ConsentEventRow.kind.in_(given)
    )
    return session.scalar(found.limit(1)) is not None


def _forget_sign_ups(session: Session, unique_key: str) -> bool:
    """And tests that staff sent there."""
    waiting: list[SignupRow | TestMailRow] = [
        *session.scalars(select(SignupRow)),
        *session.scalars(select(TestMailRow)),
    ]
    theirs = [row for row in waiting if parse_address(row.address).unique_key == unique_key]
    for row in theirs:
        session.delete(row)
    return bool(theirs)


def purge_job(context: MailContext) -> JobKind:
    """What was deleted is taken out of the files as well: those of mails, and those of the database."""
    folder = Path(context.settings.mail_directory)

    def handle(sessions: Sessions, job: Job) -> None:
        for name in job.payload.get("files", ()):
            (folder / name).unlink(missing_ok=True)
        purge(sessions.engine, PURGED_TABLES)

    return JobKind(name=job_requests.PURGE, handle=handle, repeatable=True)


def _files_under_way(session: Session, subscriber_id: int) -> list[str]:
    """Of mails that a worker may be writing just now: it has lost them once its lease is over."""
    theirs = select(DeliveryRow.key).where(DeliveryRow.subscriber_id == subscriber_id, DeliveryRow.state.in_(SENDABLE))
    return [file_name(key) for key in session.scalars(theirs)]


def scrub_now(context: MailContext) -> bool:
    """Purge files after erasures, where no worker need be running; False where a reader was in the way and a worker
    will do it."""
    worker = Worker(context.sessions, by_name(purge_job(context)), clock=context.clock)
    while worker.step():
        pass
    with context.sessions.read() as session:
        waiting = select(JobRow.id).where(
            JobRow.kind == job_requests.PURGE, JobRow.state == JobState.waiting, JobRow.attempts > 0
        )
        return session.scalar(waiting.limit(1)) is None
