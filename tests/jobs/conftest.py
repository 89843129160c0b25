"""An outbox over a real database, on a clock that stands still until it is moved."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.db.engine import make_engine
from app.db.sessions import Sessions
from app.jobs.kinds import JobKind, Reschedule, by_name
from app.jobs.lease import Job
from app.jobs.models import JobRow
from app.jobs.periodic import PeriodicTask
from app.jobs.queue import JobRequest, claim, enqueue
from app.jobs.worker import Worker

START = datetime(2026, 3, 1, 9, tzinfo=UTC)


class HeldClock:
    """Stands still."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)


class Outbox:
    """What the tests ask of the queue, each in a transaction of its own."""

    def __init__(self, sessions: Sessions, clock: HeldClock) -> None:
        self.sessions = sessions
        self.clock = clock
        self.seen: list[str] = []

    def handler(self, name: str = "note", **more: Any) -> JobKind:
        """A kind whose handler remembers the keys it was given."""
        given = {"repeatable": True, "handle": self._note, **more}
        return JobKind(name=name, **given)

    def _note(self, _: Sessions, job: Job) -> Reschedule | None:
        self.seen.append(job.key)
        return None

    def worker(self, *kinds: JobKind, tasks: tuple[PeriodicTask, ...] = ()) -> Worker:
        return Worker(self.sessions, by_name(*kinds), tasks, clock=self.clock, chance=Half())

    def ask(self, *keys: str, kind: str = "note", **more: Any) -> int:
        with self.sessions.write() as session:
            return enqueue(session, *(JobRequest(kind, key, **more) for key in keys), now=self.clock())

    def claim(self, *kinds: JobKind, limit: int = 10) -> list[Job]:
        with self.sessions.write() as session:
            return claim(self.sessions, session, by_name(*kinds), limit=limit, clock=self.clock)

    def rows(self) -> dict[str, JobRow]:
        with self.sessions.read() as session:
            return {row.key: row for row in session.scalars(select(JobRow))}

    def states(self) -> dict[str, str]:
        return {key: row.state for key, row in self.rows().items()}

    def drain(self, worker: Worker) -> None:
        """Everything that is due now."""
        while worker.step():
            pass


class Half(random.Random):
    """Chance in the middle: the back-off is exactly what its formula says."""

    def random(self) -> float:
        return 0.5


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
def sessions(empty_database: str) -> Iterator[Sessions]:
    engine = make_engine(empty_database)
    yield Sessions(engine)
    engine.dispose()


@pytest.fixture
def outbox(sessions: Sessions, clock: HeldClock) -> Outbox:
    return Outbox(sessions, clock)
