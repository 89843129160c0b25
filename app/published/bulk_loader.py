"""Loads many entries with everything that they show. Child rows are plain objects, which takes a fraction of the time
of mapped ones."""

from collections.abc import Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import RelationshipProperty, Session, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from app.catalogue.entries import EntryRow, RelationRow
from app.catalogue.subjects import SubjectRow
from app.kit.containers.chunks import chunks

CHILD_ROWS: Final[Mapping[str, str | None]] = {
    "terms": "term",
    "contributions": "agent",
    "identifiers": None,
    "resources": None,
    "funding": "funder",
}
"""The child rows of an entry, each with the member that refers to another row."""
OF_A_WHOLE: Final = ("contributions", "identifiers")
"""The child rows of a whole that its parts show."""


class BulkLoader:
    """One for each run of publishing; rows that many entries refer to are read once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[type[SubjectRow], dict[int, SubjectRow]] = {}
        self._wholes: list[EntryRow] = []

    def load(self, row_type: type[Any], ids: Sequence[int]) -> Sequence[Any]:
        """The rows in their present state, for rendering only, until `expire` is called with them."""
        if not ids:
            return ()
        options = (
            selectinload(row_type.relations).selectinload(RelationRow.target),
            selectinload(row_type.related_from).selectinload(RelationRow.entry),
        )
        statement = select(row_type).where(row_type.id.in_(ids)).options(*options)
        rows = self._session.scalars(statement.execution_options(populate_existing=True)).all()
        self._load_child_rows(rows, CHILD_ROWS)
        self._load_wholes(rows)
        return rows

    def expire(self, rows: Sequence[Any]) -> None:
        """Later access to the child rows loads them through the session again."""
        for row in rows:
            self._session.expire(row, CHILD_ROWS)
        for whole in self._wholes:
            self._session.expire(whole, OF_A_WHOLE)
        self._wholes.clear()

    def _load_wholes(self, rows: Sequence[EntryRow]) -> None:
        """The entries that these are part of, with what they show of them."""
        wholes: dict[type[EntryRow], dict[int, EntryRow]] = {}
        for whole in (each for row in rows for each in row.wholes):
            wholes.setdefault(type(whole), {})[whole.id] = whole
        for row_type, found in wholes.items():
            self._session.scalars(select(row_type).where(row_type.id.in_(found))).all()
            self._load_child_rows([*found.values()], OF_A_WHOLE)
            self._wholes += found.values()

    def _load_child_rows(self, rows: Sequence[EntryRow], names: Iterable[str]) -> None:
        ids = [row.id for row in rows]
        for name in names:
            child, member = EntryRow.__mapper__.relationships[name].mapper, CHILD_ROWS[name]
            found = self._child_rows(child.local_table, ids)
            if member is not None:
                self._refer([each for group in found.values() for each in group], child.relationships[member])
            for row in rows:
                set_committed_value(row, name, found.get(row.id, []))

    def _child_rows(self, table: Any, ids: Sequence[int]) -> dict[int, list[SimpleNamespace]]:
        """By the id of the owner, ordered by position."""
        owner, position = table.c.entry_id, table.c.position
        found: dict[int, list[SimpleNamespace]] = {}
        for row in self._session.execute(select(table).where(owner.in_(ids)).order_by(position)).mappings():
            found.setdefault(row["entry_id"], []).append(SimpleNamespace(**row))
        return found

    def _refer(self, child_rows: Sequence[SimpleNamespace], member: RelationshipProperty[Any]) -> None:
        (column,) = member.local_columns
        target, foreign_key = member.mapper.class_, str(column.key)
        known = self._known.setdefault(target, {})
        requested = {getattr(each, foreign_key) for each in child_rows}
        for ids in chunks(sorted(requested - known.keys())):
            known.update((row.id, row) for row in self._session.scalars(select(target).where(target.id.in_(ids))))
        for each in child_rows:
            setattr(each, member.key, known[getattr(each, foreign_key)])
