"""The one writer: the only code that changes catalogue rows. Seeding and importing call it too."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, tuple_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.catalogue.agents import AgentRow
from app.catalogue.applying import apply, fields_changed, references, set_columns
from app.catalogue.entries import EntryRow, Status
from app.catalogue.identifiers import IdentifierRow
from app.catalogue.kinds import Kind
from app.catalogue.registry import ENTRY_KINDS
from app.catalogue.resolving import Resolver
from app.catalogue.revisions import RevisionRow, last_revisions, take_numbers
from app.catalogue.schema import Schema
from app.catalogue.subjects import FormerSlugRow, SubjectRow
from app.catalogue.terms import SchemeRow, TermIn, TermRow
from app.documents.store import DocumentRow
from app.kit.errors import Conflict, Fault, Invalid
from app.published.publishing import Touched, publish

ENTRY_COLLECTIONS = {str(kind.collection): kind.name for kind in ENTRY_KINDS}


@dataclass
class Change:
    """An input and the row it is for; without a row it makes one."""

    kind: Kind
    data: Schema
    row: SubjectRow | None = None

    @property
    def slug(self) -> str:
        return str(self.data.slug)  # type: ignore[attr-defined]


def find(session: Session, kind: Kind, slug: str, *, scheme: str | None = None) -> SubjectRow | None:
    """The row with this slug; for a term within its scheme."""
    statement: Any = select(kind.row).where(kind.row.slug == slug)
    if issubclass(kind.row, TermRow):
        statement = statement.join(TermRow.scheme).where(SchemeRow.slug == scheme)
    elif issubclass(kind.row, AgentRow):
        statement = statement.where(AgentRow.kind == kind.name)
    return session.scalars(statement).one_or_none()


def save(
    session: Session, changes: Sequence[Change], *, by: str, now: datetime, as_draft: bool = False
) -> list[SubjectRow]:
    """Apply all changes or none, write a revision each, and publish what is public.

    New entries are published at once unless `as_draft`. Raises `Invalid` with every fault, its pointer beginning
    with the place of the change where there are several; raises `Conflict` where something is in the way.
    """
    numbers = take_turn(session, len(changes))
    with session.no_autoflush:
        resolver = Resolver(session, ENTRY_COLLECTIONS)
        fresh = [change.row is None for change in changes]
        _make_rows(changes, resolver, now)
        resolver.fetch(reference for change in changes for reference in references(change.data))
        faults: list[Fault] = []
        for place, change in enumerate(changes):
            faults += _apply_one(change, resolver, place if len(changes) > 1 else None)
        if faults:
            raise Invalid("The input is not valid.", errors=faults)
        session.add_all(_row(change) for change in changes)
        _check_identifiers(session, changes)
        before = _data_before(session, changes, fresh)
        actions = [_step(change, new, now, as_draft) for change, new in zip(changes, fresh, strict=True)]
    _flush(session)
    touched = Touched()
    for change, action, number, earlier in zip(changes, actions, numbers, before, strict=True):
        _record(session, change, action=action, number=number, before=earlier, by=by, now=now)
        touched.add(_row(change), number)
    _flush(session)
    publish(session, touched, now=now)
    return [_row(change) for change in changes]


def take_turn(session: Session, count: int) -> range:
    """Numbers for so many revisions; from here to the commit nobody else writes.

    What was read before may have been changed by the writer before us: it is read again.
    """
    numbers = take_numbers(session, count)
    session.expire_all()
    return numbers


def _row(change: Change) -> SubjectRow:
    assert change.row is not None
    return change.row


def _make_rows(changes: Sequence[Change], resolver: Resolver, now: datetime) -> None:
    """New rows first, so that inputs of one batch may name each other; vocabularies before their terms."""
    for change in sorted(changes, key=lambda each: each.kind.row is not SchemeRow):
        if change.row is not None:
            resolver.announce(change.row)
            continue
        change.row = _new_row(change, resolver, now)
        resolver.announce(change.row)


def _new_row(change: Change, resolver: Resolver, now: datetime) -> SubjectRow:
    row = change.kind.row(slug=change.slug, version=0, created_at=now, updated_at=now)
    if isinstance(row, AgentRow):
        row.kind = change.kind.name
    if isinstance(row, EntryRow):
        row.status = Status.draft
    if isinstance(row, TermRow) and isinstance(change.data, TermIn):
        scheme = resolver.schemes.get(change.data.scheme)
        if scheme is None:
            fault = Fault("unknown-reference", "There is no such vocabulary.", pointer="/scheme")
            raise Invalid("The input is not valid.", errors=(fault,))
        row.scheme = scheme
    set_columns(row, change.data)
    for relationship in row.__mapper__.relationships:
        if relationship.uselist:
            setattr(row, relationship.key, [])  # known to be empty: nothing is there to be fetched
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


def _check_identifiers(session: Session, changes: Sequence[Change]) -> None:
    """An identifier belongs to one thing: say so before the database does, and name the place."""
    owners: dict[tuple[str, str], tuple[int, SubjectRow]] = {}
    for place, change in enumerate(changes):
        for row in getattr(change.row, "identifiers", ()):
            _, owner = owners.setdefault((row.scheme, row.value), (place, _row(change)))
            if owner is not change.row:
                raise _taken(f"/{place}/identifiers")
    keys = list(owners)
    for start in range(0, len(keys), 400):
        chunk = keys[start : start + 400]
        statement = select(IdentifierRow).where(tuple_(IdentifierRow.scheme, IdentifierRow.value).in_(chunk))
        with session.no_autoflush:
            for found in session.scalars(statement):
                place, owner = owners[found.scheme, found.value]
                if found not in getattr(owner, "identifiers", ()):
                    raise _taken(f"/{place}/identifiers" if len(changes) > 1 else "/identifiers")


def _taken(pointer: str) -> Conflict:
    fault = Fault("identifier-taken", "Another entry or agent has this identifier.", pointer=pointer)
    return Conflict("An identifier belongs to something else already.", errors=(fault,))


def _flush(session: Session) -> None:
    try:
        session.flush()
    except IntegrityError as error:
        raise Conflict("Something with the same address or identifier is there already.") from error


def _data_before(session: Session, changes: Sequence[Change], fresh: Sequence[bool]) -> list[dict[str, Any] | None]:
    """The input that each row was last made from."""
    wanted: dict[str, list[int]] = {}
    for change, new in zip(changes, fresh, strict=True):
        if not new:
            wanted.setdefault(change.kind.name, []).append(_row(change).id)
    found = {
        (kind, source): revision.data
        for kind, sources in wanted.items()
        for source, revision in last_revisions(session, kind, sources).items()
    }
    return [found.get((change.kind.name, _row(change).id)) for change in changes]


def _step(change: Change, new: bool, now: datetime, as_draft: bool) -> str:
    """Version, time and status of one changed row; returns what was done to it."""
    row = _row(change)
    row.version += 1
    row.updated_at = now
    if isinstance(row, EntryRow) and row.status == Status.draft and not as_draft:
        row.status = Status.published
        return "publish"
    return "create" if new else "update"


def _record(
    session: Session,
    change: Change,
    *,
    action: str,
    number: int,
    before: dict[str, Any] | None,
    by: str,
    now: datetime,
) -> None:
    """The revision of one changed row, and the address that it had before."""
    row, data = _row(change), change.data.model_dump(mode="json")
    if before is not None and before.get("slug") not in (None, row.slug):
        _remember_address(session, change, str(before["slug"]))
    session.add(
        RevisionRow(
            number=number,
            at=now,
            actor=by,
            action=action,
            kind=change.kind.name,
            source=row.id,
            slug=row.slug,
            version=row.version,
            fields=fields_changed(before, data),
            data=data,
        )
    )


def collection_of(row: SubjectRow, kind: Kind) -> str:
    """Where the row's document has its address."""
    return row.scheme.collection if isinstance(row, TermRow) else str(kind.collection)


