"""A post office over a real database: readers, entries that are published, a clock, and what was sent."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import select

from app.catalogue.registry import ALL_ENTRIES, BY_COLLECTION, SEARCH_SCHEMAS
from app.config.settings import Settings
from app.db.engine import make_engine
from app.db.sessions import Sessions
from app.documents.readers import open_document_reader
from app.documents.revision_watcher import watch_revision
from app.documents.revisions import published_number
from app.feed.deliveries import DeliveryRow
from app.feed.stored_queries import digest_of
from app.jobs.kinds import by_name
from app.jobs.models import JobRow, PeriodicRow
from app.jobs.queue import JobRequest, enqueue
from app.jobs.worker import Worker
from app.kit.signing_keys import SigningKeys
from app.mailing.content.entries import PublishedEntries
from app.mailing.context import make_mail_context
from app.mailing.delivery.mailer import make_mailer
from app.mailing.delivery.transports import Transport
from app.mailing.jobs import mail_jobs, mail_tasks
from app.mailing.models import SubscriberRow, SubscriptionRow
from app.reading.requests.urls import PageUrls, UrlBuilder
from app.search.index.live_index import Index
from app.search.query.filter_parser import parse_parameters
from app.search.query.schema_registry import SchemaRegistry
from tests.factories import make_entry
from tests.mailing.memory_transport import MemoryTransport

BASE = "https://kb.test"
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
SENDER = "news@kb.test"
ON_PURPOSE = ("Deferred", "Rejected", "Unconfirmed", "GiveUp", "LeaseLost")


class Half(Random):
    """Chance in the middle."""

    def random(self) -> float:
        return 0.5


@dataclass
class MailService:
    """One worker with everything that it works with; `now` moves by hand."""

    url: str
    folder: Path
    transport: Transport = field(default_factory=MemoryTransport)
    more: Mapping[str, Any] = field(default_factory=dict)
    now: datetime = MONDAY

    def __post_init__(self) -> None:
        self.sessions = Sessions(make_engine(self.url))
        own = {
            "database_url": self.url,
            "base_url": BASE,
            "title": "Knowledge base",
            "contact": "team@example.org",
            "mail_from": SENDER,
            "secret_file": str(self.folder / "secrets"),
            "mail_directory": str(self.folder / "mail"),
        }
        self.settings = Settings(_env_file=None, **{**own, **self.more})
        SigningKeys(self.settings.signing_keys).make()
        self.context = make_mail_context(self.sessions, self.settings, self.clock)
        self.registry = SchemaRegistry(SEARCH_SCHEMAS, ALL_ENTRIES)
        self.published = PublishedEntries(self.sessions, self.registry, PageUrls(self.settings.pages), self._open_index)
        self.mailer = make_mailer(self.context, self.published, self.transport)
        self.worker = self.new_worker()

    def _open_index(self) -> Index:
        self.watched = watch_revision(self.sessions.engine)
        fetch = open_document_reader(self.sessions.engine)
        return Index(self.sessions, self.watched, self.registry, UrlBuilder(BASE).absolute, 0, fetch)

    def new_worker(self) -> Worker:
        tasks = mail_tasks(self.mailer, self.registry)
        return Worker(self.sessions, by_name(*mail_jobs(self.mailer)), tasks, clock=self.clock, chance=Half())

    def clock(self) -> datetime:
        return self.now

    def close(self) -> None:
        self.transport.close()
        self.published.close()
        if hasattr(self, "watched"):
            self.watched.close()
        self.sessions.engine.dispose()

    # --- what happens

    def drain(self) -> None:
        """All that is due now; whatever nobody raised on purpose is a mistake."""
        while self.worker.step():
            pass
        with self.sessions.read() as session:
            errors = [*session.scalars(select(JobRow.error)), *session.scalars(select(PeriodicRow.error))]
        mistakes = [error for error in errors if error and not error.startswith(ON_PURPOSE)]
        assert mistakes == [], mistakes

    def later(self, **time: float) -> None:
        """Time goes by, and all that is due is done, twice: what comes back may lead to more."""
        self.now += timedelta(**time)
        self.drain()
        self.now += timedelta(seconds=20)
        self.drain()

    def publish(self, slug: str, collection: str = "publications", **values: Any) -> int:
        """An entry of those `furnish` knows; the number of its document."""
        with self.sessions.write() as session:
            make_entry(session, BY_COLLECTION[collection], slug=slug, now=self.now, **values)
            session.flush()
            from_document = "SELECT id FROM document WHERE slug = :slug AND collection = :collection"
            return int(session.connection().exec_driver_sql(_named(from_document, slug, collection)).scalar_one())

    def reader(self, address: str, *queries: str, frequency: str = "daily", **more: Any) -> int:
        """Somebody with confirmed subscriptions; a query as `publications?topic=ethics`."""
        with self.sessions.write() as session:
            row = SubscriberRow(
                address=address,
                mailbox=address,
                unique_key=address,
                language="en",
                **{"state": "active", "state_since": self.now, "created_at": self.now, **more},
            )
            session.add(row)
            session.flush()
            number = row.id
        for query in queries:
            self.subscribe(number, query, frequency)
        return number

    def subscribe(self, subscriber: int, query: str, frequency: str = "daily", **more: Any) -> int:
        with self.sessions.write() as session:
            stored = self.stored(session, query)
            own = {
                "state": "active",
                "created_at": self.now,
                "confirmed_at": self.now,
                "since": published_number(session),
                "language": "en",
            }
            row = SubscriptionRow(
                subscriber_id=subscriber,
                query=stored,
                query_digest=digest_of(stored),
                frequency=frequency,
                **{**own, **more},
            )
            session.add(row)
            session.flush()
            return row.id

    def stored(self, session: Any, query: str) -> dict[str, Any]:
        collection, _, rest = query.partition("?")
        parts = [part.partition("=") for part in rest.split("&") if part]
        pairs = [(name, value) for name, _, value in parts]
        return parse_parameters(self.published.terms(session), collection, pairs).as_json()

    def ask(self, *wanted: JobRequest) -> None:
        with self.sessions.write() as session:
            enqueue(session, *wanted, now=self.now)

    # --- what came of it

    @property
    def mails(self) -> list[EmailMessage]:
        assert isinstance(self.transport, MemoryTransport)
        return [parsed(each.data) for each in self.transport.sent]

    def take(self) -> list[EmailMessage]:
        """The mails since the last time."""
        mails = self.mails
        assert isinstance(self.transport, MemoryTransport)
        self.transport.sent.clear()
        return mails

    def received(self) -> dict[str, list[str]]:
        """By address, the titles that were in the mails since the last time, in order."""
        found: dict[str, list[str]] = {}
        for mail in self.take():
            found.setdefault(mail["To"], []).extend(titles(mail))
        return found

    def deliveries(self) -> list[DeliveryRow]:
        with self.sessions.read() as session:
            return list(session.scalars(select(DeliveryRow).order_by(DeliveryRow.id)))

    def address_of(self, delivery: DeliveryRow) -> str:
        with self.sessions.read() as session:
            return session.get_one(SubscriberRow, delivery.subscriber_id).address

    def jobs(self) -> dict[str, str]:
        with self.sessions.read() as session:
            return {f"{row.kind}/{row.key}": row.state for row in session.scalars(select(JobRow))}


def _named(statement: str, slug: str, collection: str) -> str:
    return statement.replace(":slug", f"'{slug}'").replace(":collection", f"'{collection}'")


def parsed(data: bytes) -> EmailMessage:
    message = message_from_bytes(data, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def html_of(mail: EmailMessage) -> str:
    part = mail.get_body(("html",))
    assert part is not None
    return str(part.get_content())


def titles(mail: EmailMessage) -> list[str]:
    """Of the entries in a digest: `furnish`ed entries are called About something."""
    return [line.removeprefix("About ") for line in text_of(mail).splitlines() if line.startswith("About ")]


@contextmanager
def mail_service(url: str, folder: Path, **more: Any) -> Iterator[MailService]:
    made = MailService(url, folder, **more)
    try:
        yield made
    finally:
        made.close()
