"""Reconciliation: deliveries whose outcome is unknown are sent again, or held for staff."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.sessions import Sessions
from app.feed.deliveries import OPEN, Channel, DeliveryRow, DeliveryState
from app.jobs.models import JobRow, JobState
from app.jobs.periodic import PeriodicTask
from app.jobs.queue import repeat

MAX_RETRIES: Final = 3
"""Then it is held for staff: a server that never answers must not be sent the same for ever."""
BATCH: Final = 500


def reconciliation_task(channel: Channel, kinds: tuple[str, ...], *, retry: bool) -> PeriodicTask:
    """For one channel; `kinds` are those of its jobs that send."""

    def run(sessions: Sessions, now: datetime) -> None:
        with sessions.read() as session:
            idle = not _find_unsettled(session, kinds, 1)
        if not idle:
            with sessions.write() as session:
                for job, delivery in _find_unsettled(session, kinds, BATCH):
                    _settle(session, job, delivery, now, retry=retry)

    return PeriodicTask(f"reconcile-{channel}", timedelta(minutes=1), run)


def _find_unsettled(session: Session, kinds: tuple[str, ...], limit: int) -> list[tuple[JobRow, DeliveryRow]]:
    """Jobs that ended while the outcome of their delivery is unknown."""
    found = (
        select(JobRow, DeliveryRow)
        .join(DeliveryRow, DeliveryRow.job_id == JobRow.id)
        .where(
            JobRow.state.in_((JobState.uncertain, JobState.failed)),
            JobRow.finished_at.is_not(None),
            JobRow.kind.in_(kinds),
            DeliveryRow.state.in_(OPEN),
        )
        .order_by(JobRow.id)
        .limit(limit)
    )
    return [(job, delivery) for job, delivery in session.execute(found)]


def _settle(session: Session, job: JobRow, delivery: DeliveryRow, now: datetime, *, retry: bool) -> None:
    if job.state == JobState.failed:
        delivery.state, delivery.settled_at = DeliveryState.failed, now
        return
    if delivery.state != DeliveryState.unconfirmed:  # the worker died in the middle of it
        delivery.doubts += 1
    delivery.settled_at = now
    if retry and delivery.doubts < MAX_RETRIES:
        delivery.state = DeliveryState.waiting
        repeat(session, job.id, now=now)
    else:
        delivery.state = DeliveryState.uncertain


def retry_unsettled(
    session: Session,
    channel: Channel,
    state: str,
    numbers: Sequence[int] | None,
    *,
    update: int | None = None,
    now: datetime,
) -> int:
    """Staff decided that deliveries are to be tried again; returns how many. Those whose job is gone are left."""
    requested = [DeliveryRow.channel == channel, DeliveryRow.state == state]
    requested += [] if numbers is None else [DeliveryRow.id.in_(numbers)]
    requested += [] if update is None else [DeliveryRow.update_id == update]
    found = (
        select(JobRow, DeliveryRow)
        .join(DeliveryRow, DeliveryRow.job_id == JobRow.id)
        .where(*requested, JobRow.state.in_((JobState.uncertain, JobState.failed)))
        .order_by(DeliveryRow.id)
    )
    retried = 0
    for job, delivery in session.execute(found):
        if repeat(session, job.id, now=now):
            delivery.state, delivery.settled_at = DeliveryState.waiting, None
            retried += 1
    return retried
