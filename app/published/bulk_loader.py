"""Entries with all that they show, many at once: satellites as plain rows, which take a fraction of the time that the
session takes for objects of its own."""

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from app.catalogue.agents import AgentRow
from app.catalogue.entries import EntryRow, RelationRow
from app.catalogue.subjects import SubjectRow
from app.catalogue.terms import TermRow
from app.published.dependents import chunks

CHILD_TABLES: Final[Mapping[str, tuple[str, type[SubjectRow]] | None]] = {
    "terms": ("term", TermRow),
    "contributions": ("agent", AgentRow),
    "identifiers": None,
    "resources": None,
    "funding": ("funder", AgentRow),
}
"""Of an entry, with the member that refers to something else, and to what."""


class BulkLoader:
    """Lives as long as one run of publishing. What many entries refer to is read once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[type[SubjectRow], dict[int, SubjectRow]] = {TermRow: {}, AgentRow: {}}

    def load(self, row_type: type[Any], ids: Sequence[int]) -> Sequence[Any]:
        """As the database has them now. They are for rendering only, until `forget` is told of them."""
        if not ids:
            return ()
        options = (
            selectinload(row_type.relations).selectinload(RelationRow.target),
            selectinload(row_type.related_from).selectinload(RelationRow.entry),
        )
        statement = select(row_type).where(row_type.id.in_(ids)).options(*options)
        rows = self._session.scalars(statement.execution_options(populate_existing=True)).all()
        for name, reference in CHILD_TABLES.items():
            found = self._child_rows(name, ids)
            if reference is not None:
                self._refer([each for group in found.values() for each in group], *reference)
            for row in rows:
                set_committed_value(row, name, found.get(row.id, []))
        return rows

    def expire(self, rows: Sequence[Any]) -> None:
        """Whoever asks for their satellites gets those of the session again."""
        for row in rows:
            self._session.expire(row, CHILD_TABLES)

    def _child_rows(self, name: str, ids: Sequence[int]) -> dict[int, list[SimpleNamespace]]:
        """By the id of their owner, in their order."""
        table = EntryRow.__mapper__.relationships[name].mapper.local_table
        owner, position = table.c.entry_id, table.c.position
        found: dict[int, list[SimpleNamespace]] = {}
        for row in self._session.execute(select(table).where(owner.in_(ids)).order_by(position)).mappings():
            found.setdefault(row["entry_id"], []).append(SimpleNamespace(**row))
        return found

    def _refer(self, satellites: Sequence[SimpleNamespace], name: str, target: type[SubjectRow]) -> None:
        foreign_key = "term_id" if target is TermRow else "agent_id"
        known = self._known[target]
        requested = {getattr(each, foreign_key) for each in satellites}
        for ids in chunks(requested - known.keys()):
            known.update((row.id, row) for row in self._session.scalars(select(target).where(target.id.in_(ids))))
        for each in satellites:
            setattr(each, name, known[getattr(each, foreign_key)])
