"""What waits: edits of a published entry that readers do not see yet, and times set for publishing."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base
from app.kit.json_types import JsonObject


class WorkingCopyRow(Base):
    """The input that a published or withdrawn entry is to have next; `base_version` is the version of the rows that it
    was made over. `title` repeats that of the input, for lists."""

    __tablename__ = "working_copy"

    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id", ondelete="CASCADE"), primary_key=True)
    base_version: Mapped[int]
    state: Mapped[str] = mapped_column(String(12))
    title: Mapped[str]
    data: Mapped[JsonObject]
    updated_at: Mapped[datetime]


class PlannedPublishingRow(Base):
    """An entry, draft or with a working copy, that is published at `publish_at` as it is then.

    `refused` says why that could not be done when its time had come; it is not tried again.
    """

    __tablename__ = "planned_publishing"

    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id", ondelete="CASCADE"), primary_key=True)
    publish_at: Mapped[datetime] = mapped_column(index=True)
    actor: Mapped[str] = mapped_column(String(200))
    note: Mapped[str | None]
    refused: Mapped[str | None]
