"""A row in every table, whatever it is of."""

from datetime import date

from sqlalchemy import Column, Connection, Table, func, insert, select
from sqlalchemy.types import JSON, Boolean, Date, DateTime, Integer, LargeBinary, Numeric, TypeDecorator

from app.db.base import Base
from app.kit.clock import utc_now


def fill_every_table(connection: Connection) -> None:
    """Those that have none get one."""
    for table in Base.metadata.sorted_tables:
        if not connection.scalar(select(func.count()).select_from(table)):
            needed = (column for column in table.columns if not column.nullable and column.computed is None)
            connection.execute(
                insert(table).values({column.name: _value(table, column, connection) for column in needed})
            )


def _value(table: Table, column: Column[object], connection: Connection) -> object:
    """Of a foreign key what is there, and where a row names two things of one table, two."""
    for foreign in column.foreign_keys:
        others = [each for each in table.columns if each.references(foreign.column)]
        return connection.scalar(select(foreign.column).order_by(foreign.column).offset(others.index(column)).limit(1))
    kind = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
    if isinstance(kind, Boolean):
        return False
    if isinstance(kind, Integer | Numeric):
        return 1
    if isinstance(kind, DateTime):
        return utc_now()
    if isinstance(kind, Date):
        return date(2026, 1, 2)
    if isinstance(kind, JSON):
        return {}
    return b"x" if isinstance(kind, LargeBinary) else "x"
