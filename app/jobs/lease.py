"""A job in the hands of a worker: what its handler may know and do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import tuple_, update
from sqlalchemy.orm import Session

from app.db.sessions import Sessions, affected_rows
from app.jobs.models import JobRow, JobState
from app.kit.clock import Clock
from app.kit.json_types import JsonMapping


class LeaseLost(Exception):
    """Another worker has the job by now, or has settled it: what was done in this transaction must not be committed."""


@dataclass(slots=True)
class Job:
    """`fence` distinguishes this lease from every other of the same job (a fencing token), `until` is its end;
    `done` is set once the handler has settled it."""

    id: int
    kind: str
    key: str
    payload: JsonMapping
    attempt: int
    fence: int
    repeatable: bool
    lease: timedelta
    until: datetime
    sessions: Sessions
    clock: Clock
    acting: bool = False
    done: bool = False

    def begin(self) -> None:
        """To be called right before what cannot be taken back; committed at once. Raises `LeaseLost`."""
        if not self.repeatable and not self.acting:
            with self.sessions.write() as session:
                settle(session, self, acting=True)
            self.acting = True

    def extend(self, session: Session) -> datetime:
        """A whole lease from now, with whatever else this transaction commits. Raises `LeaseLost`."""
        until = self.clock() + self.lease
        settle(session, self, leased_until=until)
        self.until = until
        return until

    def finish(self, session: Session) -> None:
        """Done, if this transaction commits: then the effect and its being done are one. Raises `LeaseLost`."""
        settle(session, self, state=JobState.done, leased_until=None, finished_at=self.clock(), error=None)
        self.done = True


def settle(session: Session, job: Job, **values: object) -> None:
    """Change the row while the lease is ours. Raises `LeaseLost` otherwise."""
    result = session.execute(
        update(JobRow)
        .where(JobRow.id == job.id, JobRow.fence == job.fence, JobRow.state == JobState.running)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    if affected_rows(result) != 1:
        raise LeaseLost(f"job {job.id}")


def settle_all(session: Session, jobs: Sequence[Job], **values: object) -> list[Job]:
    """As `settle`, for several in one statement; returns those whose lease is still ours."""
    ids = [job.id for job in jobs]
    leases = tuple_(JobRow.id, JobRow.fence).in_([(job.id, job.fence) for job in jobs])
    ours = update(JobRow).where(JobRow.id.in_(ids), leases, JobRow.state == JobState.running).values(**values)
    kept = set(session.scalars(ours.returning(JobRow.id).execution_options(synchronize_session=False)))
    return [job for job in jobs if job.id in kept]


def begin_all(session: Session, jobs: Sequence[Job]) -> list[Job]:
    """As `Job.begin`, to be committed before the first of them acts; returns those that may."""
    begun = settle_all(session, jobs, acting=True)
    for job in begun:
        job.acting = True
    return begun


def finish_all(session: Session, jobs: Sequence[Job]) -> list[Job]:
    """As `Job.finish`; returns those that were still ours."""
    if not jobs:
        return []
    values = {"state": JobState.done, "leased_until": None, "finished_at": jobs[0].clock(), "error": None}
    finished = settle_all(session, jobs, **values)
    for job in finished:
        job.done = True
    return finished
