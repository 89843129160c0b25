"""SQL is compiled once for all engines of a kind: tests make thousands of engines, and each would compile its own."""

from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.util import LRUCache

from app.db.base import Base

SIZE = 3_000
"""Statements."""


class CompiledStatements(LRUCache[Any, Any]):
    """Kept as SQLAlchemy keeps an engine's, but by the class of the dialect instead of the dialect: `make_engine` sets
    up all of a class alike."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(_shared(key), default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(_shared(key), value)


def _shared(key: Any) -> Any:
    dialect, *others = key
    return (type(dialect), *others)


def share_compiled_statements() -> None:
    """For every engine and mapper, from now on."""
    statements = CompiledStatements(SIZE)
    for mapper in Base.registry.mappers:
        mapper._compiled_cache = statements

    @event.listens_for(Engine, "engine_connect")
    def share(connection: Connection) -> None:
        connection.execution_options(compiled_cache=statements)
