"""Commands about what is done later."""

import signal
import threading
from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy import select

from app.cli.opening import err, fail, identified, out, read_settings, ready
from app.jobs.queue import repeat
from app.jobs.tables import JobRow, JobState
from app.kit.clock import rfc3339, utc_now
from app.main import make_worker

PATIENCE = 10.0
"""Seconds that a job under way may take when the worker is told to stop."""


def worker(threads: Annotated[int, typer.Option(min=1, max=32, help="Jobs at a time.")] = 2) -> None:
    """Do what is to be done later (`kb serve` does so too, unless KB_WORKER is false). Any number may run at once."""
    told = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told.set())
    with identified() as sessions:
        working = make_worker(sessions, read_settings())
        working.start(threads)
        out.print("Working; Ctrl-C ends it.")
        told.wait()
        if not working.stop(PATIENCE):
            err.print("A job is still under way: another worker takes it up when its lease runs out.", style="yellow")


def jobs(
    again: Annotated[int | None, typer.Option(help="Number of a job that is to be tried once more.")] = None,
) -> None:
    """The jobs that failed, and those that may have been done and must not be repeated unasked."""
    with ready() as sessions:
        if again is not None:
            with sessions.write() as session:
                if not repeat(session, again, now=utc_now()):
                    fail("There is no failed or uncertain job of this number.")
            out.print(f"Job {again} waits to be done.")
            return
        with sessions.read() as session:
            states = (JobState.failed, JobState.uncertain)
            rows = session.scalars(select(JobRow).where(JobRow.state.in_(states)).order_by(JobRow.id)).all()
    table = Table("number", "kind", "state", "ended", "tries", "why")
    for row in rows:
        ended = rfc3339(row.finished_at) if row.finished_at else ""
        table.add_row(str(row.id), row.kind, row.state, ended, str(row.attempts), row.error)
    out.print(table if rows else "Nothing failed, and nothing is uncertain.")
