"""Kinds of job: the handler, the number of attempts, and whether a job may be repeated."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from app.db.sessions import Sessions
from app.jobs.lease import Job
from app.kit.json_types import JsonMapping


class JobError(Exception):
    """What a handler raises on purpose. Its text is kept and shown to staff: no personal data, no secret in it."""


class Retry(JobError):
    """It did not happen, and may succeed later; not before `after`, where that is longer than the back-off."""

    def __init__(self, reason: str, *, after: timedelta = timedelta(0)) -> None:
        super().__init__(reason)
        self.after = after


class GiveUp(JobError):
    """It did not happen, and retrying is pointless."""


class Uncertain(JobError):
    """The outcome is unknown: the job is listed as uncertain, and repeated only where its kind allows it."""


@dataclass(frozen=True, slots=True)
class Reschedule:
    """What a handler returns when a part is done and the rest comes later; the count of attempts starts again."""

    payload: JsonMapping
    after: timedelta = timedelta(0)


JobHandler = Callable[[Sessions, Job], Reschedule | None]
ShouldContinue = Callable[[Job], bool]
"""Whether another job of a batch may be begun: the worker is not stopping, and enough of the lease is left."""


@dataclass(frozen=True, slots=True)
class BatchHandler:
    """Handles up to `batch` jobs at once, where that is cheaper. `handle` settles completed jobs with `finish_all`, and
    returns the errors of failed ones by job id. Jobs that are neither are released without counting as an attempt. An
    exception that it raises is the error of every job not settled yet.
    """

    handle: Callable[[Sessions, Sequence[Job], ShouldContinue], Mapping[int, Exception]]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobKind:
    """`repeatable`: running it twice has the same effect as running it once. A job that is not has to call `Job.begin`
    right before it acts; if the worker dies after that, the job becomes `uncertain` instead of being repeated.

    `rate` is how many may begin per second, over all workers. `lease` must be longer than a handler runs without
    `Job.extend`. A worker leases up to `batch` jobs at a time, which saves a commit for each; those that it has not
    begun after half of the lease are released. After a failed attempt it waits `backoff`, doubled each time, at most
    `max_backoff`, with a jitter of plus or minus a half.
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
"""By name. A worker ignores kinds that it does not know: a newer version may run them."""


def by_name(*kinds: JobKind) -> JobKinds:
    return {kind.name: kind for kind in kinds}


def backoff_delay(kind: JobKind, attempt: int, chance: float) -> timedelta:
    """Exponential back-off with jitter, in whole seconds: `chance` from 0 to 1 makes it half to one and a half."""
    longest = kind.max_backoff.total_seconds()
    doubled = kind.backoff.total_seconds() * 2.0 ** min(attempt - 1, 30)
    return timedelta(seconds=round(min(doubled, longest) * (0.5 + chance)))
