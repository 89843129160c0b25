"""Mail to many, a batch at a time: what everybody gets alike is made once, and a batch costs two transactions.

The first notes, before any of them is handed over, that all mails of the batch are begun; the second that they were
sent. A worker that dies before the first commits leaves mails that were not sent; one that dies between the two leaves
the whole batch `uncertain`, and no other mail.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import case, select, update
from sqlalchemy.orm import Session

from app.db.sessions import Sessions
from app.jobs.kinds import GoingOn, JobError, JobKind, Together
from app.jobs.lease import Job, begin_all, finish_all
from app.jobs.transports import Outgoing, Reply
from app.mailing import suppression
from app.mailing.composing import Personal
from app.mailing.delivery_tables import SENDABLE, DeliveryRow, DeliveryState
from app.mailing.post import Post
from app.mailing.sending import Dropped, mail_kind, note_failure, outgoing
from app.mailing.tables import Reason, SubscriberRow, SubscriberState, SubscriptionRow, SubscriptionState

BATCH: Final = 20
"""What is urgent waits no longer than for so many mails; a worker that dies puts no more of them in doubt."""
AS_IT_IS: Final = {"synchronize_session": False}


@dataclass(frozen=True, slots=True)
class Task:
    """What a composer may know; it returns None where there is nothing to say any more. `subscriptions` are those that
    the mail was decided for and that are still active."""

    session: Session
    delivery: DeliveryRow
    subscriptions: Sequence[SubscriptionRow]
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sort:
    """A sort of mail whose deliveries are written with its jobs; composing it changes nothing."""

    kind: str
    compose: Callable[[Post, Task], Personal | None]


@dataclass(slots=True)
class Batch:
    """Jobs by what became of them; `sent` and `ready` with the number of their delivery."""

    ready: list[tuple[Job, int, Outgoing]] = field(default_factory=list)
    dropped: list[tuple[Job, DeliveryState]] = field(default_factory=list)
    sent: list[tuple[Job, int, Reply]] = field(default_factory=list)
    failed: list[tuple[Job, int, JobError]] = field(default_factory=list)
    errors: dict[int, Exception] = field(default_factory=dict)


def bulk_job(post: Post, sort: Sort) -> JobKind:
    def handle(sessions: Sessions, jobs: Sequence[Job], going_on: GoingOn) -> Mapping[int, Exception]:
        batch = _composed(post, sort, sessions, jobs)
        _begin(sessions, batch)
        for job, number, message in batch.ready:
            if not going_on(job):
                break
            _hand_over(post, batch, job, number, message)
        _note(post, sessions, batch)
        return batch.errors

    return mail_kind(post, sort.kind, Together(handle), batch=BATCH)


# --- composing


def _composed(post: Post, sort: Sort, sessions: Sessions, jobs: Sequence[Job]) -> Batch:
    """An error in one of them is no reason to hold up the others."""
    batch = Batch()
    with sessions.read() as session:
        desk = _laid_out(post, session, jobs)
        for job in jobs:
            try:
                batch.ready.append(_compose(post, sort, session, desk, job))
            except Dropped as dropped:
                batch.dropped.append((job, dropped.state))
            except Exception as error:
                batch.errors[job.id] = error
    return batch


@dataclass(frozen=True, slots=True)
class Desk:
    """What the mails of one batch are made from, read together."""

    deliveries: Mapping[int, DeliveryRow]
    """By the job."""
    subscribers: Mapping[int, SubscriberRow]
    subscriptions: Mapping[int, SubscriptionRow]
    suppressed: Mapping[str, Sequence[Reason]]


def _laid_out(post: Post, session: Session, jobs: Sequence[Job]) -> Desk:
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
    suppressed = suppression.reasons_of_all(session, post.office.keyring, unique_keys)
    return Desk(deliveries, subscribers, subscriptions, suppressed)


def _compose(post: Post, sort: Sort, session: Session, desk: Desk, job: Job) -> tuple[Job, int, Outgoing]:
    """Raises Dropped."""
    delivery = desk.deliveries.get(job.id)
    subscriber = None if delivery is None else desk.subscribers.get(delivery.subscriber_id or 0)
    if delivery is None or subscriber is None:
        raise Dropped(DeliveryState.dropped)
    if delivery.state not in SENDABLE or subscriber.state != SubscriberState.active:
        raise Dropped(DeliveryState.dropped)
    if desk.suppressed.get(subscriber.unique_key):
        raise Dropped(DeliveryState.suppressed)
    numbers = sorted(map(int, delivery.items or {}))
    subscriptions = [desk.subscriptions[number] for number in numbers if number in desk.subscriptions]
    mail = sort.compose(post, Task(session, delivery, subscriptions, job.payload)) if subscriptions else None
    if mail is None:
        raise Dropped(DeliveryState.dropped)
    return job, delivery.id, outgoing(post, mail, subscriber.mailbox, delivery, job)


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
        session.execute(settled, execution_options=AS_IT_IS)
        jobs.append(job)
    return jobs


def _hand_over(post: Post, batch: Batch, job: Job, number: int, message: Outgoing) -> None:
    try:
        reply = post.transport.send(message, job.begin)
    except JobError as error:
        batch.failed.append((job, number, error))
        batch.errors[job.id] = error
    except Exception as error:
        batch.errors[job.id] = error
    else:
        batch.sent.append((job, number, reply))


def _note(post: Post, sessions: Sessions, batch: Batch) -> None:
    """What was sent first: that must not wait for anything."""
    if batch.sent:
        with sessions.write() as session:
            for reply in {reply for _, _, reply in batch.sent}:
                _note_sent(
                    session, [number for _, number, said in batch.sent if said == reply], reply, batch.sent[0][0]
                )
            finish_all(session, [job for job, _, _ in batch.sent])
    for job, number, error in batch.failed:
        with sessions.write() as session:
            row = session.get(DeliveryRow, number)
            if row is not None:  # it was erased meanwhile
                note_failure(post, session, row, job, error)


def _note_sent(session: Session, numbers: Sequence[int], reply: Reply, job: Job) -> None:
    """A report of a bounce may have been quicker than we are: then it stays."""
    state = case((DeliveryRow.state.in_(SENDABLE), DeliveryState.sent), else_=DeliveryRow.state)
    values = {"state": state, "settled_at": job.clock(), "tries": DeliveryRow.tries + 1, "reply": str(reply)}
    session.execute(update(DeliveryRow).where(DeliveryRow.id.in_(numbers)).values(values), execution_options=AS_IT_IS)
