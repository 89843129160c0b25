"""When messages are sent: soon after something was published, one at a time to each webhook."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.sessions import Sessions
from app.documents.revisions import PUBLISHED, published_number
from app.jobs.commit_task import CommitTask
from app.jobs.models import JobRow, JobState
from app.jobs.periodic import PeriodicTask
from app.jobs.queue import JobRequest, enqueue
from app.webhooks.models import PauseReason, WebhookRow, WebhookState
from app.webhooks.pauses import NotifyOwner, pause

SEND: Final = "webhook"
"""The kind of job that sends a page of changes."""
PRIORITY: Final = 60
"""After transactional mails, before digests."""
INTERVAL: Final = timedelta(seconds=5)
"""Between two looks for what another process published; of its own publications a process knows at once."""
ENDED: Final = (JobState.failed, JobState.uncertain)


def schedule_task(notify: NotifyOwner, changes: str) -> PeriodicTask:
    """Enqueues a job for every webhook with changes to send, and pauses those whose job has ended without an
    outcome: its worker was killed once too often."""

    def run(sessions: Sessions, now: datetime) -> None:
        with sessions.read() as session:
            idle = not any(_find_work(session))
        if not idle:
            with sessions.write() as session:
                due, lost = _find_work(session)
                for webhook in due:
                    enqueue_turn(session, webhook, now=now)
                for webhook in lost:
                    pause(session, webhook, PauseReason.failed, notify, changes=changes, now=now)

    return PeriodicTask("webhooks", INTERVAL, run)


def begin_turns(sessions: Sessions, now: datetime) -> None:
    """Where the publishing process is also the worker, changes are sent at once."""
    with sessions.read() as session:
        due, _ = _find_work(session)
    if due:
        with sessions.write() as session:
            for webhook in _find_work(session)[0]:
                enqueue_turn(session, webhook, now=now)


COMMIT_TASK: Final = CommitTask("webhooks", PUBLISHED, begin_turns)


def enqueue_turn(session: Session, webhook: WebhookRow, *, now: datetime) -> None:
    """The job of this turn; there is one, however often it is enqueued."""
    enqueue(session, JobRequest(SEND, turn_key(webhook), {"webhook": webhook.id}, priority=PRIORITY), now=now)


def turn_key(webhook: WebhookRow) -> str:
    return f"{webhook.id}/{webhook.turn}"


def _find_work(session: Session) -> tuple[Sequence[WebhookRow], Sequence[WebhookRow]]:
    """Active webhooks that are behind and have no job for their turn, and those whose job has ended badly."""
    behind = WebhookRow.state == WebhookState.active, WebhookRow.revision < published_number(session)
    rows = session.scalars(select(WebhookRow).where(*behind).order_by(WebhookRow.id)).all()
    theirs = JobRow.kind == SEND, JobRow.key.in_([turn_key(row) for row in rows])
    states = dict(session.execute(select(JobRow.key, JobRow.state).where(*theirs)).all()) if rows else {}
    due = [row for row in rows if turn_key(row) not in states]
    return due, [row for row in rows if states.get(turn_key(row)) in ENDED]
