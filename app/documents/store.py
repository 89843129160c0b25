"""The store of published JSON: what the public may see, one row an address."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, String, Text, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.db.base import Base


class DocumentState(StrEnum):
    live = "live"
    gone = "gone"
    moved = "moved"


class DocumentRow(Base):
    """One address and what answers there. A source (entry, term, agent) has at most one row that is not `moved`."""

    __tablename__ = "document"
    __table_args__ = (
        UniqueConstraint("collection", "slug"),
        Index("ix_document_kind_source", "kind", "source"),  # the traces of former addresses too
        Index(
            "uq_document_kind_source",
            "kind",
            "source",
            unique=True,
            sqlite_where=text("state <> 'moved'"),
            postgresql_where=text("state <> 'moved'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    source: Mapped[int]
    collection: Mapped[str] = mapped_column(String(80))
    slug: Mapped[str] = mapped_column(String(80))
    state: Mapped[str] = mapped_column(String(8))
    revision: Mapped[int] = mapped_column(index=True)
    modified: Mapped[datetime]
    body: Mapped[str] = mapped_column(Text)


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document as read back; `body` is UTF-8 JSON with URLs relative to the service's base URL."""

    id: int
    kind: str
    collection: str
    slug: str
    state: DocumentState
    revision: int
    modified: datetime
    body: bytes


TABLE = DocumentRow.__table__.c
COLUMNS = (
    TABLE.id,
    TABLE.kind,
    TABLE.collection,
    TABLE.slug,
    TABLE.state,
    TABLE.revision,
    TABLE.modified,
    TABLE.body,
)


def bodies_of(session: Session, ids: Sequence[int]) -> Iterator[tuple[int, bytes]]:
    """The stored JSON of documents by their ids; an id that is not there is left out."""
    if ids:
        for ident, body in session.execute(select(TABLE.id, TABLE.body).where(TABLE.id.in_(ids))):
            yield ident, body.encode()


def changed_since(session: Session, revision: int) -> Iterator[StoredDocument]:
    """Every document changed after `revision`, oldest change first, streamed."""
    statement = (
        select(*COLUMNS)
        .where(DocumentRow.revision > revision)
        .order_by(DocumentRow.revision, DocumentRow.id)
        .execution_options(yield_per=1000)
    )
    for row in session.execute(statement):
        yield StoredDocument(*row[:4], DocumentState(row[4]), row[5], row[6], row[7].encode())
