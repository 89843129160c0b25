"""Tasks that come back: a row each, so that of all workers one does it, and once after however long a stop."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from app.db.sessions import Sessions
from app.db.upsert import insert_or_ignore
from app.jobs.models import PeriodicRow


@dataclass(frozen=True, slots=True)
class PeriodicTask:
    """`run` gets the sessions and the moment. It may be run again after a crash; what takes longer than `lease`, or
    must not be done twice, belongs into jobs that it enqueues. First due one interval after it is first seen."""

    name: str
    every: timedelta
    run: Callable[[Sessions, datetime], None]
    lease: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class TaskLease:
    """One run of one task, held by its fence."""

    task: PeriodicTask
    fence: int


def _free(now: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    return and_(PeriodicRow.next_run <= now, or_(PeriodicRow.leased_until.is_(None), PeriodicRow.leased_until < now))


def any_due(tasks: Iterable[PeriodicTask], now: ColumnElement[datetime]) -> ColumnElement[bool]:
    """Whether `lease_due` would find something, a task seen for the first time included."""
    names = [task.name for task in tasks]
    known = select(func.count()).select_from(PeriodicRow).where(PeriodicRow.name.in_(names)).scalar_subquery()
    return or_(known < len(names), exists().where(PeriodicRow.name.in_(names), _free(now)))


def lease_due(session: Session, tasks: Iterable[PeriodicTask], *, now: datetime) -> list[TaskLease]:
    """Lease those that are due."""
    known = {task.name: task for task in tasks}
    _make_rows(session, known, now)
    statement = select(PeriodicRow).where(PeriodicRow.name.in_(known), _free(now)).order_by(PeriodicRow.name)
    turns = []
    for row in session.scalars(statement.with_for_update(skip_locked=True)):
        task = known[row.name]
        row.fence += 1
        row.leased_until = now + task.lease
        turns.append(TaskLease(task, row.fence))
    return turns


def _make_rows(session: Session, tasks: dict[str, PeriodicTask], now: datetime) -> None:
    present = set(session.scalars(select(PeriodicRow.name).where(PeriodicRow.name.in_(tasks))))
    for name in sorted(tasks.keys() - present):
        first = now + tasks[name].every
        session.execute(insert_or_ignore(session, PeriodicRow, "name").values(name=name, next_run=first, fence=0))


def release(session: Session, turn: TaskLease, *, now: datetime, error: str | None) -> None:
    """It ran, or failed: it comes back at the next of its times that is still to come."""
    row = session.get(PeriodicRow, turn.task.name, with_for_update=True)
    if row is not None and row.fence == turn.fence:
        row.next_run = next_time(row.next_run, turn.task.every, now)
        row.leased_until, row.last_run, row.error = None, now, error


def next_time(planned: datetime, every: timedelta, now: datetime) -> datetime:
    """The first moment after `now` that lies a whole number of intervals after `planned`."""
    return planned + every * (max(now - planned, timedelta(0)) // every + 1)
