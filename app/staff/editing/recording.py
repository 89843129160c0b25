"""Recording of revisions and former addresses, and the jobs that follow from a change."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.catalogue.inputs.row_mapping import changed_fields
from app.catalogue.kind import Kind
from app.catalogue.registry import ENTRY_KINDS
from app.catalogue.revisions import RevisionRow
from app.catalogue.subjects import FormerSlugRow, SubjectRow
from app.documents.store import DocumentRow, DocumentState
from app.jobs.queue import JobRequest, enqueue

RENDER_ENTRIES: Final = "render-entries"
"""The job that re-renders all published entries (`app.staff.maintenance.rebuilding`)."""


def record_revision(
    session: Session,
    kind: Kind,
    row: SubjectRow,
    *,
    number: int,
    action: str,
    by: str,
    now: datetime,
    version: int,
    data: dict[str, Any] | None,
    before: dict[str, Any] | None = None,
    fields: list[str] | None = None,
    note: str | None = None,
    pending: bool = False,
) -> RevisionRow:
    """Append one revision; `fields` follow from `before` and `data` unless they are given."""
    revision = RevisionRow(
        number=number,
        at=now,
        actor=by,
        action=action,
        kind=kind.name,
        source=row.id,
        slug=row.slug,
        version=version,
        fields=changed_fields(before, data or {}) if fields is None else fields,
        data=data,
        note=note,
        pending=pending,
    )
    session.add(revision)
    return revision


def record_former_slug(session: Session, kind: Kind, row: SubjectRow, former: str) -> None:
    """Of a subject that was never public, such as a draft, nobody can know the address."""
    if not was_public(session, kind, row):
        return
    collection = kind.collection_of(row)
    session.execute(
        delete(FormerSlugRow).where(FormerSlugRow.collection == collection, FormerSlugRow.slug.in_((former, row.slug)))
    )
    session.add(FormerSlugRow(collection=collection, slug=former, kind=kind.name, source=row.id))


def was_public(session: Session, kind: Kind, row: SubjectRow) -> bool:
    """Whether it was ever public at one of its addresses."""
    documents = select(DocumentRow.id).where(DocumentRow.kind == kind.name, DocumentRow.source == row.id)
    return session.scalar(documents.limit(1)) is not None


def enqueue_rendering(session: Session, *, revision: int, now: datetime) -> None:
    """Enqueue re-rendering of all published entries, if there are any: each of them shows something of this
    revision."""
    entries = DocumentRow.kind.in_([kind.name for kind in ENTRY_KINDS]), DocumentRow.state == DocumentState.live
    if session.scalar(select(DocumentRow.id).where(*entries).limit(1)) is not None:
        enqueue(session, JobRequest(RENDER_ENTRIES, str(revision), {"after": 0}), now=now)
