"""Sending of messages to webhooks, from a job to the response of the receiver. Sending is repeatable: a message that
may have arrived is sent again with the same id, by which receivers recognise it.

Several messages are prepared in one transaction, sent in parallel, and settled in another transaction.
"""

import secrets
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from app.db.sessions import Sessions
from app.documents.revisions import published_number
from app.feed.deliveries import OPEN, Channel, DeliveryRow, DeliveryState, find_delivery, make_delivery
from app.harvest.positions import parse_position
from app.jobs.kinds import GiveUp, JobError, Retry, ShouldContinue
from app.jobs.lease import Job, finish_all
from app.kit.errors import BadQuery
from app.reading.requests.urls import UrlBuilder
from app.search.query.schema_registry import SchemaRegistry
from app.webhooks.messages import PageReader, changes_message, complete_revision, ping_message
from app.webhooks.models import PauseReason, WebhookRow, WebhookState
from app.webhooks.pauses import NotifyOwner, pause
from app.webhooks.receiver_client import ReceiverClient, ReceiverResponse, SecretLost
from app.webhooks.schedule import enqueue_turn, turn_key

PING: Final = "webhook-ping"
ATTEMPTS: Final = 14
"""More than a day, with delays from half a minute to six hours, plus or minus a half."""
MAX_REPLY: Final = 40
"""Characters of a response that are stored."""


@dataclass(frozen=True, slots=True)
class WebhookMessage:
    """A prepared message: `message` is its id. `following` is the token of the position after it; None for a ping."""

    job: Job
    delivery: int
    url: str
    keys: list[bytes] = field(repr=False)
    message: str
    body: bytes
    following: str | None = None


