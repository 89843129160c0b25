"""The one writer: the only code that changes catalogue rows. Seeding and importing call it too."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import repeat
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from app.catalogue.agents import AgentRow
from app.catalogue.applying import apply, references, set_columns, terms_named
from app.catalogue.entries import UNPUBLISHED, EntryRow, Status
from app.catalogue.furnishing import Furnishing
from app.catalogue.kinds import Kind
from app.catalogue.registry import BY_NAME, ENTRY_KINDS
from app.catalogue.resolving import Resolver
from app.catalogue.revisions import last_revisions, newest_versions, take_numbers
from app.catalogue.schema import Schema
from app.catalogue.subjects import SubjectRow
from app.catalogue.terms import SchemeRow, TermIn, TermRow
from app.kit.errors import MOST_ERRORS, Conflict, Fault, Invalid
from app.published.discretion import judge
from app.published.publishing import Touched, publish
from app.staff.claiming import check_identifiers, check_slugs
from app.staff.patching import validated
from app.staff.recording import record, remember_address
from app.staff.taking_over import Renamed, copies_naming, moved, once_used, pointing, taken_over
from app.staff.working_copies import WorkingCopyRow

TURN = "turn"
"""In the `info` of a session: the transaction, or the savepoint, that holds the counter's lock."""
ENTRY_COLLECTIONS = {str(kind.collection): kind.name for kind in ENTRY_KINDS}


@dataclass
class Change:
    """An input and the row it is for; without a row it makes one. `action` and `note` are for its revision, which
    otherwise says `create`, `update` or `publish`. `as_draft` is that of `save`, for this one alone."""

    kind: Kind
    data: Schema
    row: SubjectRow | None = None
    action: str | None = None
    note: str | None = None
    as_draft: bool = False

    @property
    def slug(self) -> str:
        return str(self.data.slug)  # type: ignore[attr-defined]


def find(session: Session, kind: Kind, slug: str, *, scheme: str | None = None) -> SubjectRow | None:
    """The row with this slug; for a term within its scheme."""
    statement: Any = select(kind.row).where(kind.row.slug == slug)
    if issubclass(kind.row, TermRow):
        statement = statement.join(TermRow.scheme).where(SchemeRow.slug == scheme)
    elif issubclass(kind.row, AgentRow | EntryRow):
        statement = statement.where(kind.row.kind == kind.name)
    return session.scalars(statement).one_or_none()


