"""Work is asked for in a transaction, kept once, and taken by one worker at a time."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select, text

from app.db.engine import is_sqlite
from app.jobs.kinds import backoff_delay
from app.jobs.lease import Job, LeaseLost
from app.jobs.models import JobRow
from app.jobs.queue import LOW, URGENT, JobRequest, enqueue
from tests.jobs.conftest import Outbox


class Undecided(Exception):
    pass


def ask_and_fail(outbox: Outbox) -> None:
    with outbox.sessions.write() as session:
        enqueue(session, JobRequest("note", "a"), now=outbox.clock())
        raise Undecided


def finish_too_late(outbox: Outbox, job: Job) -> None:
    with outbox.sessions.write() as session:
        session.execute(text("DELETE FROM job"))
        job.finish(session)


def test_work_of_a_transaction_that_fails_was_never_requested(outbox: Outbox) -> None:
    with pytest.raises(Undecided):
        ask_and_fail(outbox)
    assert outbox.rows() == {}


def test_what_is_requested_twice_is_there_once(outbox: Outbox) -> None:
    assert outbox.ask("a", "b") == 2
    assert outbox.ask("b", "c") == 1
    assert outbox.ask("b", kind="other") == 1
    with outbox.sessions.read() as session:
        assert session.scalar(select(func.count()).select_from(JobRow)) == 4


def test_many_are_requested_at_once(outbox: Outbox) -> None:
    assert outbox.ask(*map(str, range(1200))) == 1200
    assert outbox.ask(*map(str, range(1300))) == 100


def test_the_urgent_come_first_and_the_older_before_the_younger(outbox: Outbox) -> None:
    outbox.ask("later", priority=LOW)
    outbox.ask("second")
    outbox.ask("first", due=outbox.clock() - timedelta(minutes=1))
    outbox.ask("urgent", priority=URGENT)
    assert [job.key for job in outbox.claim(outbox.handler())] == ["urgent", "first", "second", "later"]


def test_nothing_is_taken_before_it_is_due_or_by_who_does_not_know_it(outbox: Outbox) -> None:
    outbox.ask("tomorrow", due=outbox.clock() + timedelta(days=1))
    outbox.ask("unknown", kind="newer")
    assert outbox.claim(outbox.handler()) == []
    outbox.clock.pass_by(days=1)
    assert [job.key for job in outbox.claim(outbox.handler())] == ["tomorrow"]


def test_workers_never_take_the_same_row(outbox: Outbox) -> None:
    outbox.ask(*map(str, range(100)))
    kind = outbox.handler()
    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(lambda _: outbox.claim(kind, limit=3), range(40)))
    keys = [job.key for jobs in taken for job in jobs]
    assert sorted(keys, key=int) == list(map(str, range(100)))


def test_a_row_that_another_transaction_holds_is_skipped(outbox: Outbox) -> None:
    """On PostgreSQL; SQLite has one writer at a time, so there is nobody to be skipped."""
    outbox.ask("held", "free")
    both = is_sqlite(outbox.sessions.engine)
    with outbox.sessions.engine.connect() as other:
        if not both:
            other.execute(text("SELECT id FROM job WHERE key = 'held' FOR UPDATE"))
        assert [job.key for job in outbox.claim(outbox.handler())] == (["held", "free"] if both else ["free"])


def test_a_pace_holds_for_all_workers_together(outbox: Outbox) -> None:
    kind, other = outbox.handler(rate=3), outbox.handler("other")
    outbox.ask(*"abcdefgh")
    outbox.ask("free", kind="other")
    assert len(outbox.claim(kind, limit=2)) == 2
    assert [job.key for job in outbox.claim(kind, other)] == ["c", "free"]
    assert outbox.claim(kind) == []
    outbox.clock.pass_by(seconds=1)
    assert len(outbox.claim(kind)) == 3
    outbox.clock.pass_by(seconds=1)
    assert len(outbox.claim(kind)) == 2


def test_who_lost_the_lease_settles_nothing(outbox: Outbox) -> None:
    kind = outbox.handler()
    outbox.ask("a")
    (lost,) = outbox.claim(kind)
    outbox.clock.pass_by(minutes=6)
    outbox.worker(kind).step()
    assert outbox.states() == {"a": "done"}
    with pytest.raises(LeaseLost):
        finish_too_late(outbox, lost)
    assert outbox.states() == {"a": "done"}


def test_a_lease_that_is_extended_holds(outbox: Outbox) -> None:
    kind = outbox.handler()
    outbox.ask("a")
    (job,) = outbox.claim(kind)
    outbox.clock.pass_by(minutes=4)
    with outbox.sessions.write() as session:
        job.extend(session)
    outbox.clock.pass_by(minutes=4)
    outbox.worker(kind).step()
    assert outbox.states() == {"a": "running"}


def test_the_wait_doubles_up_to_its_limit_and_chance_spreads_it(outbox: Outbox) -> None:
    kind = outbox.handler(backoff=timedelta(seconds=10), max_backoff=timedelta(minutes=1))
    assert [backoff_delay(kind, attempt, 0.5).seconds for attempt in (1, 2, 3, 4, 99)] == [10, 20, 40, 60, 60]
    spread = random.Random(7)
    waits = {backoff_delay(kind, 3, spread.random()).seconds for _ in range(200)}
    assert min(waits) >= 20
    assert max(waits) <= 60
    assert len(waits) > 20


def test_looking_for_work_is_one_statement_that_reads_no_more_where_much_is_done(outbox: Outbox) -> None:
    """Each part of it is answered by the small index that was made for it."""
    engine = outbox.sessions.engine
    statements: list[tuple[str, Any]] = []
    event.listen(engine, "before_cursor_execute", lambda *given: statements.append((given[2], given[3])))
    assert not outbox.worker(outbox.handler()).step()
    (looking,) = [each for each in statements if each[0].startswith("SELECT")]
    explain = "EXPLAIN QUERY PLAN " if is_sqlite(engine) else "EXPLAIN "
    with engine.connect() as connection:
        if not is_sqlite(engine):
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # a small table is read whole otherwise
        plan = str(connection.exec_driver_sql(explain + looking[0], looking[1]).all())
    assert "ix_job_waiting" in plan
    assert "ix_job_running" in plan
