"""One mail that answers what somebody did, from its job to a server's answer. Those that go to many: `bulk`.

Claimed and leased by the worker; composed; noted as begun (`Job.begin`) right before the last dot; and settled together
with its job in one transaction. A worker that dies before it is begun leaves a mail that was not sent, one that dies
after it a mail that is `uncertain`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from app.db.sessions import Sessions
from app.jobs.kinds import GiveUp, Handler, JobError, JobKind, Together
from app.jobs.lease import Job
from app.jobs.transports import Deferred, Outgoing, Refused, Reply, Unanswered
from app.mailing import suppression
from app.mailing.bounces import Verdict, judged, note_bounce
from app.mailing.composing import Personal, envelope_sender, for_one, written
from app.mailing.delivery_tables import SENDABLE, DeliveryRow, DeliveryState
from app.mailing.post import Post, find_delivery, key_of, make_delivery
from app.mailing.rendering import Letter
from app.mailing.tables import SubscriberRow, SubscriberState

ATTEMPTS: Final = 12
"""With waits from one minute to six hours: about a day."""
LEASE: Final = timedelta(minutes=15)
"""Longer than a server may take for one message, which is fourteen times the timeout."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a composer may know; it returns None where there is nothing to say any more."""

    session: Session
    delivery: DeliveryRow
    subscriber: SubscriberRow
    payload: Mapping[str, Any]
    job: Job


Composer = Callable[[Post, Task], Letter | None]


@dataclass(frozen=True, slots=True)
class Sort:
    """A sort of mail. `states` are those of a subscriber who may get it. `willing`: not to be sent to who decided
    against mail from us."""

    kind: str
    compose: Composer
    states: tuple[SubscriberState, ...]
    willing: bool = True


class Dropped(Exception):
    """It is not sent; `state` says why."""

    def __init__(self, state: DeliveryState) -> None:
        super().__init__(state)
        self.state = state


def mail_job(post: Post, sort: Sort) -> JobKind:
    def handle(sessions: Sessions, job: Job) -> None:
        ready = _prepared(post, sort, sessions, job)
        if ready is not None:
            send(post, job, *ready)

    return mail_kind(post, sort.kind, handle)


def mail_kind(post: Post, name: str, handle: Handler | Together, *, batch: int = 1) -> JobKind:
    """Not repeatable: nobody can take a mail back."""
    return JobKind(
        name=name,
        handle=handle,
        repeatable=False,
        attempts=ATTEMPTS,
        pace=post.office.settings.mail_pace,
        lease=LEASE,
        batch=batch,
        wait=timedelta(minutes=1),
    )


def _prepared(post: Post, sort: Sort, sessions: Sessions, job: Job) -> tuple[int, Outgoing] | None:
    """The number of the delivery and the message; None where the job is settled already."""
    try:
        with sessions.write() as session:
            return _composed(post, sort, session, job)
    except Dropped as dropped:
        with sessions.write() as session:
            row = find_delivery(session, job)
            if row is not None and row.state in SENDABLE:
                row.state, row.settled_at = dropped.state, job.clock()
            job.finish(session)
        return None


def _composed(post: Post, sort: Sort, session: Session, job: Job) -> tuple[int, Outgoing]:
    """Raises Dropped."""
    number = job.payload.get("subscriber")
    subscriber = session.get(SubscriberRow, number) if number is not None else None
    if subscriber is None:
        raise Dropped(DeliveryState.dropped)
    delivery = make_delivery(session, job, subscriber.id, now=job.clock())
    if delivery.state not in SENDABLE or subscriber.state not in sort.states:
        raise Dropped(DeliveryState.dropped)
    reasons = suppression.reasons(session, post.office.keyring, subscriber.unique_key)
    if suppression.is_final(reasons) or (sort.willing and reasons):
        raise Dropped(DeliveryState.suppressed)
    letter = sort.compose(post, Task(session, delivery, subscriber, job.payload, job))
    if letter is None:
        raise Dropped(DeliveryState.dropped)
    return delivery.id, outgoing(post, for_one(post.head, letter), subscriber.mailbox, delivery, job)


def outgoing(post: Post, mail: Personal, mailbox: str, delivery: DeliveryRow, job: Job) -> Outgoing:
    data = written(post.head, mail, mailbox, number=delivery.id, at=delivery.created_at)
    return Outgoing(key_of(job.kind, job.key), envelope_sender(post.head, delivery.id), mailbox, data)


def send(
    post: Post, job: Job, number: int, message: Outgoing, *, after: Callable[[Session], None] | None = None
) -> None:
    """Raises what the transport raises, after it was written down. `after` is called in the transaction that notes that
    it was sent."""
    try:
        reply = post.transport.send(message, job.begin)
    except JobError as error:
        with job.sessions.write() as session:
            note_failure(post, session, session.get_one(DeliveryRow, number), job, error)
        raise
    with job.sessions.write() as session:
        settle(session.get_one(DeliveryRow, number), DeliveryState.sent, job, reply)
        if after is not None:
            after(session)
        job.finish(session)


def settle(row: DeliveryRow, state: DeliveryState, job: Job, reply: Reply | None) -> None:
    row.state, row.settled_at = state, job.clock()
    row.tries += 1
    row.reply = None if reply is None else str(reply)


def note_failure(post: Post, session: Session, row: DeliveryRow, job: Job, error: JobError) -> None:
    match error:
        case Deferred():
            last = job.attempt >= ATTEMPTS
            settle(row, DeliveryState.failed if last else DeliveryState.deferred, job, error.reply)
        case Refused():
            settle(row, DeliveryState.refused, job, error.reply)
            verdict = judged(error.reply.code, error.reply.enhanced)
            if verdict != Verdict.other:
                note_bounce(post.office, session, row, verdict, error.reply.enhanced, now=job.clock())
        case Unanswered():
            settle(row, DeliveryState.doubtful, job, None)
            row.doubts += 1
        case GiveUp():
            settle(row, DeliveryState.failed, job, None)
