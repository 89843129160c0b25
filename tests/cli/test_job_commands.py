"""`kb worker`, `kb jobs`, and the worker inside `kb serve`."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select, text

from app.db.engine import make_engine
from app.db.sessions import Sessions
from app.jobs.models import JobRow, JobState, PeriodicRow
from app.jobs.queue import JobRequest, enqueue
from app.kit.clock import utc_now
from tests.cli.conftest import Run
from tests.cli.test_serving import served, stop
from tests.factories import make_publication
from tests.waiting import wait_until


@contextmanager
def opened(url: str) -> Iterator[Sessions]:
    engine = make_engine(url)
    yield Sessions(engine)
    engine.dispose()


def pruned(sessions: Sessions) -> bool:
    """Whether somebody has seen to the periodic task since it was made due."""
    with sessions.read() as session:
        row = session.get(PeriodicRow, "prune-jobs")
        return row is not None and row.last_run is not None


def make_due(sessions: Sessions) -> None:
    with sessions.write() as session:
        session.merge(PeriodicRow(name="prune-jobs", next_run=utc_now() - timedelta(days=3), fence=0))


def test_a_worker_does_what_is_due_and_stops_on_request(
    environment: dict[str, str], seeded_url: str, tmp_path: Path
) -> None:
    with opened(seeded_url) as sessions:
        make_due(sessions)
        with subprocess.Popen(
            [sys.executable, "-m", "app.cli.main", "worker", "--threads", "3"],
            cwd=tmp_path,
            env=environment | {"KB_DATABASE_URL": seeded_url},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                wait_until(lambda: pruned(sessions))
                stop(process, signal.SIGTERM)
            finally:
                process.kill()


@pytest.mark.one_engine
@pytest.mark.parametrize("inside", [True, False])
def test_the_service_runs_a_worker_unless_the_settings_say_otherwise(
    environment: dict[str, str], seeded_url: str, tmp_path: Path, inside: bool
) -> None:
    with opened(seeded_url) as sessions:
        make_due(sessions)
        with served(environment | {"KB_WORKER": str(inside)}, seeded_url, tmp_path) as (process, port):
            if inside:
                wait_until(lambda: pruned(sessions))
            else:  # a worker looks as soon as the service starts: it has long been there when all these are answered
                with httpx.Client(base_url=f"http://127.0.0.1:{port}", verify=False) as client:
                    assert {client.get("/health/ready").status_code for _ in range(100)} == {200}
            stop(process, signal.SIGTERM)
        assert pruned(sessions) is inside


def test_links_are_visited_from_the_command_line(run: Run, database: str) -> None:
    """What is not of the public internet is never visited."""
    with opened(database) as sessions, sessions.write() as session:
        make_publication(session, resources=[{"type": "view", "url": "http://127.0.0.1:9/"}])
    result = run("check-links", KB_DATABASE_URL=database)
    assert result.exit_code == 0, result.output
    assert "broken" in result.stdout
    off = run("check-links", KB_DATABASE_URL=database, KB_OUTBOUND="false")
    assert (off.exit_code, off.stderr) == (1, "Requests to other servers are disabled (KB_OUTBOUND).\n")


def test_what_failed_is_shown_and_can_be_tried_again(run: Run, seeded_url: str) -> None:
    assert "There are no failed" in run("jobs", KB_DATABASE_URL=seeded_url).output
    with opened(seeded_url) as sessions:
        with sessions.write() as session:
            enqueue(session, JobRequest("note", "a"), JobRequest("note", "b"), now=utc_now())
            session.execute(text("UPDATE job SET state = 'uncertain', error = 'Cut: cut off' WHERE key = 'a'"))
        output = run("jobs", KB_DATABASE_URL=seeded_url).output
        assert "uncertain" in output
        assert "Cut: cut off" in output
        with sessions.read() as session:
            ident = session.scalar(select(JobRow.id).where(JobRow.key == "a"))
        assert "will be retried" in run("jobs", "--retry", str(ident), KB_DATABASE_URL=seeded_url).output
        refused = run("jobs", "--again", str(ident), KB_DATABASE_URL=seeded_url)
        assert refused.exit_code == 1
        assert "`--again` is now called `--retry`" in " ".join(refused.stderr.split())
        with sessions.read() as session:
            assert set(session.scalars(select(JobRow.state))) == {JobState.waiting}
