"""One step of work on one resource: the change, and the one revision that records it."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Select, String, cast, select
from sqlalchemy.orm import Session

from app.catalogue.entries import EntryRow, Status
from app.catalogue.kind import Kind
from app.catalogue.registry import references
from app.catalogue.revisions import last_revisions
from app.catalogue.schema import Schema
from app.kit.errors import Conflict
from app.kit.json_types import JsonObject
from app.staff.editing.recording import record_revision, was_public
from app.staff.editing.working_copies import WorkingCopyRow
from app.staff.editing.writer import Change, acquire_write_lock, dry_run_change, save
from app.staff.queries.subjects import Subject, load_all, reload


def create(session: Session, kind: Kind, data: Schema, *, by: str, now: datetime, note: str | None = None) -> Subject:
    """A draft of an entry; anything else is there for everybody at once."""
    (row,) = save(session, [Change(kind, data, action="create", note=note)], by=by, now=now, as_draft=True)
    return load_all(session, kind, [row])[0]


def edit(
    session: Session,
    subject: Subject,
    data: Schema,
    *,
    by: str,
    now: datetime,
    note: str | None = None,
    action: str | None = None,
) -> Subject:
    """Make `data` its input. What readers may know already waits in the working copy; an input that says what is there
    changes nothing. Raises as `save` does."""
    if subject.plan is not None and subject.plan.refused is None:
        raise Conflict("It is scheduled for publishing: cancel the time first.")
    requested = data.model_dump(mode="json")
    if requested == subject.data and not subject.in_conflict:
        return subject
    if subject.entry is None or subject.never_public:
        change = Change(subject.kind, data, subject.row, action=action or "edit", note=note)
        save(session, [change], by=by, now=now, as_draft=True)
        return reload(session, subject)
    dry_run_change(session, Change(subject.kind, data, subject.row), now=now)
    before = subject.data
    copy = _save_working_copy(session, subject.entry, subject.copy, requested, now)
    then = replace(subject, copy=copy)
    return record_step(session, then, action or "edit", by=by, now=now, note=note, before=before, data=requested)


def _save_working_copy(
    session: Session, entry: EntryRow, copy: WorkingCopyRow | None, data: JsonObject, now: datetime
) -> WorkingCopyRow:
    """Whoever writes it has seen the newest version, so it is based on that."""
    if copy is None:
        copy = WorkingCopyRow(entry_id=entry.id, state=Status.draft)
        session.add(copy)
    copy.base_version, copy.title, copy.data, copy.updated_at = entry.version, data["title"], data, now
    return copy


def record_step(
    session: Session,
    subject: Subject,
    action: str,
    *,
    by: str,
    now: datetime,
    note: str | None = None,
    before: JsonObject | None = None,
    data: JsonObject | None = None,
) -> Subject:
    """The revision of a step that leaves the rows' content as it is, and so every document; `subject` is as it is
    after the step."""
    session.flush()
    (number,) = acquire_write_lock(session, 1)
    version, requested = subject.version + 1, subject.data if data is None else data
    if subject.never_public:
        subject.row.version, subject.row.updated_at = version, now
    last = record_revision(
        session,
        subject.kind,
        subject.row,
        number=number,
        action=action,
        by=by,
        now=now,
        version=version,
        data=requested,
        before=before,
        fields=[] if before is None else None,
        note=note,
        pending=not subject.never_public,
    )
    session.flush()
    return replace(subject, last=last)


def public_data(session: Session, subject: Subject) -> JsonObject:
    """The input that the rows were made from."""
    found = last_revisions(session, subject.kind.name, [subject.row.id]).get(subject.row.id)
    return dict(found.data or {}) if found is not None else {}


def delete(session: Session, subject: Subject, *, by: str, now: datetime, note: str | None = None) -> None:
    """Take away what was never public and what nothing names; its history stays. Raises `Conflict` otherwise."""
    if was_public(session, subject.kind, subject.row) or (subject.kind.is_entry and not subject.never_public):
        raise Conflict("This has been published and cannot be deleted: withdraw it, or merge it into another.")
    if _is_named(session, subject):
        raise Conflict("Something else refers to it; change that first.")
    record_step(session, subject, "delete", by=by, now=now, note=note)
    session.delete(subject.row)
    session.flush()


def _is_named(session: Session, subject: Subject) -> bool:
    table = subject.kind.table
    naming: list[Select[int]] = [each.owners([subject.row.id]) for each in references(table.__tablename__)]
    if subject.kind.can_be_merged:
        naming.append(select(table.id).where(table.replaced_by_id == subject.row.id))
    mentions = cast(WorkingCopyRow.data, String).contains(f'"{subject.collection}/{subject.row.slug}"', autoescape=True)
    naming.append(select(WorkingCopyRow.entry_id).where(mentions))
    return any(session.scalar(each.limit(1)) is not None for each in naming)
