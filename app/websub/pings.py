"""From a publication to the hub's answer: one delivery for each feed that changed.

A ping has no content, the hub reads the feed itself: while one for a feed waits to be sent, another is not needed.
"""

from collections.abc import Iterator, Sequence
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
from app.feed.deliveries import Channel, DeliveryRow, DeliveryState, Values, enqueue_deliveries, find_delivery
from app.jobs.commit_task import CommitTask
from app.jobs.kinds import GiveUp, JobKind, Retry
from app.jobs.lease import Job
from app.jobs.models import JobRow
from app.jobs.periodic import PeriodicTask
from app.jobs.queue import WAITING, JobRequest
from app.reading.feed_links import EXTENSIONS
from app.reading.urls import UrlBuilder
from app.search.query.schema_registry import SchemaRegistry
from app.webhooks.receiver_client import ReceiverClient
from app.webhooks.schedule import INTERVAL, PRIORITY
from app.webhooks.sender import MAX_REPLY, state_after

PING: Final = "websub-ping"
CONSUMER: Final = "websub"
"""Of the change feed."""
ATTEMPTS: Final = 32
"""With waits from half a minute to an hour, more or less by half: more than a day."""


def hub_of(settings: Settings) -> str | None:
    """None also where the service sends requests to nobody."""
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
            handle=self._send,
            repeatable=True,
            attempts=ATTEMPTS,
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
        """A ping for each feed that what was published since the last time is in."""
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
        told = {payload["feed"] for payload in session.scalars(waiting.with_for_update())}
        sent: list[tuple[JobRequest, Values]] = [
            (JobRequest(PING, f"{path}/{until}", {"feed": path}, priority=PRIORITY), {"items": {"feed": path}})
            for path in self._feeds(kinds)
            if path not in told
        ]
        enqueue_deliveries(session, Channel.websub, PING, sent, now=now)

    def _feeds(self, kinds: set[str]) -> Iterator[str]:
        """Paths of the feeds that tell of a hub: of whole collections, in which there is a thing of these kinds."""
        for name in self.registry.entry_lists:
            if kinds & {schema.kind for schema in self.registry.collections[name].schemas}:
                yield from (f"/v1/{name}.{extension}" for extension in EXTENSIONS.values())

    def _send(self, sessions: Sessions, job: Job) -> None:
        if self.hub is None:
            with sessions.write() as session:
                _settle(session, job, DeliveryState.dropped, None)
            return
        topic = self.urls.query_url(str(job.payload["feed"]), ())
        form = {"hub.mode": "publish", "hub.url": topic}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        outcome = self.receivers.send(self.hub, headers, urlencode(form).encode())
        with sessions.write() as session:
            _settle(session, job, state_after(outcome, is_last=job.attempt >= ATTEMPTS), outcome.reply)
        if outcome.is_gone:
            raise GiveUp(outcome.reply)
        if not outcome.is_accepted:
            raise Retry(outcome.reply, after=outcome.after)


def _settle(session: Session, job: Job, state: DeliveryState, reply: str | None) -> None:
    """`reply` is None where nobody was asked. What was accepted, or is no longer wanted, is done."""
    delivery: DeliveryRow | None = find_delivery(session, job)
    if delivery is not None:
        delivery.state, delivery.settled_at = state, job.clock()
        delivery.tries += reply is not None
        delivery.reply = reply and reply[:MAX_REPLY]
    if state in (DeliveryState.sent, DeliveryState.dropped):
        job.finish(session)
