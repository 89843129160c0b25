"""Visiting all links, week after week: a job for each host, which visits one address at a time and then waits."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.db.sessions import Sessions
from app.jobs.kinds import GiveUp, JobKind, Reschedule
from app.jobs.lease import Job
from app.jobs.models import JobRow, JobState
from app.jobs.periodic import PeriodicTask
from app.jobs.queue import LOW, JobRequest, enqueue_all
from app.kit.clock import rfc3339
from app.ops.links.models import FAILING, LinkCheckRow
from app.ops.links.survey import digest, survey_links
from app.ops.links.visitor import LinkVisitor, VisitOutcome
from app.outbound.errors import OutboundDisabled

KIND: Final = "check-links"
CHECK_INTERVAL: Final = timedelta(days=7)
HOST_DELAY: Final = timedelta(seconds=2)
"""From one visit of a host to the next, at least."""
TRIES: Final = 3
"""Visits in one run to an address whose server is busy."""


def start_check(sessions: Sessions, now: datetime) -> int:
    """See what links there are, and ask for a visit to each; returns the number of hosts. A host that is still being
    visited since last time is not visited twice as fast."""
    hosts = survey_links(sessions, now)
    with sessions.write() as session:
        busy = _hosts_under_way(session)
        requested = [
            JobRequest(KIND, f"{rfc3339(now)} {digest(host)[:32]}", {"host": host, "since": now.isoformat()}, now, LOW)
            for host in hosts
            if host not in busy
        ]
        return enqueue_all(session, requested, now=now)


def _hosts_under_way(session: Session) -> set[str]:
    statement = select(JobRow.payload).where(
        JobRow.kind == KIND, JobRow.state.in_((JobState.waiting, JobState.running))
    )
    return {payload["host"] for payload in session.scalars(statement)}


def weekly_check_task() -> PeriodicTask:
    def run(sessions: Sessions, now: datetime) -> None:
        start_check(sessions, now)

    return PeriodicTask(KIND, CHECK_INTERVAL, run, lease=timedelta(hours=1))


def link_job(visitor: LinkVisitor, *, delay: timedelta = HOST_DELAY) -> JobKind:
    """The kind of job that `start_check` requests."""

    def handle(sessions: Sessions, job: Job) -> Reschedule | None:
        return visit_next(sessions, job, visitor, delay)

    return JobKind(name=KIND, handle=handle, repeatable=True, attempts=4)


def visit_next(sessions: Sessions, job: Job, visitor: LinkVisitor, delay: timedelta) -> Reschedule | None:
    """Visit one address of the host that was not visited in this run; None when there is none left."""
    with sessions.read() as session:
        link = _next(session, job.payload["host"], datetime.fromisoformat(job.payload["since"]))
        ident, url = (link.id, link.url) if link is not None else (0, "")
    if not ident:
        return None
    try:
        outcome = visitor.visit(url)
    except OutboundDisabled as error:
        raise GiveUp(str(error)) from error
    tries = job.payload.get("tries", 0) + 1
    if outcome.retry_after is not None and tries < TRIES:
        return Reschedule({**job.payload, "tries": tries}, after=outcome.retry_after)
    with sessions.write() as session:
        record_outcome(session, ident, outcome, job.clock())
    return Reschedule({**job.payload, "tries": 0}, after=max(delay, visitor.delay(url), outcome.retry_after or delay))


def _next(session: Session, host: str, since: datetime) -> LinkCheckRow | None:
    waiting = or_(LinkCheckRow.checked_at.is_(None), LinkCheckRow.checked_at < since)
    return session.scalar(
        select(LinkCheckRow).where(LinkCheckRow.host == host, waiting).order_by(LinkCheckRow.id).limit(1)
    )


def record_outcome(session: Session, ident: int, outcome: VisitOutcome, now: datetime) -> None:
    """The link may have gone while it was visited."""
    row = session.get(LinkCheckRow, ident, with_for_update=True)
    if row is None:
        return
    failed = outcome.state in FAILING
    row.failures = row.failures + 1 if failed else 0
    row.first_failed_at = (row.first_failed_at or now) if failed else None
    row.state, row.status, row.checked_at = outcome.state, outcome.status, now
    row.final_url, row.redirects, row.problem = outcome.final_url, outcome.redirects, outcome.problem
