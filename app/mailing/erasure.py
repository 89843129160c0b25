"""Erasure (UK GDPR Article 17): the address goes, and what tells that somebody withdrew stays without it."""

import re
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.db.scrubbing import scrub
from app.db.sessions import Sessions
from app.jobs.kinds import JobKind
from app.jobs.lease import Job
from app.jobs.queue import Wanted, enqueue
from app.mailing import consent, suppression, wanted
from app.mailing.addresses import parse_address
from app.mailing.consent import Statement
from app.mailing.delivery_tables import TestMailRow
from app.mailing.office import Office
from app.mailing.signing_up import find_subscriber
from app.mailing.tables import (
    ConsentEventRow,
    ConsentKind,
    Reason,
    SignUpRow,
    SubscriberRow,
    SubscriptionRow,
    TokenRow,
)

SCRUBBED: Final = (SubscriberRow.__tablename__, SignUpRow.__tablename__, TestMailRow.__tablename__)
"""Tables that hold addresses."""


def erase(office: Office, session: Session, subscriber: SubscriberRow, said: Statement, *, now: datetime) -> None:
    """Remove the row and all that hangs on it. Only where consent was given once is a keyed hash of the address kept,
    so that no import brings it back."""
    if _consented(session, subscriber.id):
        suppression.suppress(session, office.keyring, subscriber.unique_key, Reason.erasure, now=now)
    consent.record(session, ConsentKind.erased, subscriber.id, said, now=now)
    _forget_sign_ups(session, subscriber.unique_key)
    forget_files(Path(office.settings.mail_directory), subscriber.mailbox)
    remove(session, [subscriber.id])
    enqueue(session, Wanted(wanted.SCRUB, f"erased {subscriber.id}"), now=now)


def erase_address(office: Office, session: Session, text: str, said: Statement, *, now: datetime) -> bool:
    """As `erase`, by address; also where it only ever signed up. Returns whether it was there. Raises ValueError."""
    address = parse_address(text)
    subscriber = find_subscriber(session, address.unique_key)
    if subscriber is not None:
        erase(office, session, subscriber, said, now=now)
        return True
    return _forget_sign_ups(session, address.unique_key)


def remove(session: Session, subscribers: list[int]) -> None:
    """The rows of these, in all tables but the append-only one."""
    for start in range(0, len(subscribers), 500):
        some = subscribers[start : start + 500]
        for table in (TokenRow, SubscriptionRow):
            session.execute(delete(table).where(table.subscriber_id.in_(some)))
        session.execute(delete(SubscriberRow).where(SubscriberRow.id.in_(some)))


def forget_files(folder: Path, mailbox: str) -> None:
    """Mails to this address, where files take the place of a mail server."""
    theirs = re.compile(rb"(?<![\w.+\x80-\xff-])" + re.escape(mailbox.encode()) + rb"(?![\w.-])", re.IGNORECASE)
    for path in folder.glob("*.eml"):
        if theirs.search(path.read_bytes()):
            path.unlink(missing_ok=True)


def _consented(session: Session, subscriber_id: int) -> bool:
    given: Any = (ConsentKind.confirmed, ConsentKind.imported)
    found = select(ConsentEventRow.id).where(
        ConsentEventRow.subscriber_id == subscriber_id, ConsentEventRow.kind.in_(given)
    )
    return session.scalar(found.limit(1)) is not None


def _forget_sign_ups(session: Session, unique_key: str) -> bool:
    """And tests that staff sent there."""
    waiting: list[SignUpRow | TestMailRow] = [
        *session.scalars(select(SignUpRow)),
        *session.scalars(select(TestMailRow)),
    ]
    theirs = [row for row in waiting if parse_address(row.address).unique_key == unique_key]
    for row in theirs:
        session.delete(row)
    return bool(theirs)


def scrub_job() -> JobKind:
    """What was deleted is taken out of the files as well."""

    def handle(sessions: Sessions, _: Job) -> None:
        scrub(sessions.engine, SCRUBBED)

    return JobKind(name=wanted.SCRUB, handle=handle, repeatable=True)
