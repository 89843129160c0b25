"""Tables to fill in: for each kind of entry its columns and one row that shows how, and the values that there are."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalogue.entries import EntryRow, Status
from app.catalogue.kind import Kind
from app.catalogue.registry import ENTRY_KINDS
from app.catalogue.revisions import last_revisions
from app.catalogue.terms import SchemeRow, TermRow
from app.intake.matching.columns import KIND, members
from app.kit.json_types import JsonMapping
from app.kit.spreadsheets import csv_row

Rows = Sequence[Sequence[str]]
TITLE: Final = "title"
LEFT_OUT: Final = frozenset({"body", "introduction", "access", "access_source"})
"""Members that are too long for a cell, or are looked up for each entry."""
EXAMPLE: Final = "Example: {title}"


def kind_template(session: Session, kind: Kind) -> Rows:
    """The columns of a kind, and a row made of the entry of it that was published last."""
    schemes = session.scalars(select(SchemeRow).where(~SchemeRow.synonym_rings).order_by(SchemeRow.slug)).all()
    columns = [name for name in members(kind) if name not in LEFT_OUT and name != TITLE]
    header = [KIND, TITLE, *columns, *(scheme.slug for scheme in schemes)]
    data = _newest(session, kind)
    labels = _labels(session)
    terms = [
        "; ".join(labels.get((scheme.slug, slug), slug) for slug in data.get("terms", {}).get(scheme.slug, ()))
        for scheme in schemes
    ]
    title = EXAMPLE.format(title=data.get(TITLE, "put an entry of your own in this row"))
    return [header, [kind.name, title, *(_cell(data.get(name)) for name in columns), *terms]]


def allowed_values(session: Session) -> Rows:
    """Every value of the columns that have some: kinds, and the labels of the terms of each vocabulary."""
    return [["column", "value", "meaning"], *_values(session)]


def _values(session: Session) -> Iterator[list[str]]:
    yield from ([KIND, kind.name, ""] for kind in ENTRY_KINDS)
    statement = (
        select(SchemeRow.slug, TermRow.label, TermRow.definition)
        .join(TermRow.scheme)
        .where(TermRow.replaced_by_id.is_(None), ~SchemeRow.synonym_rings)
        .order_by(SchemeRow.slug, TermRow.position, TermRow.label)
    )
    for scheme, label, definition in session.execute(statement):
        yield [scheme, label, definition or ""]


def _newest(session: Session, kind: Kind) -> JsonMapping:
    table = kind.row
    newest = select(table).where(EntryRow.status == Status.published).order_by(EntryRow.updated_at.desc(), EntryRow.id)
    row = session.scalars(newest.limit(1)).first()
    return {} if row is None else last_revisions(session, kind.name, [row.id])[row.id].data or {}


def _labels(session: Session) -> dict[tuple[str, str], str]:
    statement = select(SchemeRow.slug, TermRow.slug, TermRow.label).join(TermRow.scheme)
    return {(scheme, slug): label for scheme, slug, label in session.execute(statement)}


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def as_csv(rows: Rows) -> str:
    return "".join(map(csv_row, rows))
