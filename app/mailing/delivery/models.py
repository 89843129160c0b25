"""What is sent: a row for each mail, each entry that was ever news, each update, each report of a bounce."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base
from app.jobs.models import JobRow
from app.kit.json_types import JsonObject
from app.mailing.models import MAX_ADDRESS_LENGTH, NO_ID_REUSE


class DeliveryState(StrEnum):
    waiting = "waiting"
    sent = "sent"
    """A server took it."""
    deferred = "deferred"
    """A server said: later. It is tried again."""
    unconfirmed = "doubtful"
    """It was handed over, and nobody said whether it was taken: what becomes of it is about to be decided."""
    uncertain = "uncertain"
    """As doubtful, and held for staff."""
    refused = "refused"
    """A server said: never."""
    failed = "failed"
    """All tries were used up, or something is wrong here."""
    suppressed = "suppressed"
    """Nobody may write there any more."""
    dropped = "dropped"
    """When its turn came there was nothing left to say, or nobody who wanted to hear it."""
    cancelled = "cancelled"
    bounced = "bounced"
    complained = "complained"


class Channel(StrEnum):
    """What a delivery goes by."""

    mail = "mail"


OPEN = (DeliveryState.waiting, DeliveryState.deferred, DeliveryState.unconfirmed)
"""States that it does not stay in."""
SENDABLE = (*OPEN, DeliveryState.uncertain)


class DeliveryRow(Base):
    """One thing that is sent to one receiver: a mail to a subscriber. Its number is in the mail, so it is never used
    again."""

    __tablename__ = "delivery"
    __table_args__ = (
        Index("ix_delivery_subscriber", "subscriber_id", "created_at"),
        Index("ix_delivery_state", "state", "id"),
        NO_ID_REUSE,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    """Kind and key of the job that sends it: there is one for each, for as long as this row is kept."""
    channel: Mapped[str] = mapped_column(String(10), default=Channel.mail)
    job_id: Mapped[int | None] = mapped_column(ForeignKey(JobRow.id, ondelete="SET NULL"), index=True)
    """None once the job is forgotten."""
    kind: Mapped[str] = mapped_column(String(40))
    subscriber_id: Mapped[int | None] = mapped_column(ForeignKey("subscriber.id", ondelete="CASCADE"))
    """None for a test that staff sent to themselves."""
    run_id: Mapped[int | None] = mapped_column(index=True)
    update_id: Mapped[int | None] = mapped_column(index=True)
    items: Mapped[JsonObject | None]
    """Of a digest: by the number of a subscription, the documents that are there because of it."""
    state: Mapped[str] = mapped_column(String(12))
    created_at: Mapped[datetime] = mapped_column(index=True)
    settled_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    doubts: Mapped[int] = mapped_column(default=0)
    """How often nobody could know whether it was sent: so often it may have come twice."""
    reply: Mapped[str | None] = mapped_column(String(40))
    """Codes of the last answer of a server, without its words."""


class UpdateState(StrEnum):
    draft = "draft"
    scheduled = "scheduled"
    sending = "sending"
    sent = "sent"
    cancelled = "cancelled"
    missed = "missed"
    """Its time was past by more than six hours when somebody was there to send it."""


class UpdateRow(Base):
    """An announcement that staff wrote."""

    __tablename__ = "mail_update"
    __table_args__ = NO_ID_REUSE

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    """Markdown."""
    audience: Mapped[JsonObject | None]
    """Canonical JSON of a query; None: everybody."""
    state: Mapped[str] = mapped_column(String(10), index=True)
    send_at: Mapped[datetime | None]
    reached: Mapped[int] = mapped_column(default=0)
    """Subscribers up to this number have their delivery."""
    round: Mapped[int] = mapped_column(default=0)
    """How often it was begun or resumed."""
    version: Mapped[int] = mapped_column(default=1)
    written_by: Mapped[str] = mapped_column(String(200))
    sent_by: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class TestMailRow(Base):
    """What staff send to themselves: the address is forgotten as soon as it went."""

    __tablename__ = "mail_test"
    __table_args__ = NO_ID_REUSE

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(String(MAX_ADDRESS_LENGTH))
    update_id: Mapped[int | None]
    query: Mapped[JsonObject | None]
    at: Mapped[datetime]


class BounceReportRow(Base):
    """A bounce or complaint that came in: each counts once."""

    __tablename__ = "mail_report"

    event: Mapped[str] = mapped_column(String(64), primary_key=True)
    """SHA-256 of what its sender calls it."""
    delivery_id: Mapped[int | None] = mapped_column(ForeignKey("delivery.id", ondelete="SET NULL"), index=True)
    subscriber_id: Mapped[int | None] = mapped_column(index=True)
    verdict: Mapped[str] = mapped_column(String(12))
    status: Mapped[str | None] = mapped_column(String(12))
    """RFC 3463."""
    at: Mapped[datetime]
