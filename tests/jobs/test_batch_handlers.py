"""Jobs that are handled together: each of them ends as it would alone, whatever becomes of the others."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

import pytest

from app.db.sessions import Sessions
from app.jobs.kinds import BatchHandler, GiveUp, JobKind, Retry, ShouldContinue, Uncertain
from app.jobs.lease import Job, begin_all, finish_all
from app.jobs.worker import Worker
from tests.jobs.conftest import Outbox

Act = Callable[[Job], None]


class Killed(BaseException):
    """As the end of a process: nothing of the worker runs after it."""


def together(outbox: Outbox, act: Act) -> JobKind:
    """A kind that begins all, acts for each, and finishes those that raised nothing."""

    def handle(sessions: Sessions, jobs: Sequence[Job], going_on: ShouldContinue) -> Mapping[int, Exception]:
        errors: dict[int, Exception] = {}
        done = []
        with sessions.write() as session:
            begun = begin_all(session, jobs)
        for job in begun:
            if not going_on(job):
                break
            try:
                act(job)
                outbox.seen.append(job.key)
                done.append(job)
            except Exception as error:
                errors[job.id] = error
        with sessions.write() as session:
            finish_all(session, done)
        return errors

    return outbox.handler(handle=BatchHandler(handle), repeatable=False, batch=3, attempts=2)


def nothing(_: Job) -> None:
    """It always works."""


def test_as_many_as_a_batch_at_a_time(outbox: Outbox) -> None:
    outbox.ask(*"abcd")
    worker = outbox.worker(together(outbox, nothing))
    assert worker.step()
    assert outbox.states() == {"a": "done", "b": "done", "c": "done", "d": "waiting"}
    outbox.drain(worker)
    assert outbox.seen == [*"abcd"]


def test_each_has_its_own_end(outbox: Outbox) -> None:
    ends = {"a": Retry("busy"), "b": GiveUp("no such thing"), "c": Uncertain("silence")}

    def act(job: Job) -> None:
        if job.key in ends:
            raise ends[job.key]

    outbox.ask(*"abcd")
    outbox.drain(outbox.worker(together(outbox, act)))
    assert outbox.states() == {"a": "waiting", "b": "failed", "c": "uncertain", "d": "done"}
    rows = outbox.rows()
    assert (rows["a"].attempts, rows["a"].acting, rows["a"].error) == (1, False, "Retry: busy")
    assert rows["a"].due == outbox.clock() + timedelta(seconds=30)


def test_what_a_stopped_worker_did_not_come_to_is_as_if_it_had_not_been_taken(outbox: Outbox) -> None:
    def act(_: Job) -> None:
        workers[0].stop()

    outbox.ask(*"abc")
    workers: list[Worker] = [outbox.worker(together(outbox, act))]
    workers[0].step()
    rows = outbox.rows()
    assert outbox.states() == {"a": "done", "b": "waiting", "c": "waiting"}
    assert {(rows[key].attempts, rows[key].acting, rows[key].leased_until) for key in "bc"} == {(0, False, None)}


def test_those_that_would_outlast_the_lease_are_given_back(outbox: Outbox) -> None:
    def act(job: Job) -> None:
        outbox.clock.pass_by(seconds=job.lease.total_seconds() / 2 + 1)

    outbox.ask(*"abc")
    outbox.worker(together(outbox, act)).step()
    assert outbox.states() == {"a": "done", "b": "waiting", "c": "waiting"}


def test_of_a_worker_that_dies_in_the_middle_all_that_was_begun_is_uncertain(outbox: Outbox) -> None:
    def act(job: Job) -> None:
        if job.key == "b":
            raise Killed

    outbox.ask(*"abcd")
    worker = outbox.worker(together(outbox, act))
    with pytest.raises(Killed):
        worker.step()
    outbox.clock.pass_by(minutes=6)
    outbox.drain(outbox.worker(together(outbox, nothing)))
    assert outbox.states() == {"a": "uncertain", "b": "uncertain", "c": "uncertain", "d": "done"}


def test_an_error_outside_of_any_is_that_of_all(outbox: Outbox) -> None:
    def handle(sessions: Sessions, jobs: Sequence[Job], _: ShouldContinue) -> Mapping[int, Exception]:
        with sessions.write() as session:
            begin_all(session, jobs[:1])
        raise ValueError

    outbox.ask(*"ab")
    outbox.worker(outbox.handler(handle=BatchHandler(handle), repeatable=False, batch=3)).step()
    assert outbox.states() == {"a": "uncertain", "b": "waiting"}


def test_who_lost_the_lease_neither_begins_nor_finishes(outbox: Outbox) -> None:
    outbox.ask(*"ab")
    kind = together(outbox, nothing)
    jobs = outbox.claim(kind)
    outbox.clock.pass_by(minutes=6)
    outbox.drain(outbox.worker(kind))
    with outbox.sessions.write() as session:
        assert begin_all(session, jobs) == []
        assert finish_all(session, jobs) == []
        assert finish_all(session, []) == []
    assert not any(job.done or job.acting for job in jobs)
    assert outbox.states() == {"a": "done", "b": "done"}
