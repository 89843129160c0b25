"""Two that are one: what points to the first is moved to the second, and the first one's address leads there."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.catalogue.entries import Status
from app.catalogue.registry import kind_of
from app.catalogue.revisions import RevisionRow, last_revisions
from app.catalogue.subjects import SubjectRow
from app.kit.errors import Conflict, ErrorDetail, Invalid
from app.kit.json_types import JsonMapping, JsonObject
from app.published.publishing import ChangeSet
from app.published.publishing import publish as publish_documents
from app.staff.editing.merge_patch import validate_input
from app.staff.editing.recording import record_revision
from app.staff.editing.slug_reuse import ITEM, ITEMS, REFERENCES, SECTIONS, referencing_rows
from app.staff.editing.working_copies import WorkingCopyRow
from app.staff.editing.writer import Change, acquire_write_lock, save
from app.staff.queries.subjects import Subject, reload
from app.staff.workflow.confidential import transfer_confidential


@dataclass(frozen=True)
class ReferenceMove:
    """From the one that is merged to the one that stays, as inputs name them: with the collection or without."""

    collection: str
    old: str
    new: str

    def __call__(self, data: JsonMapping, own: str) -> JsonObject:
        """The input with its references moved; none is doubled, and none leads to `own`, its own slug here."""
        moved = dict(data)
        for name, member in REFERENCES.items():
            if name in data:
                items = [{**each, member: self._moved(each[member])} for each in data[name]]
                moved[name] = _unique(each for each in items if each[member] != own)
        if SECTIONS in data:
            moved[SECTIONS] = [{**each, ITEMS: self._moved_items(each[ITEMS], own)} for each in data[SECTIONS]]
        address = f"{self.collection}/{self.old}"
        return {name: self._moved(address) if value == address else value for name, value in moved.items()}

    def _moved_items(self, items: Sequence[JsonMapping], own: str) -> list[JsonObject]:
        """Those of a section; where it has both, the first stays, with its line."""
        moved: dict[str, JsonObject] = {}
        for each in items:
            reference = self._moved(each[ITEM])
            if reference != own:
                moved.setdefault(reference, {**each, ITEM: reference})
        return list(moved.values())

    def _moved(self, reference: str) -> str:
        names = {self.old: self.new, f"{self.collection}/{self.old}": f"{self.collection}/{self.new}"}
        return names.get(reference, reference)


def _unique(items: Iterable[JsonObject]) -> list[JsonObject]:
    found: list[JsonObject] = []
    for each in items:
        if each not in found:
            found.append(each)
    return found


def merge(
    session: Session, subject: Subject, into: Subject, *, by: str, now: datetime, note: str | None = None
) -> Subject:
    """Merge one into another of its kind; returns the one that stays. Raises `Invalid` for itself, and `Conflict` where
    either is in no state for it."""
    if subject.row is into.row:
        raise Invalid(
            errors=(ErrorDetail("circle", "Choose another one: nothing can be merged into itself.", pointer="/into"),)
        )
    if "replaced_by" in subject.kind.input.model_fields:
        data = validate_input(subject.kind, {**subject.data, "replaced_by": into.row.slug}, accepted=True)
        save(session, [Change(subject.kind, data, subject.row, action="merge", note=note)], by=by, now=now)
        return reload(session, into)
    if not subject.kind.can_be_merged:
        raise Conflict("These cannot be merged.")
    _demand_mergeable(subject, into)
    named_by = list(referencing_rows(session, subject.kind, subject.row))
    gone, kept = subject.data, subject.row
    number = _mark_merged(session, subject, into, by, now, note)
    if subject.kind.is_entry:
        transfer_confidential(session, kept, into.row, by=by, now=now)
    transform = _transformation(subject, into, gone)
    changes = _changes(session, [*named_by, into.row], transform, note or f"{kept.slug} is {into.row.slug}.")
    save(session, changes, by=by, now=now, as_draft=True)
    _move_copies(session, changes, transform)
    change_set = ChangeSet()
    change_set.add(subject.kind, kept, number)
    publish_documents(session, change_set, now=now)
    return reload(session, into)


def _demand_mergeable(subject: Subject, into: Subject) -> None:
    if subject.entry is None:
        return
    if subject.never_public:
        raise Conflict("It was never published: delete it.")
    if subject.copy is not None:
        raise Conflict("It has changes that are not published: publish or discard them first.")
    if into.entry is None or into.entry.status != Status.published:
        raise Conflict("The merge target is not published.")


def _mark_merged(session: Session, subject: Subject, into: Subject, by: str, now: datetime, note: str | None) -> int:
    """Its identifiers are free, its address leads to the other, and so do those that led to it."""
    row: Any = subject.row
    data, version = subject.data, subject.version + 1
    row.identifiers.clear()
    if subject.kind.is_entry:
        row.status = Status.merged
    row.replaced_by = into.row
    row.version, row.updated_at = version, now
    session.flush()
    table = subject.kind.table
    session.execute(update(table).where(table.replaced_by_id == row.id).values(replaced_by_id=into.row.id))
    (number,) = acquire_write_lock(session, 1)
    record_revision(
        session,
        subject.kind,
        row,
        number=number,
        action="merge",
        by=by,
        now=now,
        version=version,
        data=data,
        fields=["replaced_by"],
        note=note,
    )
    session.flush()
    return number


Transformation = Callable[[SubjectRow, JsonMapping], JsonObject]


def _transformation(subject: Subject, into: Subject, gone: JsonObject) -> Transformation:
    """What becomes of an input: its references are moved, and the one that stays has the identifiers of both."""
    move = ReferenceMove(str(subject.kind.collection), subject.row.slug, into.row.slug)
    stays = into.row.id

    def transform(row: SubjectRow, data: JsonMapping) -> JsonObject:
        moved = move(data, f"{kind_of(row).collection}/{row.slug}")
        if row.id == stays:
            moved["identifiers"] = _unique([*moved.get("identifiers", ()), *gone.get("identifiers", ())])
        return moved

    return transform


def _changes(session: Session, rows: Sequence[Any], transform: Transformation, note: str) -> list[Change]:
    """One a row, from the input that it was last made from; what was merged itself stays as it is."""
    changes: dict[tuple[str, int], Change] = {}
    staying = [row for row in rows if not (kind_of(row).can_be_merged and row.current is not row)]
    last: dict[tuple[str, int], RevisionRow] = {}
    for name in {kind_of(row).name for row in staying}:
        found = last_revisions(session, name, [row.id for row in staying if kind_of(row).name == name])
        last |= {(name, source): revision for source, revision in found.items()}
    for row in staying:
        kind = kind_of(row)
        data = validate_input(kind, transform(row, last[kind.name, row.id].data or {}), accepted=True)
        changes[kind.name, row.id] = Change(kind, data, row, action="merge", note=note)
    return list(changes.values())


def _move_copies(session: Session, changes: Sequence[Change], transform: Transformation) -> None:
    """Working copies move with their entries: this change needs no review."""
    entries = {change.row.id: change.row for change in changes if change.kind.is_entry and change.row is not None}
    for copy in session.scalars(select(WorkingCopyRow).where(WorkingCopyRow.entry_id.in_(entries))):
        row = entries[copy.entry_id]
        copy.data, copy.base_version = transform(row, copy.data), row.version
    session.flush()
