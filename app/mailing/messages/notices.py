"""Notices to the owner of something technical, at an address that is no subscriber's."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Protocol

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.db.sessions import Sessions
from app.feed.deliveries import Channel, make_delivery
from app.jobs.kinds import JobKind
from app.jobs.lease import Job
from app.jobs.queue import NORMAL, JobRequest, enqueue
from app.kit.values.email_addresses import parse_address
from app.mailing.consent import suppression
from app.mailing.content.mime import personalise
from app.mailing.content.rendering import render
from app.mailing.delivery.mailer import Mailer
from app.mailing.delivery.models import NoticeRow
from app.mailing.delivery.sending import mail_job_kind, outgoing, send
from app.mailing.messages.transactional import common_values

NOTICE: Final = "notice-mail"


class Notice(Protocol):
    """The text of a notice, as plain paragraphs; `key` is unique for each notice."""

    @property
    def key(self) -> str: ...
    @property
    def address(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def paragraphs(self) -> Sequence[str]: ...


def enqueue_notice(session: Session, notice: Notice, now: datetime) -> None:
    """The address is deleted as soon as it is sent."""
    row = NoticeRow(address=notice.address, subject=notice.subject[:200], paragraphs=list(notice.paragraphs), at=now)
    session.add(row)
    session.flush()
    enqueue(session, JobRequest(NOTICE, f"{notice.key}/{row.id}", {"notice": row.id}, priority=NORMAL), now=now)


def notice_mail_job(mailer: Mailer) -> JobKind:
    def handle(sessions: Sessions, job: Job) -> None:
        with sessions.write() as session:
            row = session.get(NoticeRow, job.payload["notice"])
            if row is None or _is_suppressed(mailer, session, row):
                _forget(session, job)
                job.finish(session)
                return
            values = {**common_values(mailer.sender), "subject": row.subject, "paragraphs": row.paragraphs}
            delivery = make_delivery(session, Channel.mail, job, None, now=job.clock())
            mail = personalise(mailer.sender, render("notice", "en", values))
            message = outgoing(mailer, mail, parse_address(row.address).mailbox, delivery, job)
            number = delivery.id
        send(mailer, job, number, message, after=lambda session: _forget(session, job))

    return mail_job_kind(mailer, NOTICE, handle)


def _is_suppressed(mailer: Mailer, session: Session, row: NoticeRow) -> bool:
    """An address that bounces, complained, or that staff keep away from."""
    unique_key = parse_address(row.address).unique_key
    return suppression.is_staff_decision(suppression.reasons(session, mailer.context.signing_keys, unique_key))


def _forget(session: Session, job: Job) -> None:
    session.execute(delete(NoticeRow).where(NoticeRow.id == job.payload["notice"]))
