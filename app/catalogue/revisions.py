"""Revisions: every change, appended and never altered, numbered in the order of their commits."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.db.base import Base


class RevisionRow(Base):
    """`data` is the whole input as it was applied, `fields` the names of what changed."""

    __tablename__ = "revision"
    __table_args__ = (Index("ix_revision_kind_source", "kind", "source"),)

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(200))
    action: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(40))
    source: Mapped[int]
    slug: Mapped[str] = mapped_column(String(80))
    version: Mapped[int]
    fields: Mapped[list[str]]
    data: Mapped[dict[str, Any] | None]
    note: Mapped[str | None]


class RevisionCounterRow(Base):
    """One row; its lock is held to the commit, so the order of numbers is the order of commits."""

    __tablename__ = "revision_counter"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


def take_numbers(session: Session, count: int) -> range:
    """Reserve `count` numbers for this transaction."""
    last = session.execute(
        update(RevisionCounterRow).values(last=RevisionCounterRow.last + count).returning(RevisionCounterRow.last)
    ).scalar_one()
    return range(last - count + 1, last + 1)


def last_revisions(session: Session, kind: str, sources: list[int]) -> dict[int, RevisionRow]:
    """The newest revision of each of these."""
    found: dict[int, RevisionRow] = {}
    for start in range(0, len(sources), 500):
        newest = (
            select(func.max(RevisionRow.number))
            .where(RevisionRow.kind == kind, RevisionRow.source.in_(sources[start : start + 500]))
            .group_by(RevisionRow.source)
        )
        statement = select(RevisionRow).where(RevisionRow.number.in_(newest))
        found.update({row.source: row for row in session.scalars(statement)})
    return found
