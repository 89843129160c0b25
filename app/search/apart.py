"""A small index of its own, for asking stored queries of a few documents."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.documents.revisions import NOTHING_PUBLISHED
from app.documents.store import COLUMNS, DocumentRow, State, Stored
from app.search.building import Builder, empty
from app.search.layout import Layout
from app.search.snapshot import Snapshot
from app.search.words import WordIndex

CHUNK = 500


def index_of(session: Session, layout: Layout, ids: Iterable[int]) -> Snapshot:
    """These documents where they are live, and all that queries refer to: vocabularies and their terms.

    Ask it strictly (`Snapshot.match`): among so few, a misspelling would be put right in surprising ways.
    """
    words = WordIndex()
    builder = Builder(empty(layout, words.commit()), words)
    referred = [kind for kind, shape in layout.shapes.items() if shape.defines or shape.broader]
    for stored in _stored(session, DocumentRow.kind.in_(referred)):
        builder.take(stored)
    wanted = list(ids)
    for start in range(0, len(wanted), CHUNK):
        chosen = DocumentRow.id.in_(wanted[start : start + CHUNK])
        for stored in _stored(session, chosen, DocumentRow.state == State.live):
            builder.take(stored)
    return builder.finish(NOTHING_PUBLISHED)


def _stored(session: Session, *conditions: object) -> Iterable[Stored]:
    statement = select(*COLUMNS).where(*conditions).order_by(DocumentRow.id)  # type: ignore[arg-type]
    for row in session.execute(statement):
        yield Stored(*row[:4], State(row[4]), row[5], row[6], row[7].encode())
