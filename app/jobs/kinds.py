"""What a kind of job is: who does it, how often it may be tried, and whether it may be done twice."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from app.db.sessions import Sessions
from app.jobs.lease import Job
from app.kit.json_types import JsonMapping


class JobError(Exception):
    """What a handler raises on purpose. Its text is kept and shown to staff: no personal data, no secret in it."""


class Retry(JobError):
    """It did not happen, and may work later; not before `after`, where that is longer than the back-off."""

    def __init__(self, reason: str, *, after: timedelta = timedelta(0)) -> None:
        super().__init__(reason)
        self.after = after


class GiveUp(JobError):
    """It did not happen, and trying again is of no use."""


class Uncertain(JobError):
    """The outcome is unknown: the job is listed as uncertain, and repeated only where its kind allows it."""


@dataclass(frozen=True, slots=True)
class Reschedule:
    """What a handler returns when a part is done and the rest comes later; the count of attempts starts again."""

    payload: JsonMapping
    after: timedelta = timedelta(0)


JobHandler = Callable[[Sessions, Job], Reschedule | None]
ShouldContinue = Callable[[Job], bool]
"""Whether a job of several may still be begun: the worker was not stopped, and enough of the lease is left."""


@dataclass(frozen=True, slots=True)
class BatchHandler:
    """Handles up to a `batch` of jobs at once, for what is cheaper so. `handle` settles with `finish_all` those that
    are done, and returns by their numbers the errors of those that failed. What is neither has not been done, and is
    given back untried. What it raises is the error of all that it has not settled.
    """

    handle: Callable[[Sessions, Sequence[Job], ShouldContinue], Mapping[int, Exception]]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobKind:
    """`repeatable`: doing it twice is the same as doing it once. One that is not has to call `Job.begin` right before
    it acts; if the worker dies after that, the job becomes `uncertain` instead of being done again.

    `rate` is how many may begin in one second, over all workers. `lease` must be longer than a handler works without
    `Job.extend`. A worker takes up to `batch` at a time, which saves a commit each; those that it has not come to when
    half of the lease is over it gives back. A failed try waits `backoff`, doubled each time, at most `max_backoff`,
    more or less by half.
    """

    name: str
    handle: JobHandler | BatchHandler
    repeatable: bool
    attempts: int = 8
    rate: int | None = None
    lease: timedelta = timedelta(minutes=5)
    batch: int = 1
    backoff: timedelta = timedelta(seconds=30)
    max_backoff: timedelta = timedelta(hours=6)


JobKinds = Mapping[str, JobKind]
"""By name. A worker leaves alone what it does not know: a newer one may."""


def by_name(*kinds: JobKind) -> JobKinds:
    return {kind.name: kind for kind in kinds}


def backoff_delay(kind: JobKind, attempt: int, chance: float) -> timedelta:
    """Exponential back-off with jitter, in whole seconds: `chance` from 0 to 1 makes it half to one and a half."""
    longest = kind.max_backoff.total_seconds()
    doubled = kind.backoff.total_seconds() * 2.0 ** min(attempt - 1, 30)
    return timedelta(seconds=round(min(doubled, longest) * (0.5 + chance)))
