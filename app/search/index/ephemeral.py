"""A small index of its own, for asking stored queries of a few documents."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.documents.revisions import NOTHING_PUBLISHED
from app.documents.store import COLUMNS, DocumentRow, DocumentState, StoredDocument, stored_documents
from app.kit.containers.chunks import chunks
from app.search.index.builder import SnapshotBuilder, empty
from app.search.index.snapshot import Snapshot
from app.search.query.schema_registry import SchemaRegistry
from app.search.words.word_index import WordIndex


def build_ephemeral_index(session: Session, registry: SchemaRegistry, ids: Iterable[int]) -> Snapshot:
    """These documents where they are live, and all that queries refer to: vocabularies and their terms.

    Match strictly (`Snapshot.match`): with so few documents, spelling corrections would surprise.
    """
    words = WordIndex()
    builder = SnapshotBuilder(empty(registry, words.commit()), words)
    referred = [kind for kind, schema in registry.schemas.items() if schema.defines or schema.broader]
    for stored in _stored(session, DocumentRow.kind.in_(referred)):
        builder.add_document(stored)
    for some in chunks(ids):
        for stored in _stored(session, DocumentRow.id.in_(some), DocumentRow.state == DocumentState.live):
            builder.add_document(stored)
    return builder.finish(NOTHING_PUBLISHED)


def _stored(session: Session, *conditions: ColumnElement[bool]) -> Iterable[StoredDocument]:
    return stored_documents(session, select(*COLUMNS).where(*conditions).order_by(DocumentRow.id))
