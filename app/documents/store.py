"""The store of published JSON: what the public may see, one row an address."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, Select, String, Text, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.db.base import Base


class DocumentState(StrEnum):
    live = "live"
    gone = "gone"
    moved = "moved"


class DocumentRow(Base):
    """One address and what answers there. A source (entry, term, agent) has one row with its `uuid`, which readers know
    as its id; others are the traces of former addresses, without. `first_revision` first published it."""

    __tablename__ = "document"
    __table_args__ = (
        UniqueConstraint("collection", "slug"),
        Index("ix_document_revision", "revision", "id"),
        Index(
            "ix_document_not_live",
            "modified",
            "id",
            sqlite_where=text("state <> 'live'"),
            postgresql_where=text("state <> 'live'"),
        ),
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
    uuid: Mapped[str | None] = mapped_column(String(36), unique=True)
    kind: Mapped[str] = mapped_column(String(40))
    source: Mapped[int]
    collection: Mapped[str] = mapped_column(String(80))
    slug: Mapped[str] = mapped_column(String(80))
    state: Mapped[str] = mapped_column(String(8))
    revision: Mapped[int]
    first_revision: Mapped[int | None]
    modified: Mapped[datetime]
    body: Mapped[str] = mapped_column(Text)


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document as read back; a trace of a former address has no `uuid`. `body` is UTF-8 JSON with URLs
    relative to the service's base URL."""

    id: int
    uuid: str | None
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
    TABLE.uuid,
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


def stored_documents(session: Session, statement: Select[Any]) -> Iterator[StoredDocument]:
    """What a statement selects of `COLUMNS`."""
    for ident, uuid, kind, collection, slug, state, revision, modified, body in session.execute(statement):
        at = (kind, collection, slug, DocumentState(state))
        yield StoredDocument(ident, uuid, *at, revision, modified, body.encode())


def changed_since(session: Session, revision: int) -> Iterator[StoredDocument]:
    """Every document changed after `revision`, oldest change first, streamed."""
    statement = (
        select(*COLUMNS)
        .where(DocumentRow.revision > revision)
        .order_by(DocumentRow.revision, DocumentRow.id)
        .execution_options(yield_per=1000)
    )
    yield from stored_documents(session, statement)
