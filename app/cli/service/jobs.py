"""Commands for background jobs."""

from contextlib import closing
from typing import Annotated

import typer
from sqlalchemy import select

from app.cli.context import AsJson, err, fail, identified, migrated_database, out, print_rows, read_settings
from app.cli.former_names import warn_of_former_name
from app.config.version import VERSION
from app.jobs.models import JobRow, JobState
from app.jobs.queue import repeat
from app.kit.clock import rfc3339, utc_now
from app.kit.system.extras import MissingExtra
from app.kit.system.stop_request import StopRequest
from app.ops.tracing.loader import load_tracing
from app.worker import make_worker

STOP_TIMEOUT = 10.0
"""Seconds that a job in progress may take when the worker receives a signal to stop."""


def worker(
    threads: Annotated[int, typer.Option(min=1, max=32, help="Number of jobs to run at the same time.")] = 2,
) -> None:
    """Run the background worker (as does `kb serve`, unless KB_WORKER is false). Any number may run at once."""
    stop = StopRequest()
    settings = read_settings()
    try:
        tracing = load_tracing(settings, VERSION)
    except MissingExtra as error:
        fail(str(error))
    with identified() as sessions, closing(tracing):
        working = make_worker(sessions, settings, tracing=tracing)
        working.start(threads)
        out.print("The worker is running. Press Ctrl-C to stop it.")
        stop.wait()
        if not working.stop(STOP_TIMEOUT):
            err.print(
                "A job is still running: another worker will take it over when its lease expires.", style="yellow"
            )


def jobs(
    retry: Annotated[int | None, typer.Option(help="Number of a job to retry.")] = None,
    again: Annotated[int | None, typer.Option(hidden=True)] = None,
    as_json: AsJson = False,
) -> None:
    """List failed and uncertain jobs."""
    if again is not None:
        warn_of_former_name("--again", "--retry")
    number = again if retry is None else retry
    with migrated_database() as sessions:
        if number is not None:
            with sessions.write() as session:
                if not repeat(session, number, now=utc_now()):
                    fail("There is no failed or uncertain job with this number.")
            out.print(f"Job {number} will be retried.")
            return
        with sessions.read() as session:
            states = (JobState.failed, JobState.uncertain)
            rows = session.scalars(select(JobRow).where(JobRow.state.in_(states)).order_by(JobRow.id)).all()
    shown = [
        (
            str(row.id),
            row.kind,
            row.state,
            rfc3339(row.finished_at) if row.finished_at else "",
            str(row.attempts),
            row.error or "",
        )
        for row in rows
    ]
    title = ("number", "kind", "state", "ended", "tries", "why")
    print_rows(title, shown, as_json=as_json, none="There are no failed or uncertain jobs.")
