"""What becomes of a job: done, tried again, failed, or uncertain; never lost, and never silently repeated."""

import logging
import threading
from datetime import datetime, timedelta
from queue import Queue

import pytest
from sqlalchemy import text

from app.db.sessions import Sessions
from app.jobs.commit_task import CommitTask
from app.jobs.kinds import GiveUp, JobHandler, Reschedule, Retry, Uncertain, by_name
from app.jobs.lease import Job
from app.jobs.queue import repeat
from app.jobs.retention import prune
from app.jobs.worker import Worker
from app.kit.errors import Conflict
from tests.jobs.conftest import Outbox
from tests.waiting import wait_until


class Broken(Exception):
    pass


class Killed(BaseException):
    """As the end of a process: nothing of the worker runs after it."""


def fail_with(error: BaseException, *, begun: bool = False) -> JobHandler:
    def handle(_: Sessions, job: Job) -> None:
        if begun:
            job.begin()
        raise error

    return handle


def test_what_is_done_is_done_once(outbox: Outbox) -> None:
    outbox.ask("a", "b")
    worker = outbox.worker(outbox.handler())
    outbox.drain(worker)
    assert outbox.seen == ["a", "b"]
    assert outbox.states() == {"a": "done", "b": "done"}
    assert worker.step() is False


def test_a_failed_try_waits_and_comes_back_until_its_tries_are_used_up(outbox: Outbox) -> None:
    outbox.ask("a")
    worker = outbox.worker(outbox.handler(handle=fail_with(Broken("someone@example.org")), attempts=3))
    waits = []
    while outbox.states() == {"a": "waiting"}:
        assert worker.step()
        row = outbox.rows()["a"]
        waits.append((row.due - outbox.clock()).total_seconds())
        assert worker.step() is False
        outbox.clock.now = max(outbox.clock.now, row.due)
    assert waits[:2] == [30, 60]
    row = outbox.rows()["a"]
    assert (row.state, row.attempts) == ("failed", 3)
    assert row.error is not None
    assert row.error.startswith("Broken in handle, line ")


def test_an_error_of_ours_is_kept_in_words_and_that_of_others_is_not(
    outbox: Outbox, caplog: pytest.LogCaptureFixture
) -> None:
    outbox.ask("ours", kind="ours")
    outbox.ask("theirs", kind="theirs")
    kinds = [
        outbox.handler("ours", handle=fail_with(Conflict("It is there already."))),
        outbox.handler("theirs", handle=fail_with(Broken("secret@example.org"))),
    ]
    with caplog.at_level(logging.ERROR):
        outbox.drain(outbox.worker(*kinds))
    rows = outbox.rows()
    assert rows["ours"].error == "Conflict: It is there already."
    assert "secret" not in (rows["theirs"].error or "")
    logged = "".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)
    assert "Broken in handle" in logged
    assert "secret" not in logged


def test_the_end_of_a_job_is_one_line_without_what_it_is_about(
    outbox: Outbox, caplog: pytest.LogCaptureFixture
) -> None:
    outbox.ask("secret@example.org")
    (job,) = outbox.rows().values()
    with caplog.at_level(logging.INFO, logger="app.jobs"):
        outbox.drain(outbox.worker(outbox.handler()))
    (record,) = caplog.records
    fields: dict[str, object] = vars(record)["fields"]
    assert record.getMessage() == "a job is done"
    assert {**fields, "ms": 0} == {"job": job.id, "kind": "note", "attempt": 1, "ms": 0}


def test_a_handler_says_when_to_try_again_and_when_not_to(outbox: Outbox) -> None:
    outbox.ask("later", kind="later")
    outbox.ask("never", kind="never")
    outbox.drain(
        outbox.worker(
            outbox.handler("later", handle=fail_with(Retry("busy", after=timedelta(hours=1)))),
            outbox.handler("never", handle=fail_with(GiveUp("no such thing"))),
        )
    )
    rows = outbox.rows()
    assert rows["later"].due == outbox.clock() + timedelta(hours=1)
    assert (rows["never"].state, rows["never"].error) == ("failed", "GiveUp: no such thing")


