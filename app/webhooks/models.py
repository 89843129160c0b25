"""Webhooks: the servers of partners that receive changes, and the position of each."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base
from app.kit.json_types import JsonObject


class WebhookState(StrEnum):
    active = "active"
    paused = "paused"


class PauseReason(StrEnum):
    """Why a webhook is paused."""

    asked = "asked"
    """By staff."""
    failed = "failed"
    """Its receiver accepted nothing for more than a day."""
    gone = "gone"
    """Its receiver answered 410."""
    broken_query = "broken_query"
    """Its query names something that is no more."""
    lost_secret = "lost_secret"
    """The signing key that its secret was made of is no more."""


class WebhookRow(Base):
    """One receiver. Its secret is not here: it is made of a signing key (`secret_key` is its id) and `secret_salt`; the
    one before it, with which messages are signed too until `former_until`, likewise.

    `position` is the token of what it has received, `revision` the number in it. `turn` counts what was settled:
    each turn has one job, and moving the position elsewhere begins another turn.
    """

    __tablename__ = "webhook"
    __table_args__ = {"sqlite_autoincrement": True}

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    url: Mapped[str] = mapped_column(String(2000))
    owner: Mapped[str] = mapped_column(String(320))
    """Address that is notified when it is paused."""
    query: Mapped[JsonObject | None]
    """Canonical JSON; None: everything."""
    documents: Mapped[bool]
    """Whether messages hold the documents."""
    state: Mapped[str] = mapped_column(String(8), index=True)
    pause_reason: Mapped[str | None] = mapped_column(String(12))
    secret_key: Mapped[str] = mapped_column(String(8))
    secret_salt: Mapped[str] = mapped_column(String(32))
    former_key: Mapped[str | None] = mapped_column(String(8))
    former_salt: Mapped[str | None] = mapped_column(String(32))
    former_until: Mapped[datetime | None]
    position: Mapped[str] = mapped_column(String(200))
    revision: Mapped[int]
    turn: Mapped[int]
    failing_since: Mapped[datetime | None]
    last_accepted_at: Mapped[datetime | None]
    version: Mapped[int]
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(80))
