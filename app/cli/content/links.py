"""`kb check-links`: every public link visited now, and not when the week is over."""

import time
from datetime import timedelta

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.cli.context import err, fail, migrated_database, out, read_settings
from app.db.sessions import Sessions
from app.jobs.kinds import by_name
from app.jobs.models import JobRow, JobState
from app.jobs.worker import Worker
from app.kit.clock import utc_now
from app.ops.links.checker import KIND, link_job, start_check
from app.ops.links.models import LinkCheckRow
from app.ops.links.visitor import LinkVisitor
from app.worker import make_outbound

AT_ONCE = 4
PATIENCE = timedelta(minutes=2)
"""A host with a longer crawl delay is left to the background worker."""


def check_links() -> None:
    """Check every public link, slowly; GET /v1/staff/links lists the broken ones. Nothing is changed."""
    settings = read_settings()
    if not settings.outbound:
        fail("Requests to other servers are disabled (KB_OUTBOUND).")
    outbound = make_outbound(settings)
    with migrated_database() as sessions:
        since = utc_now()
        start_check(sessions, since)
        worker = Worker(sessions, by_name(link_job(LinkVisitor(outbound.fetch, utc_now))))
        worker.start(AT_ONCE)
        try:
            with Progress(TextColumn("Links"), BarColumn(), MofNCompleteColumn(), console=err) as progress:
                _watch(sessions, progress)
        finally:
            worker.stop()
        with sessions.read() as session:
            out.print(_summary(session))


def _watch(sessions: Sessions, progress: Progress) -> None:
    with sessions.read() as session:
        began = session.scalar(select(func.min(JobRow.created_at)).where(JobRow.kind == KIND, _open())) or utc_now()
        total = session.scalar(select(func.count()).select_from(LinkCheckRow)) or 0
    task = progress.add_task("links", total=total)
    under_way = True
    while under_way:
        with sessions.read() as session:
            visited = select(func.count()).select_from(LinkCheckRow).where(LinkCheckRow.checked_at >= began)
            progress.update(task, completed=session.scalar(visited))
            soon = select(JobRow.id).where(JobRow.kind == KIND, _open(), JobRow.due < utc_now() + PATIENCE)
            under_way = session.scalar(soon.limit(1)) is not None
        time.sleep(0.2 if under_way else 0)


def _open() -> ColumnElement[bool]:
    return JobRow.state.in_((JobState.waiting, JobState.running))


def _summary(session: Session) -> Table:
    table = Table("state", "links")
    counted = select(LinkCheckRow.state, func.count()).group_by(LinkCheckRow.state).order_by(LinkCheckRow.state)
    for state, count in session.execute(counted):
        table.add_row(state, str(count))
    return table
