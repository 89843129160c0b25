"""Finding what staff work on: plain SQL over the rows and the working copies."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from unicodedata import normalize

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, false, func, or_, select, true
from sqlalchemy.orm import Session

from app.catalogue.entries import EntryRow, Status
from app.catalogue.identifiers import IdentifierRow
from app.catalogue.kind import Kind
from app.catalogue.parts.resources import ResourceRow
from app.catalogue.registry import BY_NAME
from app.catalogue.revisions import RevisionRow
from app.catalogue.subjects import SubjectRow
from app.kit.errors import NotFound
from app.kit.text.slugs import title_key
from app.staff.auth.actors import Actor
from app.staff.editing.named_inputs import NAMES
from app.staff.editing.working_copies import PlannedPublishingRow, WorkingCopyRow
from app.staff.queries.subjects import Subject, load_all
from app.staff.resource_types import READ

WorkState = Literal["draft", "in_review", "published", "withdrawn", "scheduled", "conflict", "link_missing"]
RESOLVED = ("doi", "handle", "url")
"""Schemes of identifiers that lead to the thing itself."""


@dataclass(frozen=True)
class WorkFilter:
    """`words` must all be in the title; `editor` took the last step, or anybody but `other_editor`; the moments are
    those of the last step; `ids` are the only ones that are looked at."""

    state: WorkState | None = None
    words: str = ""
    editor: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    other_editor: str | None = None
    ids: Sequence[int] | None = None


def find_subjects(
    session: Session,
    kinds: Sequence[Kind],
    requested: WorkFilter,
    *,
    page: int,
    per_page: int,
    scheme: str | None = None,
) -> tuple[int, list[Subject]]:
    """How many there are in all, and one page of them, the last changed first. The kinds share one table."""
    first = kinds[0]
    table = first.table
    statement = _of_kinds(session, kinds, scheme)
    changed: Any = table.updated_at
    if first.is_entry:
        statement = statement.outerjoin(WorkingCopyRow, WorkingCopyRow.entry_id == EntryRow.id)
        statement = statement.where(EntryRow.status != Status.merged)
        changed = func.coalesce(WorkingCopyRow.updated_at, EntryRow.updated_at)
    statement = statement.where(*_conditions(first, changed, requested))
    count = session.scalar(select(func.count()).select_from(statement.subquery())) or 0
    ids = session.execute(
        statement.order_by(changed.desc(), table.id.desc()).offset((page - 1) * per_page).limit(per_page)
    ).all()
    rows = {row.id: row for row in session.scalars(select(table).where(table.id.in_([each.id for each in ids])))}
    return count, _loaded(session, kinds, [rows[each.id] for each in ids])


def _of_kinds(session: Session, kinds: Sequence[Kind], scheme: str | None) -> Select[int]:
    first = kinds[0]
    table = first.table
    statement = select(table.id)
    if first.shares_table:
        statement = statement.where(table.kind.in_([kind.name for kind in kinds]))
    if first.public_while_named:
        statement = statement.where(table.replaced_by_id.is_(None))
    if first.parent is not None:
        parent = session.scalars(select(first.parent.row).where(first.parent.row.slug == scheme)).one_or_none()
        if parent is None:
            raise NotFound("Unknown vocabulary.")
        statement = statement.where(getattr(table, first.parent.member) == parent)
    return statement


def _conditions(kind: Kind, changed: ColumnElement[datetime], requested: WorkFilter) -> list[ColumnElement[bool]]:
    found = [_named(kind, word) for word in requested.words.split()]
    if requested.since is not None:
        found.append(changed >= requested.since)
    if requested.until is not None:
        found.append(changed <= requested.until)
    if requested.editor is not None:
        found.append(_last_editor(kind) == requested.editor)
    if requested.other_editor is not None:
        found.append(_last_editor(kind) != requested.other_editor)
    if requested.ids is not None:
        found.append(kind.table.id.in_(requested.ids))
    if requested.state is not None:
        published = true() if requested.state == Status.published else false()
        found.append(_in_state(requested.state) if kind.is_entry else published)
    return found


def _named(kind: Kind, word: str) -> ColumnElement[bool]:
    column = next(getattr(kind.table, name) for name in NAMES if hasattr(kind.table, name))
    named: ColumnElement[bool] = column.icontains(word, autoescape=True)
    if not kind.is_entry:
        return named
    also = [EntryRow.title_key.contains(title_key(word), autoescape=True)] if normalize("NFC", word).isalnum() else []
    return or_(named, WorkingCopyRow.title.icontains(word, autoescape=True), *also)


def _last_editor(kind: Kind) -> ScalarSelect[str]:
    table = kind.table
    newest = (
        select(func.max(RevisionRow.number))
        .where(RevisionRow.kind == (table.kind if kind.shares_table else kind.name), RevisionRow.source == table.id)
        .correlate(table)
        .scalar_subquery()
    )
    return select(RevisionRow.actor).where(RevisionRow.number == newest).scalar_subquery()


def _in_state(state: WorkState) -> ColumnElement[bool]:
    match state:
        case "scheduled":
            return EntryRow.id.in_(select(PlannedPublishingRow.entry_id))
        case "conflict":
            refused = EntryRow.id.in_(
                select(PlannedPublishingRow.entry_id).where(PlannedPublishingRow.refused.is_not(None))
            )
            return or_(WorkingCopyRow.base_version != EntryRow.version, refused)
        case "link_missing":
            return _has_no_link_of_its_own()
        case _:
            own = and_(WorkingCopyRow.entry_id.is_(None), EntryRow.status == state)
            return or_(WorkingCopyRow.state == state, own)


def _has_no_link_of_its_own() -> ColumnElement[bool]:
    """Published, with no identifier that is an address, and found on the web only where something else is: all its
    links are another entry's too, as that of a page which lists both. Of a publication also where it has no link at
    all."""
    there = select(ResourceRow.url).join(EntryRow).where(EntryRow.status != Status.merged)
    shared = there.group_by(ResourceRow.url).having(func.count(ResourceRow.entry_id.distinct()) > 1)
    own = EntryRow.resources.any(ResourceRow.url.not_in(shared))
    identified = EntryRow.identifiers.any(IdentifierRow.scheme.in_(RESOLVED))
    expected = or_(EntryRow.kind == "publication", EntryRow.resources.any())
    return and_(EntryRow.status == Status.published, expected, ~own, ~identified)


def _loaded(session: Session, kinds: Sequence[Kind], rows: Sequence[SubjectRow]) -> list[Subject]:
    """In the order of the rows."""
    groups: dict[str, list[SubjectRow]] = {}
    for row in rows:
        groups.setdefault(getattr(row, "kind", kinds[0].name), []).append(row)
    found = [each for name, group in groups.items() for each in load_all(session, BY_NAME[name], group)]
    positions = {id(row): position for position, row in enumerate(rows)}
    return sorted(found, key=lambda subject: positions[id(subject.row)])


def pending_work(session: Session, actor: Actor) -> dict[str, int]:
    """How many entries wait, by state, for whoever may see them."""
    if READ not in actor.scopes:
        return {}
    states: tuple[WorkState, ...] = ("draft", "in_review", "scheduled", "conflict")
    base = (
        select(func.count())
        .select_from(EntryRow)
        .outerjoin(WorkingCopyRow, WorkingCopyRow.entry_id == EntryRow.id)
        .where(EntryRow.status != Status.merged)
    )
    return {state: session.scalar(base.where(_in_state(state))) or 0 for state in states}
