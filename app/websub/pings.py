"""Pings of a WebSub hub, from a publication to the reply: one delivery for each feed that changed.

A ping has no content, the hub reads the feed itself: while one for a feed waits to be sent, another is not needed.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.config.settings import Settings
from app.db.sessions import Sessions
from app.documents.revisions import PUBLISHED
from app.documents.store import DocumentRow
from app.feed.cursors import follow_feed, is_behind
from app.feed.deliveries import Channel, DeliveryState, DeliveryValues, enqueue_deliveries, find_delivery
from app.jobs.commit_task import CommitTask
from app.jobs.kinds import BatchHandler, GiveUp, JobKind, Retry, ShouldContinue
from app.jobs.lease import Job, finish_all
from app.jobs.models import JobRow
from app.jobs.periodic import PeriodicTask
from app.jobs.queue import WAITING, JobRequest
from app.reading.feed_links import EXTENSIONS
from app.reading.requests.urls import UrlBuilder
from app.search.query.schema_registry import SchemaRegistry
from app.webhooks.receiver_client import ReceiverClient, ReceiverResponse
from app.webhooks.schedule import INTERVAL, PRIORITY
from app.webhooks.sender import MAX_REPLY, state_after

PING: Final = "websub-ping"
CONSUMER: Final = "websub"
"""Of the change feed."""
ATTEMPTS: Final = 32
"""More than a day, with delays from half a minute to an hour, plus or minus a half."""
BATCH: Final = 16
"""Sent in parallel; the feeds of one publication are fewer."""


def hub_of(settings: Settings) -> str | None:
    """None also where outbound requests are switched off."""
    return settings.websub_hub if settings.may_ask_others else None


@dataclass(frozen=True)
class HubPings:
    """One for each worker; without `hub` nothing is sent."""

    hub: str | None
    receivers: ReceiverClient
    registry: SchemaRegistry
    urls: UrlBuilder

    @property
    def job_kind(self) -> JobKind:
        """Also there without a hub, for what was to be sent when there was one."""
        return JobKind(
            name=PING,
            handle=BatchHandler(self._send),
            repeatable=True,
            attempts=ATTEMPTS,
            batch=BATCH,
            backoff=timedelta(seconds=30),
            max_backoff=timedelta(hours=1),
        )

    @property
    def periodic_task(self) -> PeriodicTask:
        return PeriodicTask("websub", INTERVAL, self.follow)

    @property
    def commit_task(self) -> CommitTask:
        return CommitTask("websub", PUBLISHED, self.follow)

    def follow(self, sessions: Sessions, now: datetime) -> None:
        """Enqueue a ping for each feed that has something published since the last run."""
        with sessions.read() as session:
            idle = not is_behind(session, CONSUMER)
        if not idle:
            with sessions.write() as session:
                batch = follow_feed(session, CONSUMER, self._kinds)
                if batch is not None:
                    self._enqueue(session, batch.after, batch.until, now)

    @property
    def _kinds(self) -> Sequence[str]:
        return [kind for kind, schema in self.registry.schemas.items() if schema.has_terms]

    def _enqueue(self, session: Session, after: int, until: int, now: datetime) -> None:
        changed = DocumentRow.revision > after, DocumentRow.kind.in_(self._kinds)
        kinds = set(session.scalars(select(DocumentRow.kind).where(*changed).distinct()))
        waiting = select(JobRow.payload).where(JobRow.kind == PING, JobRow.state == WAITING)
        queued = {payload["feed"] for payload in session.scalars(waiting.with_for_update())}
        sent: list[tuple[JobRequest, DeliveryValues]] = [
            (JobRequest(PING, f"{path}/{until}", {"feed": path}, priority=PRIORITY), {"items": {"feed": path}})
            for path in self._feeds(kinds)
            if path not in queued
        ]
        enqueue_deliveries(session, Channel.websub, PING, sent, now=now)

    def _feeds(self, kinds: set[str]) -> Iterator[str]:
        """Paths of the feeds that name a hub: those of whole collections that contain documents of these kinds."""
        for name in self.registry.entry_lists:
            if kinds & {schema.kind for schema in self.registry.collections[name].schemas}:
                yield from (f"/v1/{name}.{extension}" for extension in EXTENSIONS.values())

    def _send(
        self, sessions: Sessions, jobs: Sequence[Job], should_continue: ShouldContinue
    ) -> Mapping[int, Exception]:
        """In parallel: a slow hub occupies one worker, no longer than the timeout. Returns the errors of those that
        were not accepted."""
        begun = sorted(filter(should_continue, jobs), key=lambda job: job.id)
        if not begun:
            return {}
        with ThreadPoolExecutor(len(begun)) as pool:
            outcomes = list(pool.map(self._ping, begun))
        errors: dict[int, Exception] = {}
        with sessions.write() as session:
            for job, outcome in zip(begun, outcomes, strict=True):
                _settle(session, job, outcome)
                if outcome is not None and not outcome.is_accepted:
                    errors[job.id] = (
                        GiveUp(outcome.reply) if outcome.is_gone else Retry(outcome.reply, after=outcome.after)
                    )
            finish_all(session, [job for job in begun if job.id not in errors])
        return errors

    def _ping(self, job: Job) -> ReceiverResponse | None:
        """None where there is no hub any more."""
        if self.hub is None:
            return None
        topic = self.urls.query_url(str(job.payload["feed"]), ())
        form = {"hub.mode": "publish", "hub.url": topic}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.receivers.send(self.hub, headers, urlencode(form).encode())


def _settle(session: Session, job: Job, outcome: ReceiverResponse | None) -> None:
    """Record the reply in the delivery."""
    delivery = find_delivery(session, job)
    if delivery is None:
        return
    delivery.settled_at = job.clock()
    if outcome is None:
        delivery.state = DeliveryState.dropped
        return
    delivery.tries += 1
    delivery.reply = outcome.reply[:MAX_REPLY]
    delivery.state = state_after(outcome, is_last=job.attempt >= ATTEMPTS)
