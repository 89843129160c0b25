"""Webhooks as a part of the service: what its endpoints work with, two kinds of job, and the task that begins them."""

from datetime import timedelta
from typing import Final

from app.config.settings import Settings
from app.harvest.changes import PATH as CHANGES
from app.http.services import Services
from app.jobs.commit_task import CommitTask
from app.jobs.kinds import BatchHandler, JobKind
from app.jobs.periodic import PeriodicTask
from app.kit.clock import Clock
from app.kit.signing_keys import SigningKeys
from app.outbound.client import Outbound
from app.reading.requests.urls import UrlBuilder
from app.search.query.schema_registry import SchemaRegistry
from app.webhooks.context import WebhookContext
from app.webhooks.pauses import NotifyOwner
from app.webhooks.receiver_client import ReceiverClient
from app.webhooks.schedule import COMMIT_TASK, SEND, schedule_task
from app.webhooks.sender import ATTEMPTS, PING, WebhookSender

BATCH: Final = 16
"""Messages that are sent side by side: a receiver that is slow holds up few."""


def add_webhooks(services: Services, settings: Settings) -> None:
    """What the endpoints work with."""
    services.add(WebhookContext, WebhookContext(SigningKeys(settings.signing_keys), settings.may_ask_others))


def make_sender(
    outbound: Outbound, settings: Settings, clock: Clock, registry: SchemaRegistry, notify: NotifyOwner
) -> WebhookSender:
    receivers = ReceiverClient(outbound, SigningKeys(settings.signing_keys), clock)
    urls = UrlBuilder(settings.base, settings.pages_url)
    return WebhookSender(receivers, registry, urls, notify, settings.base + CHANGES)


def webhook_jobs(sender: WebhookSender) -> tuple[JobKind, ...]:
    changes = JobKind(
        name=SEND,
        handle=BatchHandler(sender.send_changes),
        repeatable=True,
        attempts=ATTEMPTS,
        batch=BATCH,
        backoff=timedelta(seconds=30),
        max_backoff=timedelta(hours=6),
    )
    pings = JobKind(name=PING, handle=BatchHandler(sender.send_pings), repeatable=True, attempts=1, batch=BATCH)
    return changes, pings


def webhook_tasks(sender: WebhookSender) -> tuple[PeriodicTask, ...]:
    """None where outbound requests are switched off."""
    return (schedule_task(sender.notify, sender.changes),) if sender.receivers.outbound.enabled else ()


def webhook_commit_tasks(sender: WebhookSender) -> tuple[CommitTask, ...]:
    return (COMMIT_TASK,) if sender.receivers.outbound.enabled else ()
