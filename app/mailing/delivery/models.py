"""Announcements, tests that staff send to themselves, notices, and reports of bounces."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base
from app.kit.json_types import JsonObject
from app.mailing.models import MAX_ADDRESS_LENGTH, NO_ID_REUSE


class UpdateState(StrEnum):
    draft = "draft"
    scheduled = "scheduled"
    sending = "sending"
    sent = "sent"
    cancelled = "cancelled"
    missed = "missed"
    """No worker sent it within six hours of its time."""


class AnnouncementRow(Base):
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
    """How often it was started."""
    version: Mapped[int] = mapped_column(default=1)
    written_by: Mapped[str] = mapped_column(String(200))
    sent_by: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class TestMailRow(Base):
    """A test mail that staff send to themselves; the address is deleted once it is sent."""

    __tablename__ = "mail_test"
    __table_args__ = NO_ID_REUSE

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(String(MAX_ADDRESS_LENGTH))
    update_id: Mapped[int | None]
    query: Mapped[JsonObject | None]
    at: Mapped[datetime]


class NoticeRow(Base):
    """A notice to an address that is no subscriber's; it is deleted once it is sent."""

    __tablename__ = "mail_notice"
    __table_args__ = NO_ID_REUSE

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(String(MAX_ADDRESS_LENGTH))
    subject: Mapped[str] = mapped_column(String(200))
    paragraphs: Mapped[list[str]] = mapped_column(JSON)
    at: Mapped[datetime]


class BounceReportRow(Base):
    """A reported bounce or complaint: each counts once."""

    __tablename__ = "mail_report"

    event: Mapped[str] = mapped_column(String(64), primary_key=True)
    """SHA-256 of the sender's id of the event."""
    delivery_id: Mapped[int | None] = mapped_column(ForeignKey("delivery.id", ondelete="SET NULL"), index=True)
    subscriber_id: Mapped[int | None] = mapped_column(index=True)
    verdict: Mapped[str] = mapped_column(String(12))
    status: Mapped[str | None] = mapped_column(String(12))
    """RFC 3463."""
    at: Mapped[datetime]