def test_a_job_in_parts_comes_again_with_what_is_left(outbox: Outbox) -> None:
    def handle(_: Sessions, job: Job) -> Reschedule | None:
        outbox.seen.append(str(job.payload["from"]))
        return Reschedule({"from": job.payload["from"] + 1}) if job.payload["from"] < 20 else None

    outbox.ask("a", payload={"from": 1})
    outbox.drain(outbox.worker(outbox.handler(handle=handle)))
    assert outbox.seen == [str(number) for number in range(1, 21)]
    assert outbox.states() == {"a": "done"}


def test_a_handler_that_finishes_with_its_effect_does_both_or_neither(outbox: Outbox) -> None:
    def handle(sessions: Sessions, job: Job) -> None:
        with sessions.write() as session:
            job.finish(session)
            if job.attempt == 1:
                raise Broken

    outbox.ask("a")
    worker = outbox.worker(outbox.handler(handle=handle))
    outbox.drain(worker)
    assert outbox.states() == {"a": "waiting"}
    outbox.clock.pass_by(minutes=1)
    outbox.drain(worker)
    assert outbox.states() == {"a": "done"}


@pytest.mark.parametrize(
    ("repeatable", "begun", "state"),
    [(True, True, "waiting"), (True, False, "waiting"), (False, False, "waiting"), (False, True, "uncertain")],
)
@pytest.mark.parametrize("crash", [True, False], ids=["killed", "raised"])
def test_only_what_may_have_acted_and_must_not_act_twice_is_uncertain(
    outbox: Outbox, repeatable: bool, begun: bool, state: str, crash: bool
) -> None:
    """Whether the worker died or its handler raised: the outcome is the same."""
    outbox.ask("a")
    error: BaseException = Killed() if crash else Broken()
    kind = outbox.handler(repeatable=repeatable, handle=fail_with(error, begun=begun))
    if crash:
        with pytest.raises(Killed):
            outbox.worker(kind).step()
        assert outbox.states() == {"a": "running"}
        outbox.clock.pass_by(minutes=6)
        outbox.worker(outbox.handler(repeatable=repeatable, rate=0)).step()
    else:
        outbox.worker(kind).step()
    assert outbox.states() == {"a": state}


def test_a_handler_may_know_that_it_did_not_happen_or_that_nobody_can_know(outbox: Outbox) -> None:
    outbox.ask("refused", kind="refused")
    outbox.ask("cut", kind="cut")
    kinds = [
        outbox.handler("refused", repeatable=False, handle=fail_with(Retry("refused"), begun=True)),
        outbox.handler("cut", repeatable=False, handle=fail_with(Uncertain("cut off"))),
    ]
    outbox.drain(outbox.worker(*kinds))
    assert outbox.states() == {"refused": "waiting", "cut": "uncertain"}
    assert outbox.rows()["refused"].acting is False


def test_workers_that_always_die_do_not_try_for_ever(outbox: Outbox) -> None:
    kind = outbox.handler(handle=fail_with(Killed()), attempts=2)
    outbox.ask("a")
    for _ in range(2):
        with pytest.raises(Killed):
            outbox.worker(kind).step()
        outbox.clock.pass_by(minutes=6)
    assert outbox.worker(kind).step() is False
    assert outbox.states() == {"a": "failed"}


def test_somebody_may_decide_to_repeat_what_failed_or_is_uncertain(outbox: Outbox) -> None:
    outbox.ask("a")
    outbox.drain(outbox.worker(outbox.handler(handle=fail_with(GiveUp("no")))))
    ident = outbox.rows()["a"].id
    with outbox.sessions.write() as session:
        assert repeat(session, ident, now=outbox.clock())
    outbox.drain(outbox.worker(outbox.handler()))
    assert outbox.states() == {"a": "done"}
    with outbox.sessions.write() as session:
        assert not repeat(session, ident, now=outbox.clock())


def test_what_is_finished_is_forgotten_after_a_while(outbox: Outbox) -> None:
    outbox.ask("done")
    outbox.ask("failed", kind="failing")
    outbox.ask("waiting", kind="other")
    outbox.drain(outbox.worker(outbox.handler(), outbox.handler("failing", handle=fail_with(GiveUp("no")))))
    day = timedelta(days=1)
    now = outbox.clock()
    with outbox.sessions.write() as session:
        assert prune(session, done_before=now + day, other_before=now - day) == 1
    assert outbox.states() == {"failed": "failed", "waiting": "waiting"}


