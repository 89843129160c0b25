"""Revisions: every change, appended and never altered, numbered in the order of their commits."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import Index, String, bindparam, false, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.db.base import Base
from app.db.compressed_json import CompressedJson
from app.kit.containers.chunks import chunks
from app.kit.json_types import JsonObject


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
    data: Mapped[JsonObject | None] = mapped_column(CompressedJson)
    note: Mapped[str | None]
    pending: Mapped[bool] = mapped_column(server_default=false(), default=False)


class RevisionCounterRow(Base):
    """One row; its lock is held to the commit, so the order of numbers is the order of commits."""

    __tablename__ = "revision_counter"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


def reserve_revision_numbers(session: Session, count: int) -> range:
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
    for parameters in _statement_parameters(kind, sources):
        found.update({row.source: row for row in session.scalars(_LAST[pending], parameters)})
    return found


def newest_versions(session: Session, kind: str, sources: Sequence[int]) -> dict[int, int]:
    """The version that each of these has for staff: that of its newest revision of any sort."""
    found: dict[int, int] = {}
    for parameters in _statement_parameters(kind, sources):
        found.update((source, version) for source, version in session.execute(_VERSIONS, parameters))
    return found


def _statement_parameters(kind: str, sources: Sequence[int]) -> Iterator[dict[str, object]]:
    """Parameters of `_OF_SOURCES`."""
    for chunk in chunks(sources):
        yield {"kind": kind, "sources": chunk}


# Made once: every step of staff runs these several times, and building one costs as much as running it.
_OF_SOURCES = (RevisionRow.kind == bindparam("kind"), RevisionRow.source.in_(bindparam("sources", expanding=True)))
_NEWEST = select(func.max(RevisionRow.number)).where(*_OF_SOURCES).group_by(RevisionRow.source)
_LAST = {
    True: select(RevisionRow).where(RevisionRow.number.in_(_NEWEST)),
    False: select(RevisionRow).where(RevisionRow.number.in_(_NEWEST.where(RevisionRow.pending.is_(False)))),
}
_VERSIONS = select(RevisionRow.source, func.max(RevisionRow.version)).where(*_OF_SOURCES).group_by(RevisionRow.source)
