"""Rows kept equal to the desired ones, by key: kept rows keep their identity, so no constraint is tripped."""

from collections.abc import Callable, Hashable, Iterable, MutableSequence
from functools import cache
from typing import TypeVar

from sqlalchemy import insert
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from app.catalogue.subjects import SubjectRow
from app.db.base import Base, table_of

R = TypeVar("R")
ColumnValues = dict[str, object]
"""Of a row, by the names of its columns and relations."""


def sync_child_rows(
    rows: MutableSequence[R],
    desired: Iterable[tuple[Hashable, ColumnValues]],
    key: Callable[[R], Hashable],
    make: Callable[..., R],
) -> None:
    """Make `rows` equal to `desired` (key, attributes), in that order; a repeated key counts once."""
    present = {key(row): row for row in rows}
    result: dict[Hashable, R] = {}
    for identity, attributes in desired:
        if identity in result:
            continue
        row = present.get(identity)
        if row is None:
            row = make(**attributes)
        else:
            for name, value in attributes.items():
                if getattr(row, name) != value:
                    setattr(row, name, value)
        result[identity] = row
    if list(result.values()) != list(rows):
        rows[:] = list(result.values())


class BulkChildInsert:
    """Lives as long as one batch of changes. The rows are shown by their owners at once, and sent to the database by
    `insert`, after their owners; `expire` makes the session read them at the next access."""

    def __init__(self) -> None:
        self._values: dict[type[Base], list[ColumnValues]] = {}
        self._owners: dict[SubjectRow, list[str]] = {}

    def add(
        self, owner: SubjectRow, name: str, desired: Iterable[tuple[Hashable, ColumnValues]], make: type[Base]
    ) -> None:
        """`owner.name` shows rows equal to `desired` (key, attributes) in that order; a repeated key counts once.
        Whatever the attributes refer to must have its id."""
        first: dict[Hashable, ColumnValues] = {}
        for identity, attributes in desired:
            first.setdefault(identity, attributes)
        if not first:
            return
        owned: ColumnValues = {_remote_key(type(owner), name): owner.id}
        shown = [self._make(make, owned, attributes) for attributes in first.values()]
        set_committed_value(owner, name, shown)
        self._owners.setdefault(owner, []).append(name)

    def _make(self, make: type[Base], owned: ColumnValues, attributes: ColumnValues) -> Base:
        related = {name: value for name, value in attributes.items() if isinstance(value, SubjectRow)}
        values = owned | {name: value for name, value in attributes.items() if name not in related}
        values |= {_local_key(make, name): value.id for name, value in related.items()}
        row = make(**values)
        for name, value in related.items():
            set_committed_value(row, name, value)
        self._values.setdefault(make, []).append(values)
        return row

    def insert(self, session: Session) -> None:
        for make, values in self._values.items():
            session.execute(insert(table_of(make)), values)

    def expire(self, session: Session) -> None:
        for owner, names in self._owners.items():
            session.expire(owner, names)


@cache
def _remote_key(owner: type[Base], name: str) -> str:
    ((_, remote),) = owner.__mapper__.relationships[name].local_remote_pairs or ()
    return str(remote.key)


@cache
def _local_key(make: type[Base], name: str) -> str:
    ((local, _),) = make.__mapper__.relationships[name].local_remote_pairs or ()
    return str(local.key)
