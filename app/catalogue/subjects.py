"""What everything that staff change has in common: an address, a version, times, former addresses."""

from datetime import datetime
from typing import TypeVar

from sqlalchemy import String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.catalogue.revisions import RevisionRow
from app.db.base import Base


class SubjectRow(Base):
    """`uuid` is what readers know as its `id`: it stays, whatever else becomes of it."""

    __abstract__ = True

    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[str] = mapped_column(String(36), unique=True)
    slug: Mapped[str] = mapped_column(String(80))
    version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class FormerSlugRow(Base):
    """A former address of a resource: it redirects (301) until a new resource takes it."""

    __tablename__ = "former_slug"
    __table_args__ = (UniqueConstraint("collection", "slug"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    collection: Mapped[str] = mapped_column(String(80))
    slug: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(40))
    source: Mapped[int] = mapped_column(index=True)


R = TypeVar("R", bound=SubjectRow)


def find_by_former_slug(
    session: Session, row_type: type[R], collection: str, slug: str, *, kind: str | None = None
) -> R | None:
    """What had this address before it was renamed: names in older inputs still lead to it. Of a `kind` of which not
    everything has an address for readers, also what was never public."""
    source = session.scalar(
        select(FormerSlugRow.source).where(FormerSlugRow.collection == collection, FormerSlugRow.slug == slug)
    )
    if source is not None or kind is None:
        return session.get(row_type, source) if source is not None else None
    called = select(RevisionRow.source).where(RevisionRow.kind == kind, RevisionRow.slug == slug)
    sources = session.scalars(called.group_by(RevisionRow.source).order_by(func.max(RevisionRow.number).desc()))
    return next((row for each in sources if (row := session.get(row_type, each)) is not None), None)