def test_a_running_worker_hears_of_a_commit_and_stops_in_order(outbox: Outbox) -> None:
    heard = threading.Event()

    def handle(_: Sessions, job: Job) -> None:
        heard.set()

    worker = outbox.worker(outbox.handler(handle=handle))
    worker.start(threads=2)
    try:
        outbox.ask("a")
        assert heard.wait(10)
    finally:
        assert worker.stop()
    assert outbox.states() == {"a": "done"}
    assert outbox.sessions.after_write == []


def test_while_one_thread_is_busy_another_finds_what_other_processes_enqueued(outbox: Outbox) -> None:
    second_began = threading.Event()

    def handle(_: Sessions, job: Job) -> None:
        if job.key == "second":
            second_began.set()
        elif not second_began.wait(10):
            raise GiveUp("nobody took the second one")

    worker = outbox.worker(outbox.handler(handle=handle))
    worker.start(threads=3)
    outbox.sessions.after_write.clear()  # as if another process wrote
    try:
        outbox.ask("first", "second")
        wait_until(lambda: set(outbox.states().values()) == {"done"})
    finally:
        assert worker.stop()


def test_a_running_worker_does_what_follows_a_commit_at_once_and_goes_on_where_that_fails(
    outbox: Outbox, caplog: pytest.LogCaptureFixture
) -> None:
    moments: Queue[datetime] = Queue()

    def fail(_: Sessions, now: datetime) -> None:
        raise Conflict("not now")

    following = (
        CommitTask("failing", "noted", fail),
        CommitTask("telling", "noted", lambda _, now: moments.put(now)),
        CommitTask("another", "something else", lambda _, now: moments.put(now)),
    )
    worker = Worker(outbox.sessions, by_name(outbox.handler()), commit_tasks=following, clock=outbox.clock)
    worker.start()
    try:
        for _ in range(2):
            with outbox.sessions.write() as session:
                session.info["noted"] = True
            assert moments.get(timeout=60) == outbox.clock()
    finally:
        assert worker.stop()
    assert moments.empty()
    assert caplog.text.count("a task after a commit failed") == 2


def test_a_worker_without_a_database_waits_for_one(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("app.jobs.worker.ERROR_DELAY", 0.01)
    done = threading.Event()

    def handle(_: Sessions, job: Job) -> None:
        done.set()

    outbox.ask("a")
    with outbox.sessions.write() as session:
        session.execute(text("ALTER TABLE job RENAME TO elsewhere"))
    worker = outbox.worker(outbox.handler(handle=handle))
    worker.start()
    try:
        while "cannot work" not in caplog.text:
            assert not done.wait(0.01)
        with outbox.sessions.write() as session:
            session.execute(text("ALTER TABLE elsewhere RENAME TO job"))
        assert done.wait(10)
    finally:
        worker.stop()


def test_a_batch_is_taken_at_once_and_what_there_is_no_time_for_is_given_back(outbox: Outbox) -> None:
    def slow(_: Sessions, job: Job) -> None:
        outbox.seen.append(job.key)
        outbox.clock.pass_by(minutes=1)

    outbox.ask(*"abcdefg")
    outbox.ask("other", kind="other")
    kind = outbox.handler(handle=slow, batch=6)
    assert outbox.worker(kind, outbox.handler("other")).step()
    assert outbox.seen == ["a", "b", "c"]
    rows = outbox.rows()
    assert {rows[key].state for key in "abc"} == {"done"}
    assert {(rows[key].state, rows[key].attempts) for key in [*"defg", "other"]} == {("waiting", 0)}


def test_a_stopping_worker_leases_nothing_more(outbox: Outbox) -> None:
    outbox.ask("a", "b")
    stopping: list[Worker] = []

    def handle(_: Sessions, job: Job) -> None:
        stopping[0].stop()

    stopping.append(outbox.worker(outbox.handler(handle=handle)))
    stopping[0].run()
    assert outbox.states() == {"a": "done", "b": "waiting"}