@dataclass(frozen=True)
class WebhookSender:
    """One for each worker; `changes` is the address of `/v1/changes`."""

    receivers: ReceiverClient
    registry: SchemaRegistry
    urls: UrlBuilder
    notify: NotifyOwner
    changes: str

    def send_changes(
        self, sessions: Sessions, jobs: Sequence[Job], should_continue: ShouldContinue
    ) -> Mapping[int, Exception]:
        with sessions.write() as session:
            messages = self._prepare(session, jobs)
        return self._send(sessions, messages, should_continue)

    def send_pings(
        self, sessions: Sessions, jobs: Sequence[Job], should_continue: ShouldContinue
    ) -> Mapping[int, Exception]:
        messages = []
        with sessions.write() as session:
            for job in jobs:
                message = self._prepare_ping(session, job)
                if message is None:
                    job.finish(session)
                else:
                    messages.append(message)
        return self._send(sessions, messages, should_continue)

    # --- preparing

    def _prepare(self, session: Session, jobs: Sequence[Job]) -> list[WebhookMessage]:
        """The messages to send; jobs without anything to send are finished."""
        reader = PageReader(session, self.registry, self.urls)
        messages: list[WebhookMessage] = []
        finished: list[Job] = []
        for job in sorted(jobs, key=lambda each: int(each.payload["webhook"])):  # locked in one order by everybody
            webhook = session.get(WebhookRow, job.payload["webhook"], with_for_update=True)
            message = None
            if webhook is not None and is_current(webhook, job):
                message = self._prepare_page(session, reader, webhook, job)
            else:
                _cancel(session, job)
            if message is None:
                finished.append(job)
            else:
                messages.append(message)
        finish_all(session, finished)
        return messages

    def _prepare_page(
        self, session: Session, reader: PageReader, webhook: WebhookRow, job: Job
    ) -> WebhookMessage | None:
        """None if no change is for this webhook, whose position is then advanced, or if it is paused."""
        now = job.clock()
        delivery = find_delivery(session, job)
        items = None if delivery is None else delivery.items
        try:
            keys = self.receivers.keys_of(webhook, now)
            page = reader.read(webhook, parse_position(items["next"]) if items else None)
        except (BadQuery, SecretLost) as error:
            reason = PauseReason.broken_query if isinstance(error, BadQuery) else PauseReason.lost_secret
            self._pause(session, webhook, delivery, reason, now)
            return None
        since, following = webhook.position, page.following.token
        if not page.lines:
            if delivery is not None:
                delivery.state, delivery.settled_at = DeliveryState.dropped, now
            _move_on(session, webhook, following, now=now)
            return None
        delivery = delivery or make_delivery(session, Channel.webhook, job, None, now=now)
        name = items["message"] if items else new_message_name()
        delivery.webhook_id = webhook.id
        delivery.items = {"message": name, "since": since, "next": following, "changes": len(page.lines)}
        session.flush()
        body = changes_message(page.lines, since, following, now)
        return WebhookMessage(job, delivery.id, webhook.url, keys, name, body, following)

    def _prepare_ping(self, session: Session, job: Job) -> WebhookMessage | None:
        webhook = session.get(WebhookRow, job.payload["webhook"])
        if webhook is None:
            return None
        delivery = make_delivery(session, Channel.webhook, job, None, now=job.clock())
        delivery.webhook_id = webhook.id
        try:
            keys = self.receivers.keys_of(webhook, job.clock())
        except SecretLost:
            delivery.state, delivery.settled_at = DeliveryState.failed, job.clock()
            return None
        name = (delivery.items or {}).get("message") or new_message_name()
        delivery.items = {"message": name}
        session.flush()
        return WebhookMessage(job, delivery.id, webhook.url, keys, name, ping_message(webhook.name, job.clock()))

    # --- sending

    def _send(
        self, sessions: Sessions, messages: Sequence[WebhookMessage], should_continue: ShouldContinue
    ) -> Mapping[int, Exception]:
        """Returns the errors of messages that were not accepted; jobs that were not begun are released."""
        begun = [message for message in messages if should_continue(message.job)]
        if not begun:
            return {}
        with ThreadPoolExecutor(len(begun)) as pool:
            outcomes = list(pool.map(self._post, begun))
        errors: dict[int, Exception] = {}
        with sessions.write() as session:
            settled = sorted(zip(begun, outcomes, strict=True), key=lambda each: int(each[0].job.payload["webhook"]))
            for message, outcome in settled:
                error = self._settle(session, message, outcome)
                if error is not None:
                    errors[message.job.id] = error
            finish_all(session, [each.job for each in begun if each.job.id not in errors])
        return errors

    def _post(self, message: WebhookMessage) -> ReceiverResponse:
        return self.receivers.post(message.url, message.keys, message.message, message.body)

    def _settle(self, session: Session, message: WebhookMessage, outcome: ReceiverResponse) -> JobError | None:
        """Record the response in the delivery and its webhook. Returns an error if the message was not accepted."""
        job, now = message.job, message.job.clock()
        webhook = session.get(WebhookRow, job.payload["webhook"], with_for_update=True, populate_existing=True)
        delivery = session.get(DeliveryRow, message.delivery)
        if webhook is None or delivery is None:
            return None  # deleted meanwhile
        is_last = message.following is None or job.attempt >= ATTEMPTS
        delivery.tries += 1
        delivery.reply, delivery.settled_at = outcome.reply[:MAX_REPLY], now
        delivery.state = state_after(outcome, is_last=is_last)
        if outcome.is_accepted:
            webhook.last_accepted_at, webhook.failing_since = now, None
            if message.following is not None and is_current(webhook, job):
                _move_on(session, webhook, message.following, now=now)
            return None
        error: JobError = GiveUp(outcome.reply) if outcome.is_gone else Retry(outcome.reply, after=outcome.after)
        if message.following is None:
            return error
        if not is_current(webhook, job):
            return None
        webhook.failing_since = webhook.failing_since or now
        if outcome.is_gone or is_last:
            reason = PauseReason.gone if outcome.is_gone else PauseReason.failed
            self._pause(session, webhook, None, reason, now, last=outcome.reply)
        return error

    def _pause(
        self,
        session: Session,
        webhook: WebhookRow,
        delivery: DeliveryRow | None,
        reason: PauseReason,
        now: datetime,
        *,
        last: str = "none",
    ) -> None:
        """The pending delivery fails, and its turn ends: resuming begins another turn."""
        if delivery is not None and delivery.state in OPEN:
            delivery.state, delivery.settled_at = DeliveryState.failed, now
        webhook.turn += 1
        pause(session, webhook, reason, self.notify, changes=self.changes, now=now, last=last)


def new_message_name() -> str:
    """Random: after a restore, no receiver may mistake a new message for one that it knows."""
    return f"msg_{secrets.token_hex(12)}"


def is_current(webhook: WebhookRow, job: Job) -> bool:
    """Whether the job belongs to the current turn of an active webhook."""
    return webhook.state == WebhookState.active and turn_key(webhook) == job.key


def _cancel(session: Session, job: Job) -> None:
    """Staff paused the webhook, or moved its position: its changes are sent in another message."""
    delivery = find_delivery(session, job)
    if delivery is not None and delivery.state in OPEN:
        delivery.state, delivery.settled_at = DeliveryState.cancelled, job.clock()


def _move_on(session: Session, webhook: WebhookRow, following: str, *, now: datetime) -> None:
    """Advance the position: everything before it has been sent. If there are more changes by now, the next turn is
    enqueued at once."""
    webhook.position, webhook.revision = following, complete_revision(parse_position(following))
    webhook.turn += 1
    if webhook.revision < published_number(session):
        enqueue_turn(session, webhook, now=now)


def state_after(outcome: ReceiverResponse, *, is_last: bool) -> DeliveryState:
    if outcome.is_accepted:
        return DeliveryState.sent
    if outcome.is_gone:
        return DeliveryState.refused
    return DeliveryState.failed if is_last else DeliveryState.deferred
