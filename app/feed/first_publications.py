"""What is new between two revisions, as far as it was noted when a consumer read them."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.documents.store import DocumentRow, DocumentState
from app.feed.models import FirstPublicationRow


class FirstPublication(NamedTuple):
    """An entry, by the id of its document, with the revision that first published it, and when."""

    document_id: int
    revision: int
    at: datetime


def first_published(session: Session, after: int, until: int, *, since: datetime) -> list[FirstPublication]:
    """Entries that were first published with one of these revisions, later than `since`."""
    between = FirstPublicationRow.revision > after, FirstPublicationRow.revision <= until
    return _fetch(session, _later_than(since).where(*between))


def last_changed(session: Session, after: int, until: int, *, since: datetime) -> list[FirstPublication]:
    """Live entries whose latest change is one of these revisions, first published later than `since`."""
    between = DocumentRow.revision > after, DocumentRow.revision <= until
    documents = _later_than(since).join(DocumentRow, DocumentRow.id == FirstPublicationRow.document_id)
    return _fetch(session, documents.where(DocumentRow.state == DocumentState.live, *between))


def _later_than(since: datetime) -> Select[int, int, datetime]:
    columns = FirstPublicationRow.document_id, FirstPublicationRow.revision, FirstPublicationRow.at
    return select(*columns).where(FirstPublicationRow.at > since)


def _fetch(session: Session, statement: Select[int, int, datetime]) -> list[FirstPublication]:
    return [FirstPublication(ident, revision, at) for ident, revision, at in session.execute(statement)]
