"""Tasks that come back: one worker does each, on time, and once however long nobody was there."""

from datetime import datetime, timedelta

from sqlalchemy import select

from app.db.sessions import Sessions
from app.jobs.models import PeriodicRow
from app.jobs.periodic import PeriodicTask, lease_due
from tests.jobs.conftest import START, Outbox

HOUR = timedelta(hours=1)


class Diary:
    """A task that remembers when it ran."""

    def __init__(self) -> None:
        self.runs: list[datetime] = []

    def task(self) -> PeriodicTask:
        return PeriodicTask("diary", HOUR, self._run)

    def _run(self, _: Sessions, now: datetime) -> None:
        self.runs.append(now)


def row(outbox: Outbox) -> PeriodicRow:
    with outbox.sessions.read() as session:
        return session.scalars(select(PeriodicRow)).one()


def test_a_task_runs_every_hour(outbox: Outbox) -> None:
    diary = Diary()
    worker = outbox.worker(tasks=(diary.task(),))
    for _ in range(6):
        outbox.drain(worker)
        outbox.clock.pass_by(minutes=30)
    assert diary.runs == [START + HOUR, START + 2 * HOUR]


def test_after_a_long_stop_it_runs_once_and_keeps_its_hour(outbox: Outbox) -> None:
    diary = Diary()
    outbox.worker(tasks=(diary.task(),)).step()
    outbox.clock.pass_by(days=10, minutes=20)
    outbox.drain(outbox.worker(tasks=(diary.task(),)))
    assert diary.runs == [START + timedelta(days=10, minutes=20)]
    assert row(outbox).next_run == START + timedelta(days=10, hours=1)


def test_of_several_workers_one_does_it(outbox: Outbox) -> None:
    diary = Diary()
    workers = [outbox.worker(tasks=(diary.task(),)) for _ in range(3)]
    workers[0].step()
    outbox.clock.pass_by(hours=1)
    for worker in workers:
        worker.step()
    assert len(diary.runs) == 1


def test_what_a_dead_worker_held_is_run_by_another(outbox: Outbox) -> None:
    diary = Diary()
    worker = outbox.worker(tasks=(diary.task(),))
    worker.step()
    outbox.clock.pass_by(hours=1)
    with outbox.sessions.write() as session:
        assert len(lease_due(session, [diary.task()], now=outbox.clock())) == 1
    assert worker.step() is False
    outbox.clock.pass_by(minutes=11)
    worker.step()
    assert len(diary.runs) == 1


def test_a_task_that_fails_says_so_and_comes_back(outbox: Outbox) -> None:
    def fail(_: Sessions, now: datetime) -> None:
        raise ValueError("not to be repeated")

    worker = outbox.worker(tasks=(PeriodicTask("failing", HOUR, fail),))
    worker.step()
    outbox.clock.pass_by(hours=1)
    assert worker.step()
    assert (row(outbox).error or "").startswith("ValueError in fail")
    assert row(outbox).next_run == START + 2 * HOUR


def test_it_can_be_brought_forward(outbox: Outbox) -> None:
    diary = Diary()
    worker = outbox.worker(tasks=(diary.task(),))
    worker.step()
    with outbox.sessions.write() as session:
        session.get_one(PeriodicRow, "diary").next_run = outbox.clock()
    worker.step()
    assert diary.runs == [START]
