"""The first satellites of subjects that are being made: one statement a table instead of the session's bookkeeping,
which takes most of the time of an import."""

from collections.abc import Hashable, Iterable
from functools import cache
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from app.catalogue.subjects import SubjectRow
from app.db.base import Base


class Furnishing:
    """Lives as long as one batch of changes. The rows are shown by their owners at once, and sent to the database by
    `insert`, after their owners; `forget` makes the session read them when somebody asks again."""

    def __init__(self) -> None:
        self._values: dict[type[Base], list[dict[str, Any]]] = {}
        self._owners: dict[SubjectRow, list[str]] = {}

    def add(
        self, owner: SubjectRow, name: str, wanted: Iterable[tuple[Hashable, dict[str, Any]]], make: type[Base]
    ) -> None:
        """`owner.name` shows rows that say `wanted` (key, attributes) in that order; a key asked for twice counts once.
        Whatever the attributes refer to must have its id."""
        first: dict[Hashable, dict[str, Any]] = {}
        for identity, attributes in wanted:
            first.setdefault(identity, attributes)
        if not first:
            return
        owned = {_remote_key(type(owner), name): owner.id}
        shown = [self._make(make, owned, attributes) for attributes in first.values()]
        set_committed_value(owner, name, shown)
        self._owners.setdefault(owner, []).append(name)

    def _make(self, make: type[Base], owned: dict[str, Any], attributes: dict[str, Any]) -> Base:
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
            session.execute(insert(make.__table__), values)  # type: ignore[arg-type]

    def forget(self, session: Session) -> None:
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
