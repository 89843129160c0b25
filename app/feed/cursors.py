"""Following the change feed from a named cursor: what was read, what the consumer makes of it and how far it has read
are committed together."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.db.upsert import insert_or_ignore
from app.documents.revisions import published_number
from app.documents.store import DocumentRow, DocumentState
from app.feed.models import FeedCursorRow, FirstPublicationRow


@dataclass(frozen=True, slots=True)
class FeedBatch:
    """Published with a revision later than `after`, up to `until`. `has_entries`: a live entry is among it."""

    after: int
    until: int
    has_entries: bool


def follow_feed(session: Session, consumer: str, kinds: Collection[str]) -> FeedBatch | None:
    """What was published since the last read of `consumer`; None where nothing was. It is read once the transaction
    commits. First publications are noted on the way. `kinds` are those of entries. A new consumer begins with the
    first revision; after a backup was restored, everybody reads on from what it holds."""
    new = insert_or_ignore(session, FeedCursorRow, "consumer")
    session.execute(new.values(consumer=consumer, revision=0))
    cursor = session.get_one(FeedCursorRow, consumer, with_for_update=True, populate_existing=True)
    after, until = cursor.revision, published_number(session)
    cursor.revision = until
    if until <= after:
        return None
    return FeedBatch(after, until, _note_first_publications(session, kinds, after))


def is_behind(session: Session, consumer: str) -> bool:
    """Whether something was published that the consumer has not read."""
    return published_number(session) > feed_position(session, consumer)


def feed_position(session: Session, consumer: str) -> int:
    """The revision that it has read to; 0 where it has read nothing."""
    return session.scalar(select(FeedCursorRow.revision).where(FeedCursorRow.consumer == consumer)) or 0


def _note_first_publications(session: Session, kinds: Collection[str], after: int) -> bool:
    """Whether any live entry was published or changed."""
    published: tuple[ColumnElement[bool], ...] = (
        DocumentRow.revision > after,
        DocumentRow.state == DocumentState.live,
        DocumentRow.kind.in_(kinds),
    )
    changed = select(DocumentRow.id, DocumentRow.revision, DocumentRow.modified).where(*published)
    if not session.scalar(select(changed.exists())):
        return False
    first = insert_or_ignore(session, FirstPublicationRow, "document_id")
    in_one_order = changed.order_by(DocumentRow.id)  # consumers who note the same entries wait, and do not deadlock
    session.execute(first.from_select(["document_id", "revision", "at"], in_one_order))
    return True
