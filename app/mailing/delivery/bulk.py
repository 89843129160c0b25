"""Mail to many, a batch at a time: what everybody gets alike is made once, and a batch costs two transactions.

The first notes, before any of them is handed over, that all mails of the batch are begun; the second that they were
sent. A worker that dies before the first commits leaves mails that were not sent; one that dies between the two leaves
the whole batch `uncertain`, and no other mail.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import case, select, update
from sqlalchemy.orm import Session

from app.db.sessions import Sessions
from app.feed.deliveries import SENDABLE, DeliveryRow, DeliveryState
from app.jobs.kinds import BatchHandler, JobError, JobKind, ShouldContinue
from app.jobs.lease import Job, begin_all, finish_all
from app.kit.json_types import JsonMapping
from app.mailing.consent import suppression
from app.mailing.content.mime import PersonalisedMessage
from app.mailing.delivery.mailer import Mailer
from app.mailing.delivery.sending import MailDropped, mail_job_kind, outgoing, record_failure
from app.mailing.delivery.transports import OutgoingMessage, Reply
from app.mailing.models import SubscriberRow, SubscriberState, SubscriptionRow, SubscriptionState, SuppressionReason

BATCH: Final = 20
"""What is urgent waits no longer than for so many mails; a worker that dies puts no more of them in doubt."""
NO_SYNCHRONISE: Final = {"synchronize_session": False}


@dataclass(frozen=True, slots=True)
class BulkMailTask:
    """What a composer may know; it returns None where there is nothing to say any more. `subscriptions` are those that
    the mail was decided for and that are still active."""

    session: Session
    delivery: DeliveryRow
    subscriptions: Sequence[SubscriptionRow]
    payload: JsonMapping


@dataclass(frozen=True, slots=True)
class BulkMailKind:
    """A kind of mail whose deliveries are written with its jobs; composing it changes nothing."""

    kind: str
    compose: Callable[[Mailer, BulkMailTask], PersonalisedMessage | None]


@dataclass(slots=True)
class Batch:
    """Jobs by what became of them; `sent` and `ready` with the number of their delivery."""

    ready: list[tuple[Job, int, OutgoingMessage]] = field(default_factory=list)
    dropped: list[tuple[Job, DeliveryState]] = field(default_factory=list)
    sent: list[tuple[Job, int, Reply]] = field(default_factory=list)
    failed: list[tuple[Job, int, JobError]] = field(default_factory=list)
    errors: dict[int, Exception] = field(default_factory=dict)


def bulk_mail_job(mailer: Mailer, mail_kind: BulkMailKind) -> JobKind:
    def handle(sessions: Sessions, jobs: Sequence[Job], should_continue: ShouldContinue) -> Mapping[int, Exception]:
        batch = _composed(mailer, mail_kind, sessions, jobs)
        _begin(sessions, batch)
        for job, number, message in batch.ready:
            if not should_continue(job):
                break
            _send_one(mailer, batch, job, number, message)
        _record_results(mailer, sessions, batch)
        return batch.errors

    return mail_job_kind(mailer, mail_kind.kind, BatchHandler(handle), batch=BATCH)


# --- composing


def _composed(mailer: Mailer, mail_kind: BulkMailKind, sessions: Sessions, jobs: Sequence[Job]) -> Batch:
    """An error in one of them is no reason to hold up the others."""
    batch = Batch()
    with sessions.read() as session:
        data = _load_batch_data(mailer, session, jobs)
        for job in jobs:
            try:
                batch.ready.append(_compose(mailer, mail_kind, session, data, job))
            except MailDropped as dropped:
                batch.dropped.append((job, dropped.state))
            except Exception as error:
                batch.errors[job.id] = error
    return batch


@dataclass(frozen=True, slots=True)
class BatchData:
    """What the mails of one batch are made from, read together."""

    deliveries: Mapping[int, DeliveryRow]
    """By the job."""
    subscribers: Mapping[int, SubscriberRow]
    subscriptions: Mapping[int, SubscriptionRow]
    suppressed: Mapping[str, Sequence[SuppressionReason]]


def _load_batch_data(mailer: Mailer, session: Session, jobs: Sequence[Job]) -> BatchData:
    about = select(DeliveryRow).where(DeliveryRow.job_id.in_([job.id for job in jobs]))
    deliveries = {row.job_id: row for row in session.scalars(about) if row.job_id is not None}
    people = [row.subscriber_id for row in deliveries.values()]
    subscribers = {row.id: row for row in session.scalars(select(SubscriberRow).where(SubscriberRow.id.in_(people)))}
    numbers = {int(number) for row in deliveries.values() for number in row.items or {}}
    active = select(SubscriptionRow).where(
        SubscriptionRow.id.in_(numbers), SubscriptionRow.state == SubscriptionState.active
    )
    subscriptions = {row.id: row for row in session.scalars(active)}
    unique_keys = [row.unique_key for row in subscribers.values()]
    suppressed = suppression.reasons_of_all(session, mailer.context.signing_keys, unique_keys)
    return BatchData(deliveries, subscribers, subscriptions, suppressed)


def _compose(
    mailer: Mailer, mail_kind: BulkMailKind, session: Session, data: BatchData, job: Job
) -> tuple[Job, int, OutgoingMessage]:
    """Raises MailDropped."""
    delivery = data.deliveries.get(job.id)
    subscriber = None if delivery is None else data.subscribers.get(delivery.subscriber_id or 0)
    if delivery is None or subscriber is None:
        raise MailDropped(DeliveryState.dropped)
    if delivery.state not in SENDABLE or subscriber.state != SubscriberState.active:
        raise MailDropped(DeliveryState.dropped)
    if data.suppressed.get(subscriber.unique_key):
        raise MailDropped(DeliveryState.suppressed)
    numbers = sorted(map(int, delivery.items or {}))
    subscriptions = [data.subscriptions[number] for number in numbers if number in data.subscriptions]
    mail = (
        mail_kind.compose(mailer, BulkMailTask(session, delivery, subscriptions, job.payload))
        if subscriptions
        else None
    )
    if mail is None:
        raise MailDropped(DeliveryState.dropped)
    return job, delivery.id, outgoing(mailer, mail, subscriber.mailbox, delivery, job)


# --- sending


def _begin(sessions: Sessions, batch: Batch) -> None:
    """Those are left whose lease is still ours."""
    with sessions.write() as session:
        finish_all(session, _drop(session, batch.dropped))
        begun = {job.id for job in begin_all(session, [job for job, _, _ in batch.ready])} if batch.ready else set()
    batch.ready = [each for each in batch.ready if each[0].id in begun]


def _drop(session: Session, dropped: Iterable[tuple[Job, DeliveryState]]) -> list[Job]:
    jobs = []
    for job, state in dropped:
        theirs = (DeliveryRow.job_id == job.id, DeliveryRow.state.in_(SENDABLE))
        settled = update(DeliveryRow).where(*theirs).values(state=state, settled_at=job.clock())
        session.execute(settled, execution_options=NO_SYNCHRONISE)
        jobs.append(job)
    return jobs


def _send_one(mailer: Mailer, batch: Batch, job: Job, number: int, message: OutgoingMessage) -> None:
    try:
        reply = mailer.transport.send(message, job.begin)
    except JobError as error:
        batch.failed.append((job, number, error))
        batch.errors[job.id] = error
    except Exception as error:
        batch.errors[job.id] = error
    else:
        batch.sent.append((job, number, reply))


def _record_results(mailer: Mailer, sessions: Sessions, batch: Batch) -> None:
    """What was sent first: that must not wait for anything."""
    if batch.sent:
        with sessions.write() as session:
            for reply in {reply for _, _, reply in batch.sent}:
                _note_sent(
                    session,
                    [number for _, number, statement in batch.sent if statement == reply],
                    reply,
                    batch.sent[0][0],
                )
            finish_all(session, [job for job, _, _ in batch.sent])
    for job, number, error in batch.failed:
        with sessions.write() as session:
            row = session.get(DeliveryRow, number)
            if row is not None:  # it was erased meanwhile
                record_failure(mailer, session, row, job, error)


def _note_sent(session: Session, numbers: Sequence[int], reply: Reply, job: Job) -> None:
    """A report of a bounce may have been quicker than we are: then it stays."""
    state = case((DeliveryRow.state.in_(SENDABLE), DeliveryState.sent), else_=DeliveryRow.state)
    values = {"state": state, "settled_at": job.clock(), "tries": DeliveryRow.tries + 1, "reply": str(reply)}
    session.execute(
        update(DeliveryRow).where(DeliveryRow.id.in_(numbers)).values(values), execution_options=NO_SYNCHRONISE
    )
