"""Imports that were begun, how far they got, and what became of every record."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, deferred, mapped_column

from app.db.base import Base
from app.kit.json_types import JsonObject


class ImportState(StrEnum):
    waiting = "waiting"
    running = "running"
    done = "done"


class Outcome(StrEnum):
    proposed = "proposed"
    created = "created"
    duplicate = "duplicate"
    refused = "refused"


class ImportRow(Base):
    """`source` is what came by HTTP, kept until the import is done; a file has only its `digest` (SHA-256) here.

    `seen` counts the processed records, after which an interrupted import continues; `position` is in bytes, of `size`.
    """

    __tablename__ = "import"
    __table_args__ = (Index("ix_import_digest", "digest"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    actor: Mapped[str] = mapped_column(String(200))
    format: Mapped[str] = mapped_column(String(20))
    name: Mapped[str | None] = mapped_column(String(200))
    digest: Mapped[str] = mapped_column(String(64))
    source: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    create: Mapped[bool]
    publish: Mapped[bool]
    similar: Mapped[bool]
    state: Mapped[str] = mapped_column(String(10))
    size: Mapped[int] = mapped_column(BigInteger)
    position: Mapped[int] = mapped_column(BigInteger)
    seen: Mapped[int]
    proposed: Mapped[int]
    created: Mapped[int]
    duplicate: Mapped[int]
    refused: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class ImportRecordRow(Base):
    """What became of one record. `shown` is the proposal, or what was refused, as staff see it."""

    __tablename__ = "import_record"

    import_id: Mapped[int] = mapped_column(ForeignKey("import.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    outcome: Mapped[str] = mapped_column(String(10))
    kind: Mapped[str | None] = mapped_column(String(40))
    slug: Mapped[str | None] = mapped_column(String(80))
    shown: Mapped[JsonObject]
