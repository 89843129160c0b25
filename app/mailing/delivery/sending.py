"""One transactional mail, from its job to the reply of a server. Bulk mail: `bulk`.

Claimed and leased by the worker; composed; noted as begun (`Job.begin`) right before the last dot; and settled
together with its job in one transaction. A worker that dies before it is begun leaves a mail that was not sent, one
that dies after it a mail that is `uncertain`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy.orm import Session

from app.db.sessions import Sessions
from app.feed.deliveries import SENDABLE, Channel, DeliveryRow, DeliveryState, find_delivery, key_of, make_delivery
from app.jobs.kinds import BatchHandler, GiveUp, JobError, JobHandler, JobKind
from app.jobs.lease import Job
from app.kit.json_types import JsonMapping
from app.mailing.consent import suppression
from app.mailing.content.mime import PersonalisedMessage, build_message, envelope_sender, personalise
from app.mailing.content.rendering import Message
from app.mailing.delivery.bounces import BounceType, classify, record_rejection
from app.mailing.delivery.mailer import Mailer
from app.mailing.delivery.transports import Deferred, OutgoingMessage, Rejected, Reply, Unconfirmed
from app.mailing.models import SubscriberRow, SubscriberState

ATTEMPTS: Final = 12
"""With waits from one minute to six hours: about a day."""
LEASE: Final = timedelta(minutes=15)
"""Longer than a server may take for one message, which is fourteen times the timeout."""


@dataclass(frozen=True, slots=True)
class MailTask:
    """What a composer may know; it returns None where there is nothing to say any more."""

    session: Session
    delivery: DeliveryRow
    subscriber: SubscriberRow
    payload: JsonMapping
    job: Job


Composer = Callable[[Mailer, MailTask], Message | None]


@dataclass(frozen=True, slots=True)
class MailKind:
    """A kind of mail. `states` are those of a subscriber who may get it; with `respects_suppression` it is not sent to
    whoever decided against mail from us."""

    kind: str
    compose: Composer
    states: tuple[SubscriberState, ...]
    respects_suppression: bool = True


class MailDropped(Exception):
    """It is not sent; `state` says why."""

    def __init__(self, state: DeliveryState) -> None:
        super().__init__(state)
        self.state = state


def mail_job(mailer: Mailer, mail_kind: MailKind) -> JobKind:
    def handle(sessions: Sessions, job: Job) -> None:
        ready = _prepare(mailer, mail_kind, sessions, job)
        if ready is not None:
            send(mailer, job, *ready)

    return mail_job_kind(mailer, mail_kind.kind, handle)


def mail_job_kind(mailer: Mailer, name: str, handle: JobHandler | BatchHandler, *, batch: int = 1) -> JobKind:
    """Not repeatable: a mail cannot be recalled."""
    return JobKind(
        name=name,
        handle=handle,
        repeatable=False,
        attempts=ATTEMPTS,
        rate=mailer.context.settings.mail_rate_limit,
        lease=LEASE,
        batch=batch,
        backoff=timedelta(minutes=1),
    )


def _prepare(mailer: Mailer, mail_kind: MailKind, sessions: Sessions, job: Job) -> tuple[int, OutgoingMessage] | None:
    """The number of the delivery and the message; None where the job is settled already."""
    try:
        with sessions.write() as session:
            return _compose(mailer, mail_kind, session, job)
    except MailDropped as dropped:
        with sessions.write() as session:
            row = find_delivery(session, job)
            if row is not None and row.state in SENDABLE:
                row.state, row.settled_at = dropped.state, job.clock()
            job.finish(session)
        return None


def _compose(mailer: Mailer, mail_kind: MailKind, session: Session, job: Job) -> tuple[int, OutgoingMessage]:
    """Raises MailDropped."""
    number = job.payload.get("subscriber")
    subscriber = session.get(SubscriberRow, number) if number is not None else None
    if subscriber is None:
        raise MailDropped(DeliveryState.dropped)
    delivery = make_delivery(session, Channel.mail, job, subscriber.id, now=job.clock())
    if delivery.state not in SENDABLE or subscriber.state not in mail_kind.states:
        raise MailDropped(DeliveryState.dropped)
    reasons = suppression.reasons(session, mailer.context.signing_keys, subscriber.unique_key)
    if suppression.is_staff_decision(reasons) or (mail_kind.respects_suppression and reasons):
        raise MailDropped(DeliveryState.suppressed)
    composed = mail_kind.compose(mailer, MailTask(session, delivery, subscriber, job.payload, job))
    if composed is None:
        raise MailDropped(DeliveryState.dropped)
    return delivery.id, outgoing(mailer, personalise(mailer.sender, composed), subscriber.mailbox, delivery, job)


def outgoing(
    mailer: Mailer, mail: PersonalisedMessage, mailbox: str, delivery: DeliveryRow, job: Job
) -> OutgoingMessage:
    data = build_message(mailer.sender, mail, mailbox, number=delivery.id, at=delivery.created_at)
    return OutgoingMessage(key_of(job.kind, job.key), envelope_sender(mailer.sender, delivery.id), mailbox, data)


def send(
    mailer: Mailer, job: Job, number: int, message: OutgoingMessage, *, after: Callable[[Session], None] | None = None
) -> None:
    """Raises what the transport raises, after it was written down. `after` is called in the transaction that notes that
    it was sent."""
    try:
        reply = mailer.transport.send(message, job.begin)
    except JobError as error:
        with job.sessions.write() as session:
            record_failure(mailer, session, session.get_one(DeliveryRow, number), job, error)
        raise
    with job.sessions.write() as session:
        settle_delivery(session.get_one(DeliveryRow, number), DeliveryState.sent, job, reply)
        if after is not None:
            after(session)
        job.finish(session)


def settle_delivery(row: DeliveryRow, state: DeliveryState, job: Job, reply: Reply | None) -> None:
    row.state, row.settled_at = state, job.clock()
    row.tries += 1
    row.reply = None if reply is None else str(reply)


def record_failure(mailer: Mailer, session: Session, row: DeliveryRow, job: Job, error: JobError) -> None:
    match error:
        case Deferred():
            last = job.attempt >= ATTEMPTS
            settle_delivery(row, DeliveryState.failed if last else DeliveryState.deferred, job, error.reply)
        case Rejected():
            settle_delivery(row, DeliveryState.refused, job, error.reply)
            verdict = classify(error.reply.code, error.reply.enhanced)
            if verdict != BounceType.other:
                record_rejection(mailer.context, session, row, verdict, error.reply.enhanced, now=job.clock())
        case Unconfirmed():
            settle_delivery(row, DeliveryState.unconfirmed, job, None)
            row.doubts += 1
        case GiveUp():
            settle_delivery(row, DeliveryState.failed, job, None)
