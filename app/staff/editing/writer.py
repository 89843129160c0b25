"""The one writer: the only code that changes catalogue rows. Seeding and importing call it too."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import repeat
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from app.catalogue.child_rows import BulkChildInsert
from app.catalogue.entries import UNPUBLISHED, Status
from app.catalogue.inputs.resolver import Resolver
from app.catalogue.inputs.row_mapping import apply_input, set_columns, subject_references, term_references
from app.catalogue.kind import In, Kind, Row
from app.catalogue.registry import kind_of
from app.catalogue.revisions import last_revisions, newest_versions, reserve_revision_numbers
from app.catalogue.subjects import SubjectRow
from app.kit.errors import MAX_ERRORS, Conflict, ErrorDetail, Invalid
from app.kit.values.uuids import time_ordered_uuid
from app.published.confidentiality import check_publishable
from app.published.publishing import ChangeSet, publish
from app.staff.editing.merge_patch import validate_input
from app.staff.editing.recording import enqueue_rendering, record_former_slug, record_revision
from app.staff.editing.slug_reuse import (
    RenamedSubject,
    ever_used,
    find_slug_reuse,
    referencing_copies,
    referencing_rows,
    rename_references,
)
from app.staff.editing.uniqueness import check_slugs, check_unique_identifiers
from app.staff.editing.working_copies import WorkingCopyRow

WRITE_LOCK = "write lock"
"""Key in the `info` of a session: the transaction, or the savepoint, that holds the lock on the revision counter."""


@dataclass
class Change:
    """An input and the row it is for; without a row it creates one. `action` and `note` are for its revision, which
    otherwise says `create`, `update` or `publish`. `as_draft` is that of `save`, for this one alone;
    `uuid` is for a new row whose id is known before."""

    kind: Kind
    data: Any
    row: Any = None
    action: str | None = None
    note: str | None = None
    as_draft: bool = False
    uuid: str | None = None

    @property
    def slug(self) -> str:
        return str(self.data.slug)

    @property
    def parent(self) -> str | None:
        """The slug of what it stands below."""
        return str(getattr(self.data, self.kind.parent.member)) if self.kind.parent is not None else None


def find(session: Session, kind: Kind[Row, In], slug: str, *, scheme: str | None = None) -> Row | None:
    """The row with this slug; for a term within its scheme."""
    statement = kind.select().where(kind.row.slug == slug)
    if kind.parent is not None:
        parent = getattr(kind.row, kind.parent.member)
        statement = statement.join(parent).where(kind.parent.row.slug == scheme)
    return session.scalars(statement).one_or_none()


def save(
    session: Session, changes: Sequence[Change], *, by: str, now: datetime, as_draft: bool = False
) -> list[SubjectRow]:
    """Apply all changes or none, write a revision each, and publish what is public.

    Entries that were never public are published at once unless `as_draft`. Raises `Invalid` with every error, its
    pointer beginning with the position of the change where there are several; raises `Conflict` where something is
    in the way.
    """
    _rewrite_references(session, changes, by=by, now=now)
    numbers = acquire_write_lock(session, len(changes))
    with session.no_autoflush:
        fresh = [change.row is None for change in changes]
        child_rows = _apply_changes(session, changes, numbers, now, as_draft=as_draft)
        before = _data_before(session, changes, fresh)
        _advance_versions(session, changes, fresh)
        actions = [_set_status(change, new, now, as_draft) for change, new in zip(changes, fresh, strict=True)]
    _flush(session, child_rows)
    _expire_relations(session, changes, fresh)
    change_set = ChangeSet()
    for position, (change, action, number, earlier) in enumerate(zip(changes, actions, numbers, before, strict=True)):
        row = _row(change)
        if earlier is not None and earlier.get("slug") not in (None, row.slug):
            record_former_slug(session, change.kind, row, str(earlier["slug"]))
        record_revision(
            session,
            change.kind,
            row,
            number=number,
            action=change.action or action,
            by=by,
            now=now,
            version=row.version,
            data=change.data.model_dump(mode="json"),
            before=earlier,
            note=change.note,
        )
        pointer = f"/{position}" if len(changes) > 1 else ""
        change_set.add(change.kind, row, number, pointer=pointer, is_loaded=True)
        if change.kind.search_schema.defines and (earlier is None or earlier.get("slug") != row.slug):
            enqueue_rendering(session, revision=number, now=now)
    _flush(session)
    publish(session, change_set, now=now)
    child_rows.expire(session)
    return [_row(change) for change in changes]


def _rewrite_references(session: Session, changes: Sequence[Change], *, by: str, now: datetime) -> None:
    """Rewrite references to slugs that these changes reuse."""
    held = {id(change.row) for change in changes}
    for each in _find_reused_slugs(session, changes):
        acquire_write_lock(session, 0)
        rows = [row for row in referencing_rows(session, each.kind, each.row) if id(row) not in held]
        changed = {row.id: change for row in rows if (change := _reference_change(session, row, each)) is not None}
        copies = list(referencing_copies(session, each))
        current = [copy for copy in copies if copy.entry_id in changed and _is_current(copy, changed[copy.entry_id])]
        if changed:
            save(session, list(changed.values()), by=by, now=now, as_draft=True)
        for copy in copies:
            copy.data = rename_references(copy.data, [each])
        for copy in current:
            copy.base_version = _row(changed[copy.entry_id]).version
        session.flush()


def _is_current(copy: WorkingCopyRow, change: Change) -> bool:
    return bool(copy.base_version == _row(change).version)


def _find_reused_slugs(session: Session, changes: Sequence[Change]) -> list[RenamedSubject]:
    naming = [change for change in changes if change.row is None or change.row.slug != change.slug]
    used = ever_used(session, ((change.kind.name, change.slug) for change in naming))
    found = []
    for change in naming:
        if (change.kind.name, change.slug) in used:
            collection = change.kind.collection_below(session, change.parent)
            found.append(find_slug_reuse(session, change.kind, collection, change.slug, change.row))
    return [each for each in found if each is not None]


def _reference_change(session: Session, row: SubjectRow, renamed: RenamedSubject) -> Change | None:
    kind = kind_of(row)
    before = last_revisions(session, kind.name, [row.id])[row.id].data or {}
    after = rename_references(before, [renamed])
    if after == before:
        return None
    note = f"{renamed.old} is {renamed.row.slug} now."
    return Change(kind, validate_input(kind, after, accepted=True), row, action="rename", note=note)


def dry_run_change(session: Session, change: Change, *, now: datetime, to_publish: bool = False) -> None:
    """Apply a change to an existing row in a savepoint and roll it back: raises what `save` would raise. With
    `to_publish`, also what prevents publication."""
    attempt = session.begin_nested()
    try:
        with session.no_autoflush:
            child_rows = _apply_changes(session, [change], repeat(None), now)
        _flush(session, child_rows)
        if to_publish and change.kind.is_entry:
            check_publishable(session, change.kind, _row(change))
    finally:
        attempt.rollback()


def acquire_write_lock(session: Session, count: int) -> range:
    """Reserve revision numbers; from the first call in a transaction until its commit nobody else writes.

    Rows that were read before may have changed while this waited for the lock, so they are expired. A savepoint takes
    the lock again, because rolling it back releases a lock that was taken in it.
    """
    numbers = reserve_revision_numbers(session, count)
    transaction = session.get_nested_transaction() or session.get_transaction()
    if session.info.get(WRITE_LOCK) is not transaction:
        session.expire_all()
        session.info[WRITE_LOCK] = transaction
    return numbers


def _row(change: Change) -> Any:
    if change.row is None:
        raise LookupError(f"A new {change.kind.name} has no row before it is applied.")
    return change.row


def _apply_changes(
    session: Session, changes: Sequence[Change], ids: Iterable[int | None], now: datetime, *, as_draft: bool = False
) -> BulkChildInsert:
    """Set the rows from the inputs, with all checks. Writes nothing to the database."""
    resolver = Resolver(session, drafts=as_draft)
    _make_rows(changes, ids, resolver, now)
    entries = [change.data for change in changes if change.kind.is_entry]
    resolver.fetch(reference for data in entries for reference in subject_references(data))
    resolver.fetch_terms(term for data in entries for term in term_references(data))
    errors: list[ErrorDetail] = []
    for position, change in enumerate(changes):
        errors += _apply_change(change, resolver, position if len(changes) > 1 else None)
        if len(errors) > MAX_ERRORS:
            break
    if errors:
        raise Invalid(errors=errors)
    rows = [_row(change) for change in changes]
    entry_rows = {position: rows[position] for position, change in enumerate(changes) if change.kind.is_entry}
    check_slugs(session, entry_rows, len(rows))
    check_unique_identifiers(session, rows)
    return resolver.child_rows


def _make_rows(changes: Sequence[Change], ids: Iterable[int | None], resolver: Resolver, now: datetime) -> None:
    """New rows first, so that inputs of one batch may name each other; parents before what is below them.

    A row's id is the number of the revision that makes it, so no id comes back after a deletion and inherits history.
    """
    for change, ident in sorted(zip(changes, ids, strict=False), key=lambda pair: pair[0].kind.parent is not None):
        if change.row is None:
            change.row = _new_row(change, ident, resolver, now)
            # Before its relationships are set: they would cascade their own rows into the session.
            resolver.session.add(change.row)
        resolver.register(change.kind, change.row)


def _new_row(change: Change, ident: int | None, resolver: Resolver, now: datetime) -> Any:
    kind = change.kind
    uuid = change.uuid or time_ordered_uuid(now)
    row = kind.row(id=ident, uuid=uuid, slug=change.slug, version=0, created_at=now, updated_at=now)
    if kind.shares_table:
        row.kind = kind.name
    if kind.is_entry:
        row.status = Status.draft
    if kind.parent is not None:
        parent = resolver.schemes.get(str(change.parent))
        if parent is None:
            error = ErrorDetail("unknown-reference", "Unknown vocabulary.", pointer=f"/{kind.parent.member}")
            raise Invalid(errors=(error,))
        setattr(row, kind.parent.member, parent)
    set_columns(row, change.data)
    for relationship in row.__mapper__.relationships:
        if relationship.uselist:
            set_committed_value(row, relationship.key, [])  # nothing is there to be fetched
    return row


def _apply_change(change: Change, resolver: Resolver, position: int | None) -> list[ErrorDetail]:
    try:
        apply_input(change.kind, _row(change), change.data, resolver)
        resolver.errors.check()
    except Invalid as invalid:
        resolver.errors.clear()
        prefix = "" if position is None else f"/{position}"
        return [replace(error, pointer=prefix + (error.pointer or "")) for error in invalid.errors]
    return []


def _flush(session: Session, child_rows: BulkChildInsert | None = None) -> None:
    try:
        session.flush()
        if child_rows is not None:
            child_rows.insert(session)
    except IntegrityError as error:
        raise Conflict("Something else has this name in addresses, or this identifier, already.") from error


def _expire_relations(session: Session, changes: Sequence[Change], fresh: Sequence[bool]) -> None:
    """Relations that are stated at their other end may have been removed by the change of that end."""
    for change, new in zip(changes, fresh, strict=True):
        if not new and change.kind.is_entry:
            session.expire(_row(change), ["related_from"])


def _by_kind(changes: Sequence[Change], fresh: Sequence[bool]) -> dict[str, list[int]]:
    """Ids of the rows that were there before."""
    requested: dict[str, list[int]] = {}
    for change, new in zip(changes, fresh, strict=True):
        if not new:
            requested.setdefault(change.kind.name, []).append(_row(change).id)
    return requested


def _data_before(session: Session, changes: Sequence[Change], fresh: Sequence[bool]) -> list[dict[str, Any] | None]:
    """The last input of each row."""
    found = {
        (kind, source): revision.data
        for kind, sources in _by_kind(changes, fresh).items()
        for source, revision in last_revisions(session, kind, sources).items()
    }
    return [found.get((change.kind.name, _row(change).id)) for change in changes]


def _advance_versions(session: Session, changes: Sequence[Change], fresh: Sequence[bool]) -> None:
    """Above every version that staff have seen, those of working copies included."""
    known = {
        (kind, source): version
        for kind, sources in _by_kind(changes, fresh).items()
        for source, version in newest_versions(session, kind, sources).items()
    }
    for change in changes:
        row = _row(change)
        row.version = max(row.version, known.get((change.kind.name, row.id), 0)) + 1


def _set_status(change: Change, new: bool, now: datetime, as_draft: bool) -> str:
    """Set the time and status of one changed row; returns the action of its revision."""
    row = _row(change)
    row.updated_at = now
    if change.kind.is_entry and row.status in UNPUBLISHED and not (as_draft or change.as_draft):
        row.status = Status.published
        return "publish"
    return "create" if new else "update"
