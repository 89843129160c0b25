"""`kb status` at three in the morning: what is wrong is said, and the exit code says that something is."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.db.engine import make_engine
from app.db.sessions import Sessions
from app.feed.deliveries import DeliveryRow, DeliveryState
from app.jobs.models import JobRow, JobState, PeriodicRow
from app.jobs.queue import JobRequest, enqueue
from app.kit.clock import utc_now
from tests.cli.conftest import Run

HOUR = timedelta(hours=1)


def late_job(session: Session) -> None:
    enqueue(session, JobRequest("note", "a"), now=utc_now() - HOUR)


def failed_job(session: Session) -> None:
    enqueue(session, JobRequest("note", "a"), now=utc_now())
    row = session.query(JobRow).one()
    row.state, row.finished_at = JobState.failed, utc_now()


def late_task(session: Session) -> None:
    session.add(PeriodicRow(name="prune-jobs", next_run=utc_now() - HOUR, fence=0))


def deferred_mails(session: Session) -> None:
    for number in range(202):
        session.add(
            DeliveryRow(
                key=f"mail/{number}", kind="digest-mail", state=DeliveryState.deferred, created_at=utc_now() - HOUR
            )
        )


def asked(run: Run, url: str) -> tuple[int, dict[str, Any]]:
    told = run("status", "--json", KB_DATABASE_URL=url)
    assert told.stderr == ""
    return told.exit_code, json.loads(told.stdout)


def test_all_is_well_once_there_is_a_backup(run: Run, tmp_path: Path) -> None:
    assert run("migrate").exit_code == 0
    url = f"sqlite:///{tmp_path}/kb.sqlite"
    code, before = asked(run, url)
    assert (code, before["problems"]) == (1, ["There is no backup in var/backups: run `kb backup` every day."])
    assert run("backup").exit_code == 0
    code, after = asked(run, url)
    assert (code, after["problems"]) == (0, [])
    assert after["version"].count(".") == 2
    assert after["database_bytes"] > 0
    assert after["disk_free_bytes"] > 0
    assert after["last_backup"] is not None
    assert run("status").exit_code == 0


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (late_job, "has not begun: start `kb worker`"),
        (late_task, "has not begun: start `kb worker`"),
        (failed_job, "1 job(s) failed: see `kb jobs`."),
        (deferred_mails, "202 mail(s) are deferred"),
    ],
)
def test_trouble_is_told_and_the_exit_code_says_so(
    run: Run, seeded_url: str, trouble: Callable[[Session], None], words: str
) -> None:
    engine = make_engine(seeded_url)
    with Sessions(engine).write() as session:
        trouble(session)
    engine.dispose()
    code, found = asked(run, seeded_url)
    assert code == 1
    assert [problem for problem in found["problems"] if words in problem]
    in_words = run("status", KB_DATABASE_URL=seeded_url)
    assert in_words.exit_code == 1
    assert words in " ".join(in_words.stderr.split())