def _remember_address(session: Session, change: Change, former: str) -> None:
    """What was never public, as a draft, had no address that anybody could know."""
    row = _row(change)
    documents = select(DocumentRow.id).where(DocumentRow.kind == change.kind.name, DocumentRow.source == row.id)
    if session.scalar(documents.limit(1)) is None:
        return
    collection = collection_of(row, change.kind)
    session.execute(
        delete(FormerSlugRow).where(FormerSlugRow.collection == collection, FormerSlugRow.slug.in_((former, row.slug)))
    )
    session.add(FormerSlugRow(collection=collection, slug=former, kind=change.kind.name, source=row.id))


def withdraw(
    session: Session,
    kind: Kind,
    row: EntryRow,
    *,
    reason: str,
    by: str,
    now: datetime,
    replacement: EntryRow | None = None,
) -> None:
    """Take a published entry out of sight: a tombstone stays at its address. Raises `Conflict` for any other."""
    (number,) = take_turn(session, 1)
    if row.status != Status.published:
        raise Conflict("Only what is published can be withdrawn.")
    if replacement is row:
        raise Invalid("The input is not valid.", errors=(Fault("circle", "It cannot replace itself."),))
    row.status = Status.withdrawn
    row.withdrawn_at, row.withdrawn_reason, row.replaced_by = now, reason, replacement
    row.version += 1
    row.updated_at = now
    before = last_revisions(session, kind.name, [row.id]).get(row.id)
    session.add(
        RevisionRow(
            number=number,
            at=now,
            actor=by,
            action="withdraw",
            kind=kind.name,
            source=row.id,
            slug=row.slug,
            version=row.version,
            fields=["status"],
            data=before.data if before else None,
            note=reason,
        )
    )
    touched = Touched()
    touched.add(row, number)
    publish(session, touched, now=now)
