"""The outbox: putting work in, and taking it out so that no two workers hold the same."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, literal_column, or_, select
from sqlalchemy.orm import Session

from app.db.sessions import Sessions
from app.db.upsert import insert_many_or_ignore, insert_or_ignore
from app.jobs.kinds import JobKind, JobKinds
from app.jobs.lease import Job
from app.jobs.models import JobRow, JobState, RateRow
from app.kit.clock import Clock
from app.kit.containers.chunks import chunks
from app.kit.json_types import JsonMapping

URGENT, NORMAL, LOW = 10, 50, 90
"""Priorities: the smaller first."""
WAITING: ColumnElement[str] = literal_column("'waiting'")
RUNNING: ColumnElement[str] = literal_column("'running'")
"""Written into statements: SQLite uses a partial index only where it sees the value (sqlite.org/partialindex.html)."""
WORK_REQUESTED = "asked for work"
"""In the `info` of a session that put some in."""
LEASE_LOST = "LeaseLost: the worker that had it was gone before it was done"


@dataclass(frozen=True, slots=True)
class JobRequest:
    """Work to be done once, however often it is enqueued: `key` is unique in its kind, for as long as the finished
    row is kept. `payload` is JSON, and holds ids rather than what they stand for."""

    kind: str
    key: str
    payload: JsonMapping = field(default_factory=dict)
    due: datetime | None = None
    priority: int = NORMAL


def enqueue(session: Session, *requested: JobRequest, now: datetime) -> int:
    """Enqueue work in this transaction; returns the number of jobs that were new."""
    return enqueue_all(session, requested, now=now)


def enqueue_all(session: Session, requested: Iterable[JobRequest], *, now: datetime) -> int:
    """As `enqueue`, for any number."""
    session.info[WORK_REQUESTED] = True
    return len(insert_many_or_ignore(session, JobRow, [_values(each, now) for each in requested], "key", "kind"))


def enqueue_numbered(session: Session, kind: str, requested: Sequence[JobRequest], *, now: datetime) -> dict[str, int]:
    """As `enqueue_all`, for work of one kind; returns the numbers of the jobs by their keys, also of those that had
    been enqueued before."""
    session.info[WORK_REQUESTED] = True
    values = [_values(each, now) for each in requested]
    made = insert_many_or_ignore(session, JobRow, values, "key", "kind", returning=("id",))
    found = {row.key: row.id for row in made}
    earlier = [each.key for each in requested if each.key not in found]
    for keys in chunks(earlier):
        there = JobRow.kind == kind, JobRow.key.in_(keys)
        found.update((key, ident) for key, ident in session.execute(select(JobRow.key, JobRow.id).where(*there)))
    return found


def _values(requested: JobRequest, now: datetime) -> dict[str, object]:
    return {
        "kind": requested.kind,
        "key": requested.key,
        "payload": dict(requested.payload),
        "state": JobState.waiting,
        "priority": requested.priority,
        "due": requested.due or now,
        "attempts": 0,
        "fence": 0,
        "acting": False,
        "created_at": now,
    }


def any_due(kinds: Iterable[str], now: ColumnElement[datetime]) -> ColumnElement[bool]:
    """Whether `claim` or `recover` would find something; cheap enough to ask every second."""
    return or_(exists().where(_ready(kinds, now)), exists().where(_lost(kinds, now)))


def _ready(kinds: Iterable[str], now: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    return and_(JobRow.state == WAITING, JobRow.due <= now, JobRow.kind.in_(list(kinds)))


def _lost(kinds: Iterable[str], now: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    return and_(JobRow.state == RUNNING, JobRow.leased_until < now, JobRow.kind.in_(list(kinds)))


def claim(sessions: Sessions, session: Session, kinds: JobKinds, *, limit: int, clock: Clock) -> list[Job]:
    """Lease what is due, the most urgent first; others skip these rows. Committed with the session's transaction."""
    now = clock()
    spare = _remaining_rate(session, [kind for kind in kinds.values() if kind.rate is not None], now)
    open_kinds = [name for name in kinds if spare.get(name, 1) > 0]
    statement = select(JobRow).where(_ready(open_kinds, now)).order_by(JobRow.priority, JobRow.due, JobRow.id)
    claimed = []
    for row in session.scalars(statement.limit(limit).with_for_update(skip_locked=True)):
        if spare.get(row.kind, 1) <= 0:
            continue
        if row.kind in spare:
            spare[row.kind] -= 1
        claimed.append(_leased(row, kinds[row.kind], sessions, clock))
    _count_begun(session, claimed, kinds, now)
    return claimed


def _leased(row: JobRow, kind: JobKind, sessions: Sessions, clock: Clock) -> Job:
    until = clock() + kind.lease
    row.state, row.leased_until, row.acting = JobState.running, until, False
    row.attempts += 1
    row.fence += 1
    return Job(
        id=row.id,
        kind=row.kind,
        key=row.key,
        payload=row.payload,
        attempt=row.attempts,
        fence=row.fence,
        repeatable=kind.repeatable,
        lease=kind.lease,
        until=until,
        sessions=sessions,
        clock=clock,
    )


def _remaining_rate(session: Session, paced: Sequence[JobKind], now: datetime) -> dict[str, int]:
    """How many of each paced kind may still begin in this second; the rows stay locked to the commit."""
    second = now.replace(microsecond=0)
    spare: dict[str, int] = {}
    for kind in sorted(paced, key=lambda each: each.name):
        row = _rate_row(session, kind.name, second)
        if row.second < second:  # a clock that goes back does not quicken the pace
            row.second, row.begun = second, 0
        spare[kind.name] = max((kind.rate or 0) - row.begun, 0)
    return spare


def _rate_row(session: Session, kind: str, second: datetime) -> RateRow:
    session.execute(insert_or_ignore(session, RateRow, "kind").values(kind=kind, second=second, begun=0))
    found = select(RateRow).where(RateRow.kind == kind).with_for_update()
    return session.scalars(found.execution_options(populate_existing=True)).one()


def _count_begun(session: Session, claimed: Sequence[Job], kinds: JobKinds, now: datetime) -> None:
    for job in claimed:
        if kinds[job.kind].rate is not None and (row := session.get(RateRow, job.kind)) is not None:
            row.begun += 1


def recover(session: Session, kinds: JobKinds, *, now: datetime) -> int:
    """Take back the jobs of workers that are gone; returns how many there were.

    One that may be repeated, or had not begun to act, waits again, or has failed once its tries are used up; one that
    may have acted is uncertain.
    """
    rows = session.scalars(select(JobRow).where(_lost(kinds, now)).with_for_update(skip_locked=True)).all()
    for row in rows:
        kind = kinds[row.kind]
        row.leased_until, row.error = None, LEASE_LOST
        if row.acting and not kind.repeatable:
            row.state, row.finished_at = JobState.uncertain, now
        elif row.attempts >= kind.attempts:
            row.state, row.finished_at = JobState.failed, now
        else:
            row.state, row.due = JobState.waiting, now
    return len(rows)


def repeat(session: Session, ident: int, *, now: datetime) -> bool:
    """Somebody decided that a failed or uncertain job is to be tried again; False where it is neither."""
    row = session.get(JobRow, ident, with_for_update=True)
    if row is None or row.state not in (JobState.failed, JobState.uncertain):
        return False
    row.state, row.due, row.attempts, row.acting = JobState.waiting, now, 0, False
    row.finished_at, row.error = None, None
    session.info[WORK_REQUESTED] = True
    return True
