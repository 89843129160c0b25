"""What everything that staff change has in common: an address, a version, times, former addresses."""

from datetime import datetime

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base


class SubjectRow(Base):
    __abstract__ = True

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(80))
    version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class FormerSlugRow(Base):
    """An address that something had before: it answers 301 for ever, unless something new takes it."""

    __tablename__ = "former_slug"
    __table_args__ = (UniqueConstraint("collection", "slug"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    collection: Mapped[str] = mapped_column(String(80))
    slug: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(40))
    source: Mapped[int] = mapped_column(index=True)
