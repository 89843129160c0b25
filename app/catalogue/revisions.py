"""Revisions: every change, appended and never altered, numbered in the order of their commits."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, false, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.db.base import Base


class RevisionRow(Base):
    """`data` is the whole input as it was afterwards, `fields` the names of what changed.

    `pending` revisions are of a working copy: the rows, and so the public, did not change with them. Versions of one
    subject grow with every revision of either sort, so each names one state.
    """

    __tablename__ = "revision"
    __table_args__ = (
        Index("ix_revision_kind_source", "kind", "source"),
        Index("ix_revision_kind_slug", "kind", "slug"),
    )

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
    pending: Mapped[bool] = mapped_column(server_default=false(), default=False)


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


def last_revisions(
    session: Session, kind: str, sources: Sequence[int], *, pending: bool = False
) -> dict[int, RevisionRow]:
    """The newest revision of each of these that the rows were made from; with `pending`, the newest of any sort."""
    found: dict[int, RevisionRow] = {}
    sorts = (False, True) if pending else (False,)
    for start in range(0, len(sources), 500):
        chunk = sources[start : start + 500]
        newest = (
            select(func.max(RevisionRow.number))
            .where(RevisionRow.kind == kind, RevisionRow.source.in_(chunk), RevisionRow.pending.in_(sorts))
            .group_by(RevisionRow.source)
        )
        statement = select(RevisionRow).where(RevisionRow.number.in_(newest))
        found.update({row.source: row for row in session.scalars(statement)})
    return found


def newest_versions(session: Session, kind: str, sources: Sequence[int]) -> dict[int, int]:
    """The version that each of these has for staff: that of its newest revision of any sort."""
    found: dict[int, int] = {}
    for start in range(0, len(sources), 500):
        statement = (
            select(RevisionRow.source, func.max(RevisionRow.version))
            .where(RevisionRow.kind == kind, RevisionRow.source.in_(sources[start : start + 500]))
            .group_by(RevisionRow.source)
        )
        found.update((source, version) for source, version in session.execute(statement))
    return found
