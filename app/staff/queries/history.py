"""What was done, by whom, when and why: read from the revisions, which are never altered."""

from collections.abc import Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.catalogue.revisions import RevisionRow
from app.kit.errors import NotFound
from app.kit.json_types import JsonObject
from app.staff.editing.merge_patch import differences
from app.staff.maintenance.redacting import RedactionRow
from app.staff.queries.subjects import Subject


def revisions_of(session: Session, subject: Subject, *, page: int, per_page: int) -> tuple[int, list[RevisionRow]]:
    """How many there are, and one page of them, newest first."""
    mine = RevisionRow.kind == subject.kind.name, RevisionRow.source == subject.row.id
    count = session.scalar(select(func.count()).select_from(RevisionRow).where(*mine)) or 0
    newest = select(RevisionRow).where(*mine).order_by(RevisionRow.number.desc())
    return count, list(session.scalars(newest.offset((page - 1) * per_page).limit(per_page)))


def revision_of(session: Session, subject: Subject, version: int) -> RevisionRow:
    """The one that made that version. Raises `NotFound`."""
    statement = select(RevisionRow).where(
        RevisionRow.kind == subject.kind.name, RevisionRow.source == subject.row.id, RevisionRow.version == version
    )
    found = session.scalar(statement)
    if found is None:
        raise NotFound("There is no such version.")
    return found


Changes = dict[str, JsonObject]


def changes_of(session: Session, revisions: Sequence[RevisionRow]) -> list[Changes]:
    """Of revisions of one resource that follow each other, newest first: for each, by field, `old` and `new`. A step
    that made something public is compared with what was public before it, any other with the step before it."""
    before = _before(session, revisions)
    numbers = {row.number for row in (*revisions, *before) if row is not None}
    gone = redacted(session, sorted(numbers))
    return [_changes(revision, earlier, gone) for revision, earlier in zip(revisions, before, strict=True)]


def _before(session: Session, revisions: Sequence[RevisionRow]) -> list[RevisionRow | None]:
    """What each is compared with."""
    if not revisions:
        return []
    last = revisions[-1]
    mine = RevisionRow.kind == last.kind, RevisionRow.source == last.source, RevisionRow.number < last.number
    earlier = select(RevisionRow).where(*mine).order_by(RevisionRow.number.desc()).limit(1)
    step = session.scalar(earlier)
    public = session.scalar(earlier.where(RevisionRow.pending.is_(False)))
    found: list[RevisionRow | None] = []
    for revision in reversed(revisions):
        found.append(step if revision.pending else public)
        step, public = revision, public if revision.pending else revision
    return found[::-1]


def _changes(revision: RevisionRow, before: RevisionRow | None, gone: Mapping[int, Mapping[str, str]]) -> Changes:
    found = differences((before.data or {}) if before is not None else {}, revision.data or {})
    hidden = {*gone.get(revision.number, ()), *(gone.get(before.number, ()) if before is not None else ())}
    return {name: change for name, change in found.items() if name not in hidden}


def redacted(session: Session, numbers: Sequence[int]) -> dict[int, dict[str, str]]:
    """By revision, the reasons for which fields were taken out of it."""
    found: dict[int, dict[str, str]] = {}
    for row in session.scalars(select(RedactionRow).where(RedactionRow.number.in_(numbers))):
        found.setdefault(row.number, {})[row.field] = row.reason
    return found