def save(
    session: Session, changes: Sequence[Change], *, by: str, now: datetime, as_draft: bool = False
) -> list[SubjectRow]:
    """Apply all changes or none, write a revision each, and publish what is public.

    Entries that were never public are published at once unless `as_draft`. Raises `Invalid` with every fault, its
    pointer beginning with the place of the change where there are several; raises `Conflict` where something is in
    the way.
    """
    _make_room(session, changes, by=by, now=now)
    numbers = take_turn(session, len(changes))
    with session.no_autoflush:
        fresh = [change.row is None for change in changes]
        furnishing = _apply_all(session, changes, numbers, now, as_draft=as_draft)
        before = _data_before(session, changes, fresh)
        _step_versions(session, changes, fresh)
        actions = [_step(change, new, now, as_draft) for change, new in zip(changes, fresh, strict=True)]
    _flush(session, furnishing)
    _look_again(session, changes, fresh)
    touched = Touched()
    for place, (change, action, number, earlier) in enumerate(zip(changes, actions, numbers, before, strict=True)):
        row = _row(change)
        if earlier is not None and earlier.get("slug") not in (None, row.slug):
            remember_address(session, change.kind, row, str(earlier["slug"]))
        record(
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
        touched.add(row, number, place=f"/{place}" if len(changes) > 1 else "", held=True)
    _flush(session)
    publish(session, touched, now=now)
    furnishing.forget(session)
    return [_row(change) for change in changes]


def _make_room(session: Session, changes: Sequence[Change], *, by: str, now: datetime) -> None:
    """What names something by a name that something else takes now says its present name first."""
    held = {id(change.row) for change in changes}
    for each in _taken_over(session, changes):
        take_turn(session, 0)
        rows = [row for row in pointing(session, each.row) if id(row) not in held]
        changed = {row.id: change for row in rows if (change := _moved(session, row, each)) is not None}
        copies = list(copies_naming(session, each))
        current = [copy for copy in copies if copy.entry_id in changed and _is_current(copy, changed[copy.entry_id])]
        if changed:
            save(session, list(changed.values()), by=by, now=now, as_draft=True)
        for copy in copies:
            copy.data = moved(copy.data, [each])
        for copy in current:
            copy.base_version = _row(changed[copy.entry_id]).version
        session.flush()


def _is_current(copy: WorkingCopyRow, change: Change) -> bool:
    return copy.base_version == _row(change).version


def _taken_over(session: Session, changes: Sequence[Change]) -> list[Renamed]:
    naming = [change for change in changes if change.row is None or change.row.slug != change.slug]
    used = once_used(session, ((change.kind.name, change.slug) for change in naming))
    found = []
    for change in naming:
        if (change.kind.name, change.slug) in used:
            collection = change.kind.collection
            if isinstance(change.data, TermIn):
                collection = session.scalar(select(SchemeRow.collection).where(SchemeRow.slug == change.data.scheme))
            found.append(taken_over(session, change.kind, str(collection), change.slug, change.row))
    return [each for each in found if each is not None]


def _moved(session: Session, row: SubjectRow, renamed: Renamed) -> Change | None:
    kind = BY_NAME[getattr(row, "kind", "term")]
    before = last_revisions(session, kind.name, [row.id])[row.id].data or {}
    after = moved(before, [renamed])
    if after == before:
        return None
    note = f"{renamed.old} is {renamed.row.slug} now."
    return Change(kind, validated(kind, after, accepted=True), row, action="rename", note=note)


def check(session: Session, change: Change, *, now: datetime, to_publish: bool = False) -> None:
    """Raise whatever `save` would raise of a change to what is there, and leave everything as it is. With `to_publish`,
    also what keeps it from being published."""
    attempt = session.begin_nested()
    try:
        with session.no_autoflush:
            furnishing = _apply_all(session, [change], repeat(None), now)
        _flush(session, furnishing)
        if to_publish and isinstance(change.row, EntryRow):
            judge(session, change.kind, change.row)
    finally:
        attempt.rollback()


def take_turn(session: Session, count: int) -> range:
    """Numbers for so many revisions; from the first turn of a transaction to its commit nobody else writes.

    What was read before may have been changed by the writer before us: it is read again. A savepoint has turns of its
    own, because rolling it back gives up the lock that was taken in it.
    """
    numbers = take_numbers(session, count)
    transaction = session.get_nested_transaction() or session.get_transaction()
    if session.info.get(TURN) is not transaction:
        session.expire_all()
        session.info[TURN] = transaction
    return numbers


def _row(change: Change) -> SubjectRow:
    assert change.row is not None
    return change.row


def _apply_all(
    session: Session, changes: Sequence[Change], ids: Iterable[int | None], now: datetime, *, as_draft: bool = False
) -> Furnishing:
    """Make the rows say what the inputs say. Nothing is sent to the database."""
    resolver = Resolver(session, ENTRY_COLLECTIONS, drafts=as_draft)
    _make_rows(changes, ids, resolver, now)
    resolver.fetch(reference for change in changes for reference in references(change.data))
    resolver.fetch_terms(term for change in changes for term in terms_named(change.data))
    faults: list[Fault] = []
    for place, change in enumerate(changes):
        faults += _apply_one(change, resolver, place if len(changes) > 1 else None)
        if len(faults) > MOST_ERRORS:
            break
    if faults:
        raise Invalid(errors=faults)
    rows = [_row(change) for change in changes]
    check_slugs(session, rows)
    check_identifiers(session, rows)
    return resolver.furnishing


def _make_rows(changes: Sequence[Change], ids: Iterable[int | None], resolver: Resolver, now: datetime) -> None:
    """New rows first, so that inputs of one batch may name each other; vocabularies before their terms.

    A row's id is the number of the revision that makes it, so no id comes back after a deletion and inherits history.
    """
    for change, ident in sorted(zip(changes, ids, strict=False), key=lambda pair: pair[0].kind.row is not SchemeRow):
        if change.row is None:
            change.row = _new_row(change, ident, resolver, now)
            resolver.session.add(change.row)  # before it is furnished, lest its satellites be added with it
        resolver.announce(change.row)


def _new_row(change: Change, ident: int | None, resolver: Resolver, now: datetime) -> SubjectRow:
    row = change.kind.row(id=ident, slug=change.slug, version=0, created_at=now, updated_at=now)
    if isinstance(row, AgentRow):
        row.kind = change.kind.name
    if isinstance(row, EntryRow):
        row.status = Status.draft
    if isinstance(row, TermRow) and isinstance(change.data, TermIn):
        scheme = resolver.schemes.get(change.data.scheme)
        if scheme is None:
            fault = Fault("unknown-reference", "There is no such vocabulary.", pointer="/scheme")
            raise Invalid(errors=(fault,))
        row.scheme = scheme
    set_columns(row, change.data)
    for relationship in row.__mapper__.relationships:
        if relationship.uselist:
            set_committed_value(row, relationship.key, [])  # nothing is there to be fetched
    return row


def _apply_one(change: Change, resolver: Resolver, place: int | None) -> list[Fault]:
    try:
        apply(change.kind, _row(change), change.data, resolver)
        resolver.faults.check()
    except Invalid as invalid:
        resolver.faults.clear()
        prefix = "" if place is None else f"/{place}"
        return [
            Fault(fault.code, fault.message, pointer=prefix + (fault.pointer or ""), allowed=fault.allowed)
            for fault in invalid.errors
        ]
    return []


def _flush(session: Session, furnishing: Furnishing | None = None) -> None:
    try:
        session.flush()
        if furnishing is not None:
            furnishing.insert(session)
    except IntegrityError as error:
        raise Conflict("Something with the same address or identifier is there already.") from error


def _look_again(session: Session, changes: Sequence[Change], fresh: Sequence[bool]) -> None:
    """Ties that were stated at their other end may have gone with that end's change."""
    for change, new in zip(changes, fresh, strict=True):
        if not new and isinstance(change.row, EntryRow):
            session.expire(change.row, ["related_from"])


def _by_kind(changes: Sequence[Change], fresh: Sequence[bool]) -> dict[str, list[int]]:
    """Ids of the rows that were there before."""
    wanted: dict[str, list[int]] = {}
    for change, new in zip(changes, fresh, strict=True):
        if not new:
            wanted.setdefault(change.kind.name, []).append(_row(change).id)
    return wanted


def _data_before(session: Session, changes: Sequence[Change], fresh: Sequence[bool]) -> list[dict[str, Any] | None]:
    """The input that each row was last made from."""
    found = {
        (kind, source): revision.data
        for kind, sources in _by_kind(changes, fresh).items()
        for source, revision in last_revisions(session, kind, sources).items()
    }
    return [found.get((change.kind.name, _row(change).id)) for change in changes]


def _step_versions(session: Session, changes: Sequence[Change], fresh: Sequence[bool]) -> None:
    """Above every version that staff have seen, those of working copies included."""
    known = {
        (kind, source): version
        for kind, sources in _by_kind(changes, fresh).items()
        for source, version in newest_versions(session, kind, sources).items()
    }
    for change in changes:
        row = _row(change)
        row.version = max(row.version, known.get((change.kind.name, row.id), 0)) + 1


def _step(change: Change, new: bool, now: datetime, as_draft: bool) -> str:
    """Time and status of one changed row; returns what was done to it."""
    row = _row(change)
    row.updated_at = now
    if isinstance(row, EntryRow) and row.status in UNPUBLISHED and not (as_draft or change.as_draft):
        row.status = Status.published
        return "publish"
    return "create" if new else "update"
