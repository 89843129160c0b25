"""A knowledge base with a partner: its worker runs when a test says so, on a clock that is moved by hand."""

from datetime import timedelta
from email import message_from_bytes
from email.message import Message
from random import Random
from typing import Any

from sqlalchemy import update

from app.catalogue.registry import ALL_ENTRIES, SEARCH_SCHEMAS
from app.jobs.kinds import by_name
from app.jobs.models import PeriodicRow
from app.jobs.worker import Worker
from app.kit.clock import utc_now
from app.mailing.content.entries import PublishedEntries
from app.mailing.context import MailContext
from app.mailing.delivery.mailer import make_mailer
from app.mailing.messages.notices import enqueue_notice, notice_mail_job
from app.outbound.client import Outbound
from app.reading.requests.urls import PageUrls
from app.search.query.schema_registry import SchemaRegistry
from app.webhooks.composition import make_sender, webhook_commit_tasks, webhook_jobs, webhook_tasks
from app.websub.pings import HubPings, hub_of
from tests.api_keys import api_key_client
from tests.corpus import Corpus
from tests.mailing.memory_transport import MemoryTransport
from tests.webhooks.receiver import Receiver

PATH = "/v1/staff/webhooks"
OWNER = "systems@example.org"
ADDRESSES = {"partner.test": ["127.0.0.1"], "inside.test": ["10.1.2.3"]}


class NoChance(Random):
    """In the middle: each wait is as long as it is named."""

    def random(self) -> float:
        return 0.5


class WebhookService(Corpus):
    """This machine is public to its worker, and 10.1.2.3 is not."""

    def __init__(self, url: str, **settings: Any) -> None:
        super().__init__(url, **settings)
        self.later = timedelta(0)
        registry = SchemaRegistry(SEARCH_SCHEMAS, ALL_ENTRIES)
        outbound = Outbound(
            user_agent="kb-tests (+https://kb.example)",
            resolve=lambda host, port, seconds: ADDRESSES.get(host, [host]),
            permitted=lambda address: address == "127.0.0.1",
        )
        sessions, own = self.service.sessions, self.service.settings
        sender = make_sender(
            outbound,
            own,
            utc_now,  # receivers compare it with their own clock
            registry,
            enqueue_notice,
        )
        entries = PublishedEntries(sessions, registry, PageUrls(own.base), lambda: self.service.index)
        self.transport = MemoryTransport()
        mailer = make_mailer(self.service.services[MailContext], entries, self.transport)
        pings = HubPings(hub_of(own), sender.receivers, registry, sender.urls)
        kinds = by_name(*webhook_jobs(sender), notice_mail_job(mailer), pings.job_kind)
        self.worker = Worker(
            sessions,
            kinds,
            (*webhook_tasks(sender), *((pings.periodic_task,) if pings.hub else ())),
            commit_tasks=webhook_commit_tasks(sender),
            clock=lambda: utc_now() + self.later,
            chance=NoChance(),
        )
        self.worker.step()  # the first look at its tasks
        self.staff = api_key_client(self, "webhooks:manage")

    def add(self, receiver: Receiver, **values: Any) -> dict[str, Any]:
        """A webhook to that receiver, which knows its secret."""
        body = {"name": "Partner", "url": receiver.url, "owner": OWNER, **values}
        made: dict[str, Any] = self.staff.request_json("POST", PATH, 201, json=body)
        receiver.secrets = [made["secret"]]
        return made

    def shown(self, webhook: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = self.staff.request_json("GET", f"{PATH}/{webhook['id']}")
        return found

    def change(self, webhook: dict[str, Any], **values: Any) -> dict[str, Any]:
        body = {"version": self.shown(webhook)["version"], **values}
        changed: dict[str, Any] = self.staff.request_json("PATCH", f"{PATH}/{webhook['id']}", json=body)
        return changed

    def deliveries(self, webhook: dict[str, Any]) -> list[dict[str, Any]]:
        """Newest first."""
        found: list[dict[str, Any]] = self.staff.request_json("GET", f"{PATH}/{webhook['id']}/deliveries")["results"]
        return found

    def work(self, **later: float) -> None:
        """Do all that is due after so much time."""
        self.later += timedelta(**later)
        with self.write() as session:
            session.execute(update(PeriodicRow).values(next_run=utc_now() - timedelta(seconds=1)))
        while self.worker.step():
            pass

    @property
    def mails(self) -> list[Message]:
        return [message_from_bytes(each.data) for each in self.transport.sent]
