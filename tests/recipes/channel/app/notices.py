"""A line in a file for every entry that is published: the smallest channel there can be."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from app.db.sessions import Sessions
from app.documents.store import DocumentRow
from app.feed.cursors import follow_feed
from app.feed.deliveries import Channel, DeliveryState, enqueue_deliveries, find_delivery
from app.feed.first_publications import first_published
from app.jobs.kinds import JobKind
from app.jobs.lease import Job
from app.jobs.periodic import PeriodicTask
from app.jobs.queue import JobRequest
from app.search.query.schema_registry import SchemaRegistry

CONSUMER: Final = "notices"
NOTICE: Final = "notice"
LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)


class NoticeTransport:
    """To a file. Another would raise Retry, GiveUp or Uncertain."""

    def __init__(self, path: Path = Path("var/notices")) -> None:
        self._path = path

    def send(self, line: str) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")


def notice_task(registry: SchemaRegistry) -> PeriodicTask:
    kinds = [kind for kind, schema in registry.schemas.items() if schema.has_terms]

    def run(sessions: Sessions, now: datetime) -> None:
        with sessions.write() as session:
            batch = follow_feed(session, CONSUMER, kinds)
            new = first_published(session, batch.after, batch.until, since=LONG_AGO) if batch else []
            jobs = [JobRequest(NOTICE, str(each.document_id), {"document": each.document_id}) for each in new]
            enqueue_deliveries(session, Channel.notice, NOTICE, [(job, {}) for job in jobs], now=now)

    return PeriodicTask(CONSUMER, timedelta(seconds=1), run)


def notice_job(transport: NoticeTransport | None = None) -> JobKind:
    target = transport or NoticeTransport()

    def handle(sessions: Sessions, job: Job) -> None:
        with sessions.read() as session:
            document = session.get_one(DocumentRow, job.payload["document"])
        job.begin()
        target.send(f"{document.collection}/{document.slug}")
        with sessions.write() as session:
            delivery = find_delivery(session, job)
            if delivery is not None:
                delivery.state, delivery.settled_at = DeliveryState.sent, job.clock()
            job.finish(session)

    return JobKind(name=NOTICE, handle=handle, repeatable=False)
