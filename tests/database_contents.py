"""What a database and a folder hold, to be compared with what they held before."""

from pathlib import Path

from sqlalchemy import ColumnElement, Connection, MetaData, Table, select, type_coerce

from app.db.base import Base
from app.db.compressed_json import CompressedJson
from app.db.engine import make_engine

UNIMPORTANT = frozenset({"last_used_at"})
"""Columns: when keys were used last."""


def contents(url: str) -> dict[str, list[str]]:
    """Every row of every table, but for what is not important."""
    engine = make_engine(url)
    with engine.connect() as connection:
        found = {name: sorted(rows) for name, rows in all_rows(connection, without=UNIMPORTANT).items()}
    engine.dispose()
    return found


def all_rows(connection: Connection, *, without: frozenset[str] = frozenset()) -> dict[str, list[str]]:
    """Every row of every table as text, by the table's name: as it is stored, but readable where it is compressed."""
    there = MetaData()
    there.reflect(connection)
    return {
        table.name: [str(tuple(row)) for row in connection.execute(select(*_columns(table, without)))]
        for table in there.sorted_tables
    }


def _columns(table: Table, without: frozenset[str]) -> list[ColumnElement[object]]:
    known = Base.metadata.tables.get(table.name)
    compressed = {} if known is None else {each.name for each in known.c if isinstance(each.type, CompressedJson)}
    return [
        type_coerce(each, CompressedJson) if each.name in compressed else each
        for each in table.c
        if each.name not in without
    ]


def files(folder: Path) -> dict[str, tuple[bytes, int]]:
    """What is in each, and when it was written."""
    return {str(each): (each.read_bytes(), each.stat().st_mtime_ns) for each in folder.rglob("*") if each.is_file()}
