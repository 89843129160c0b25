"""One resource as staff see it: its rows, the working copy over them, its newest revision, and what the public sees."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, func, select
from sqlalchemy.orm import Session, joinedload

from app.catalogue.entries import UNPUBLISHED, EntryRow, Status
from app.catalogue.kind import Kind
from app.catalogue.revisions import RevisionRow, last_revisions
from app.catalogue.subjects import SubjectRow, find_by_former_slug
from app.catalogue.terms import SchemeRow
from app.documents.store import DocumentRow, DocumentState
from app.kit.errors import ErrorDetail, Moved, NotFound, Stale
from app.kit.json_types import JsonMapping, JsonObject
from app.kit.text.suggestions import closest_matches
from app.staff.editing.merge_patch import merge_patch, three_way_differences
from app.staff.editing.named_inputs import NAMES
from app.staff.editing.working_copies import PlannedPublishingRow, WorkingCopyRow
from app.staff.editing.writer import acquire_write_lock, find
from app.staff.queries.step_descriptions import MAX_STEPS, describe_steps_since
from app.staff.resource_types import BY_KIND, PathParams

MAX_NEAR = 3
"""Slugs that are suggested for an unknown one."""


@dataclass(frozen=True)
class Attempt:
    """Somebody who saw a version wants to change what is there: by `patch`, or by a step. One that `may_follow_own`
    steps needs no newer version, as long as nobody else did anything, and what there is to see is what they saw."""

    version: int
    by: str
    now: datetime
    patch: JsonMapping = field(default_factory=dict)
    may_follow_own: bool = False


@dataclass
class Subject:
    """`document` is what readers find: its address and state; None while nothing was ever public."""

    kind: Kind
    row: Any
    last: RevisionRow
    copy: WorkingCopyRow | None = None
    plan: PlannedPublishingRow | None = None
    document: DocumentRow | None = None

    @property
    def entry(self) -> EntryRow | None:
        return self.row if self.kind.is_entry else None

    @property
    def version(self) -> int:
        """Grows with every step of any sort, so it names one state of rows and working copy."""
        return self.last.version

    @property
    def data(self) -> JsonObject:
        """The input as staff edit it."""
        return dict((self.copy.data if self.copy is not None else self.last.data) or {})

    @property
    def label(self) -> str:
        """Its title, name or label, as staff edit it."""
        return str(next(self.data[name] for name in NAMES if name in self.data))

    @property
    def state(self) -> str:
        """Where the work stands: that of the working copy, where there is one."""
        if self.copy is not None:
            return self.copy.state
        return self.entry.status if self.entry is not None else str(Status.published)

    @property
    def never_public(self) -> bool:
        return self.entry is not None and self.entry.status in UNPUBLISHED

    @property
    def in_conflict(self) -> bool:
        """Whether the rows were changed under the working copy."""
        return self.copy is not None and self.copy.base_version != self.row.version

    @property
    def updated_at(self) -> datetime:
        return self.last.at

    @property
    def collection(self) -> str:
        return self.kind.collection_of(self.row)


def load(session: Session, kind: Kind, slug: str, *, scheme: str | None = None) -> Subject:
    """Raises `NotFound`; `Moved` where it was merged into another or had this address before."""
    found: Any = find(session, kind, slug, scheme=scheme)
    row = found or _renamed(session, kind, slug, scheme)
    if row is None:
        raise NotFound(errors=[_unknown(session, kind, slug, scheme)])
    if kind.can_be_merged and kind.parent is None:
        row = row.current
    if row is not found:
        raise Moved(staff_path(kind, row), "It has moved to another address.")
    return load_all(session, kind, [row])[0]


def _unknown(session: Session, kind: Kind, slug: str, scheme: str | None) -> ErrorDetail:
    """With the nearest of the slugs that there are."""
    known = kind.select().with_only_columns(kind.row.slug)
    if kind.parent is not None:
        known = known.join(getattr(kind.row, kind.parent.member)).where(kind.parent.row.slug == scheme)
    near = closest_matches(slug, list(session.scalars(known)), MAX_NEAR)
    message = f"There is no such {kind.name.replace('_', ' ')}."
    return ErrorDetail("unknown-name", message, "slug", None, (*near,), next(iter(near), None))


def _renamed(session: Session, kind: Kind, slug: str, scheme: str | None) -> Any:
    of = kind.name if kind.parent is None else None
    return find_by_former_slug(session, kind.row, kind.collection_below(session, scheme), slug, kind=of)


def staff_path(kind: Kind, row: SubjectRow) -> str:
    """Where staff find it."""
    parent = kind.parent_of(row)
    return f"{PathParams(BY_KIND[kind.name], scheme=parent.slug if parent is not None else None).path}/{row.slug}"


def load_rows(session: Session, kind: Kind, ids: Collection[int]) -> Sequence[SubjectRow]:
    """Those that are there of these numbers, in one query, with what their addresses are made of."""
    found = select(kind.row).where(kind.row.id.in_(ids))
    if kind.parent is not None:
        found = found.options(joinedload(getattr(kind.row, kind.parent.member)))
    return session.scalars(found).all()


def load_all(session: Session, kind: Kind, rows: Sequence[SubjectRow]) -> list[Subject]:
    """Many of one kind, with as many queries as for one."""
    ids = [row.id for row in rows]
    revisions = last_revisions(session, kind.name, ids, pending=True)
    around = _surrounding_rows(session, kind, ids) if kind.is_entry else {}
    if not kind.is_entry:
        shown = session.scalars(_SHOWN, {"kind": kind.name, "ids": ids})
        around = {each.source: (None, None, each) for each in shown}
    return [Subject(kind, row, revisions[row.id], *around.get(row.id, (None, None, None))) for row in rows]


SurroundingRows = tuple[WorkingCopyRow | None, PlannedPublishingRow | None, DocumentRow | None]
_ANSWERS = (DocumentRow.kind == bindparam("kind"), DocumentRow.state != DocumentState.moved)
"""Documents of a kind, without the traces of former addresses."""
_SHOWN = select(DocumentRow).where(*_ANSWERS, DocumentRow.source.in_(bindparam("ids", expanding=True)))
_ENTRY: Any = EntryRow.__table__.c.id
_AROUND = (
    select(_ENTRY, WorkingCopyRow, PlannedPublishingRow, DocumentRow)
    .outerjoin(WorkingCopyRow, WorkingCopyRow.entry_id == _ENTRY)
    .outerjoin(PlannedPublishingRow, PlannedPublishingRow.entry_id == _ENTRY)
    .outerjoin(DocumentRow, and_(DocumentRow.source == _ENTRY, *_ANSWERS))
    .where(_ENTRY.in_(bindparam("ids", expanding=True)))
)


def _surrounding_rows(session: Session, kind: Kind, ids: Sequence[int]) -> dict[int, SurroundingRows]:
    """What waits to be published, when, and what is public."""
    found = session.execute(_AROUND, {"kind": kind.name, "ids": ids})
    return {ident: (copy, plan, document) for ident, copy, plan, document in found}


def missing_terms(session: Session, subject: Subject) -> list[str]:
    """The vocabularies that a term is required of before the unpublished state of an entry can be published."""
    if not subject.never_public and subject.copy is None:
        return []
    required = select(SchemeRow.slug).where(SchemeRow.required, SchemeRow.synonym_rings.is_(False))
    given = subject.data.get("terms", {})
    return [slug for slug in session.scalars(required.order_by(SchemeRow.slug)) if not given.get(slug)]


def reload(session: Session, subject: Subject) -> Subject:
    """As it is after a step."""
    return load_all(session, subject.kind, [subject.row])[0]


def load_for_update(session: Session, kind: Kind, slug: str, attempt: Attempt, *, scheme: str | None = None) -> Subject:
    """What is there, to be changed by whoever saw that version; nobody else writes until the commit.

    Raises `Stale` with the present version, who did what since, and by field what differs between what is there and
    what the patch would make of the version that was seen; raises as `load` does.
    """
    acquire_write_lock(session, 0)
    subject = load(session, kind, slug, scheme=scheme)
    if attempt.version == subject.version:
        return subject
    history = select(RevisionRow).where(RevisionRow.kind == kind.name, RevisionRow.source == subject.row.id)
    seen = session.scalar(history.where(RevisionRow.version == attempt.version))
    if seen is None or seen.data is None:
        raise Stale("This version does not exist.", version=subject.version)
    later = history.where(RevisionRow.version > attempt.version)
    counts = func.count(), func.count().filter(RevisionRow.actor != attempt.by)
    count, others = session.execute(later.with_only_columns(*counts)).one()
    if attempt.may_follow_own and others == 0 and seen.data == subject.data:
        return subject
    newest = session.scalars(later.order_by(RevisionRow.version.desc()).limit(MAX_STEPS)).all()
    raise Stale(
        describe_steps_since(newest, count, by=attempt.by, is_own=others == 0, now=attempt.now),
        version=subject.version,
        differences=three_way_differences(seen.data, merge_patch(seen.data, dict(attempt.patch)), subject.data),
    )
