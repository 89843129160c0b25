"""The ledger of deliveries: what is sent, by which channel and which job, and what became of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.db.base import Base
from app.db.upsert import insert_many_or_ignore, insert_or_ignore
from app.jobs.lease import Job
from app.jobs.models import JobRow
from app.jobs.queue import JobRequest, enqueue_numbered
from app.kit.json_types import JsonObject

DeliveryValues = Mapping[str, object]
"""Of columns."""


class DeliveryState(StrEnum):
    waiting = "waiting"
    sent = "sent"
    """A server took it."""
    deferred = "deferred"
    """A server refused it for now. It is tried again."""
    unconfirmed = "doubtful"
    """It was handed over, and no answer came whether it was taken: reconciliation settles it."""
    uncertain = "uncertain"
    """Unconfirmed, and held for staff."""
    refused = "refused"
    """A server refused it for good."""
    failed = "failed"
    """All tries were used up, or something is wrong here."""
    suppressed = "suppressed"
    """The address is on the suppression list."""
    dropped = "dropped"
    """When it was due there was nothing left to send, or no recipient."""
    cancelled = "cancelled"
    bounced = "bounced"
    complained = "complained"


class Channel(StrEnum):
    """How a delivery is sent."""

    mail = "mail"
    webhook = "webhook"
    websub = "websub"


OPEN = (DeliveryState.waiting, DeliveryState.deferred, DeliveryState.unconfirmed)
"""States that it does not stay in."""
SENDABLE = (*OPEN, DeliveryState.uncertain)


class DeliveryRow(Base):
    """One thing that is sent to one receiver: a mail to a subscriber, a message to a webhook, or a ping to a hub. Its
    number is in the mail, so it is never used again."""

    __tablename__ = "delivery"
    __table_args__ = (
        Index("ix_delivery_subscriber", "subscriber_id", "created_at"),
        Index("ix_delivery_state", "state", "id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    """Kind and key of the job that sends it: there is one for each, for as long as this row is kept."""
    channel: Mapped[str] = mapped_column(String(10), default=Channel.mail)
    job_id: Mapped[int | None] = mapped_column(ForeignKey(JobRow.id, ondelete="SET NULL"), index=True)
    """None once the job is forgotten."""
    kind: Mapped[str] = mapped_column(String(40))
    subscriber_id: Mapped[int | None] = mapped_column(ForeignKey("subscriber.id", ondelete="CASCADE"))
    """None for what is sent to anyone else than a subscriber."""
    webhook_id: Mapped[int | None] = mapped_column(ForeignKey("webhook.id", ondelete="CASCADE"), index=True)
    run_id: Mapped[int | None] = mapped_column(index=True)
    update_id: Mapped[int | None] = mapped_column(index=True)
    items: Mapped[JsonObject | None]
    """Of a digest: by the number of a subscription, the documents that are there because of it. Of a message to a
    webhook: its id, its number of changes, and the positions before and after them. Of a ping: the path of the feed."""
    state: Mapped[str] = mapped_column(String(12))
    created_at: Mapped[datetime] = mapped_column(index=True)
    settled_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    doubts: Mapped[int] = mapped_column(default=0)
    """How many attempts had an unknown outcome: each may have delivered it once more."""
    reply: Mapped[str | None] = mapped_column(String(40))
    """Codes of the last answer of a server, without its words."""


def key_of(kind: str, key: str) -> str:
    """The key of the delivery that a job is about."""
    return f"{kind}/{key}"


def find_delivery(session: Session, job: Job) -> DeliveryRow | None:
    """The one that this job is about."""
    return session.scalars(select(DeliveryRow).where(DeliveryRow.job_id == job.id)).one_or_none()


def make_delivery(
    session: Session, channel: Channel, job: Job, subscriber_id: int | None, *, now: datetime
) -> DeliveryRow:
    """The one that this job is about, added where it was not there."""
    key = key_of(job.kind, job.key)
    values = {**values_of(channel, job.kind, job.key, job.id, now), "subscriber_id": subscriber_id}
    session.execute(insert_or_ignore(session, DeliveryRow, "key").values(**values))
    found = session.scalars(select(DeliveryRow).where(DeliveryRow.key == key)).one()
    found.job_id = job.id
    return found


def enqueue_deliveries(
    session: Session, channel: Channel, kind: str, sent: Sequence[tuple[JobRequest, DeliveryValues]], *, now: datetime
) -> None:
    """Deliveries, each with the columns that are its own, and the jobs of one kind that send them."""
    numbers = enqueue_numbered(session, kind, [requested for requested, _ in sent], now=now)
    rows = [{**values_of(channel, kind, requested.key, numbers[requested.key], now), **own} for requested, own in sent]
    insert_many_or_ignore(session, DeliveryRow, rows, "key")


def values_of(channel: Channel, kind: str, key: str, job_id: int, now: datetime) -> dict[str, object]:
    """What every new delivery has."""
    return {
        "key": key_of(kind, key),
        "channel": channel,
        "job_id": job_id,
        "kind": kind,
        "state": DeliveryState.waiting,
        "created_at": now,
        "tries": 0,
        "doubts": 0,
    }
