"""The worker: takes what is due, hands it to its handler, and writes down what came of it."""

import logging
import random
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app.db.sessions import Sessions
from app.jobs import periodic, queue
from app.jobs.commit_task import CommitTask
from app.jobs.kinds import (
    BatchHandler,
    GiveUp,
    JobError,
    JobHandler,
    JobKind,
    JobKinds,
    Reschedule,
    Retry,
    Uncertain,
    backoff_delay,
)
from app.jobs.lease import Job, LeaseLost, settle
from app.jobs.models import JobRow, JobState
from app.jobs.periodic import PeriodicTask, TaskLease
from app.kit.clock import Clock, utc_now
from app.kit.errors import AppError

log = logging.getLogger(__name__)

POLL_INTERVAL = 1.0
"""Seconds between two looks for work when none was requested in this process."""
ERROR_DELAY = 5.0
"""Seconds until the next look when the last one failed."""
NOW = bindparam("now", type_=JobRow.due.type)


class Worker:
    """Any number of them may stand on one database, in any number of processes."""

    def __init__(
        self,
        sessions: Sessions,
        kinds: JobKinds,
        tasks: Sequence[PeriodicTask] = (),
        *,
        commit_tasks: Sequence[CommitTask] = (),
        clock: Clock = utc_now,
        chance: random.Random | None = None,
        on_stop: Sequence[Callable[[], None]] = (),
    ) -> None:
        """`on_stop` are called when it was stopped and nothing is in progress any more."""
        self._sessions = sessions
        self._kinds = kinds
        self._tasks = tuple(tasks)
        self._commit_tasks = tuple(commit_tasks)
        self._commits: set[object] = set()
        self._clock = clock
        self._chance = chance or random.Random()
        self._on_stop = tuple(on_stop)
        self._stopping = threading.Event()
        # Built once: an idle worker asks nothing else.
        self._due = select(periodic.any_due(self._tasks, NOW), queue.any_due(kinds, NOW))
        self._wakeup = threading.Condition()
        self._is_watched = False
        self._wakeups = 0
        self._threads: list[threading.Thread] = []

    # --- lifecycle

    def start(self, threads: int = 1) -> None:
        """Begin to work in threads of its own; work that this process requests is noticed at once."""
        self._sessions.after_write.append(self._on_commit)
        for number in range(threads):
            thread = threading.Thread(target=self.run, name=f"worker-{number}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def wake(self) -> None:
        """There may be something to do."""
        with self._wakeup:
            self._wakeups += 1
            self._wakeup.notify_all()

    def _on_commit(self, noted: Mapping[object, object]) -> None:
        followed = {task.noted for task in self._commit_tasks if task.noted in noted}
        with self._wakeup:
            self._commits |= followed
        if followed or queue.WORK_REQUESTED in noted:
            self.wake()

    def stop(self, patience: float = 5.0) -> bool:
        """Take no more work, and wait for what is in progress, at most so many seconds for each thread; returns whether
        all of it is over. What is not keeps its lease, and is taken over by another worker when that expires."""
        self._stopping.set()
        self.wake()
        for thread in self._threads:
            thread.join(patience)
        if self._on_commit in self._sessions.after_write:
            self._sessions.after_write.remove(self._on_commit)
        is_over = not any(thread.is_alive() for thread in self._threads)
        for callback in self._on_stop if is_over else ():
            callback()
        return is_over

    def run(self) -> None:
        """Work until `stop` is called; an error outside of any job, as when the database is unreachable, is logged, and
        work goes on after a pause."""
        while not self._stopping.is_set():
            seen = self._wakeups
            try:
                patience = 0.0 if self.step() else POLL_INTERVAL
            except Exception as error:
                _log_error("the worker cannot work", error, {})
                patience, seen = ERROR_DELAY, self._wakeups
            self._wait(seen, patience)

    def _wait(self, seen: int, patience: float) -> None:
        """Of the threads that have nothing to do one looks again after so many seconds; the others wait to be woken."""
        with self._wakeup:
            if not patience or self._wakeups != seen or self._stopping.is_set():
                return
            if self._is_watched:
                self._wakeup.wait()
                return
            self._is_watched = True
            self._wakeup.wait(patience)
            self._is_watched = False

    # --- one step

    def step(self) -> bool:
        """Do what is due now, of the jobs the first batch; returns whether there was anything."""
        self._run_commit_tasks()
        turns, jobs = self._lease_work()
        for turn in turns:
            self._run_task(turn)
        if jobs:
            self._run_jobs(self._kinds[jobs[0].kind], jobs)
        return bool(turns or jobs)

    def _lease_work(self) -> tuple[list[TaskLease], list[Job]]:
        now = self._clock()
        with self._sessions.engine.connect() as connection:
            tasks_due, jobs_due = connection.execute(self._due, {NOW.key: now}).one()
        if not tasks_due and not jobs_due:
            return [], []
        with self._sessions.write() as session:
            turns = periodic.lease_due(session, self._tasks, now=now) if tasks_due else []
            queue.recover(session, self._kinds, now=now)
            session.flush()
            jobs = self._claim(session, self._kinds, 1)
            first = self._kinds[jobs[0].kind] if jobs else None
            if first is not None and first.batch > 1:
                session.flush()
                jobs += self._claim(session, {first.name: first}, first.batch - 1)
        if turns or jobs:
            self.wake()  # another thread looks for more meanwhile
        return turns, jobs

    def _claim(self, session: Session, kinds: JobKinds, limit: int) -> list[Job]:
        return queue.claim(self._sessions, session, kinds, limit=limit, clock=self._clock)

    # --- tasks

    def _run_commit_tasks(self) -> None:
        with self._wakeup:
            commits, self._commits = self._commits, set()
        for task in self._commit_tasks:
            if task.noted in commits:
                self._try_task("a task after a commit failed", task)

    def _try_task(self, failure: str, task: PeriodicTask | CommitTask) -> str | None:
        """What went wrong, which is logged."""
        try:
            task.run(self._sessions, self._clock())
        except Exception as error:
            _log_error(failure, error, {"task": task.name})
            return describe_error(error)
        return None

    def _run_task(self, turn: TaskLease) -> None:
        error = self._try_task("a periodic task failed", turn.task)
        with self._sessions.write() as session:
            periodic.release(session, turn, now=self._clock(), error=error)

    # --- jobs

    def _run_jobs(self, kind: JobKind, jobs: Sequence[Job]) -> None:
        """Of one kind. Whatever comes of them is written down, unless the handler did so itself, or the lease was
        lost."""
        if isinstance(kind.handle, BatchHandler):
            self._run_batch(kind, kind.handle, jobs)
            return
        for job in jobs:
            if self._may_begin(job):
                self._run_job(kind, kind.handle, job)
            else:
                self._release(job)

    def _may_begin(self, job: Job) -> bool:
        return not self._stopping.is_set() and self._clock() <= job.until - job.lease / 2

    def _release(self, job: Job) -> None:
        self._write(job, state=JobState.waiting, attempts=job.attempt - 1, acting=False)

    def _run_job(self, kind: JobKind, handle: JobHandler, job: Job) -> None:
        began = time.monotonic()
        try:
            again = handle(self._sessions, job)
        except LeaseLost:
            log.warning("a job's lease was lost", extra={"fields": _names(job)})
        except Exception as error:
            self._write_failure(kind, job, error)
        else:
            if self._write_success(job, again):
                _log_end("a job is done" if again is None else "a job goes on later", job, began)

    def _run_batch(self, kind: JobKind, batch_handler: BatchHandler, jobs: Sequence[Job]) -> None:
        began = time.monotonic()
        try:
            errors = batch_handler.handle(self._sessions, jobs, self._may_begin)
        except Exception as error:
            errors = {job.id: error for job in jobs}
        for job in jobs:
            if job.id in errors:  # also where `done` was set by a transaction that then failed
                self._write_failure(kind, job, errors[job.id])
            elif job.done:
                _log_end("a job is done", job, began)
            else:
                self._release(job)

    def _write_failure(self, kind: JobKind, job: Job, error: Exception) -> None:
        _log_error("a job failed", error, _names(job))
        self._write(job, error=describe_error(error), **self._after(kind, job, error))

    def _write_success(self, job: Job, again: Reschedule | None) -> bool:
        """False where the lease was lost."""
        if again is not None:
            due = self._clock() + again.after
            return self._write(
                job, state=JobState.waiting, payload=dict(again.payload), due=due, attempts=0, error=None, acting=False
            )
        return job.done or self._write(job, state=JobState.done, finished_at=self._clock(), error=None)

    def _after(self, kind: JobKind, job: Job, error: Exception) -> dict[str, object]:
        """What becomes of a job whose handler raised this."""
        known = isinstance(error, Retry | GiveUp)
        if not kind.repeatable and not known and (job.acting or isinstance(error, Uncertain)):
            return {"state": JobState.uncertain, "finished_at": self._clock()}
        if isinstance(error, GiveUp) or job.attempt >= kind.attempts:
            return {"state": JobState.failed, "finished_at": self._clock()}
        least = error.after if isinstance(error, Retry) else timedelta(0)
        wait = max(backoff_delay(kind, job.attempt, self._chance.random()), least)
        return {"state": JobState.waiting, "due": self._clock() + wait, "acting": False}

    def _write(self, job: Job, **values: object) -> bool:
        try:
            with self._sessions.write() as session:
                settle(session, job, leased_until=None, **values)
        except LeaseLost:
            log.warning("a job's lease was lost", extra={"fields": _names(job)})
            return False
        return True


def _log_end(what: str, job: Job, began: float) -> None:
    log.info(what, extra={"fields": {**_names(job), "ms": round((time.monotonic() - began) * 1000)}})


def _names(job: Job) -> dict[str, object]:
    return {"job": job.id, "kind": job.kind, "attempt": job.attempt}


def describe_error(error: Exception) -> str:
    """Class and text of an error that is written with care; of any other the class and the place, because its text
    may repeat somebody's address or a word that is confidential."""
    name = type(error).__name__
    if isinstance(error, JobError | AppError):
        return f"{name}: {error}"[:500]
    frames = traceback.extract_tb(error.__traceback__)
    return f"{name} in {frames[-1].name}, line {frames[-1].lineno}" if frames else name


def _log_error(what: str, error: Exception, fields: dict[str, object]) -> None:
    """Where it went wrong, without the words of a foreign error."""
    trace = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    log.error(what, extra={"fields": {**fields, "error": describe_error(error), "trace": trace}})
