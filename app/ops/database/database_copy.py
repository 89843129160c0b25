"""A whole database into another one, of the same or the other kind: SQLite to PostgreSQL and back.

Rows go table by table in the order of their keys, a few thousand a transaction, so that a copy which was stopped goes
on where it was. Until all of them are there, checked and counted, no other command works on the target.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any, Final

import orjson
from sqlalchemy import (
    Column,
    Connection,
    CursorResult,
    Engine,
    ForeignKeyConstraint,
    Integer,
    Select,
    Table,
    delete,
    func,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy.schema import AddConstraint, DropConstraint

from app.catalogue.revisions import RevisionCounterRow
from app.db.base import Base, table_of
from app.db.engine import is_sqlite
from app.db.schema.migrations import UNFINISHED_COPY, is_current, migrate, schema_version
from app.kit.system.progress import report_progress
from app.ops.database.tables import import_all_tables

CHUNK: Final = 5_000
"""Rows a transaction."""
_KEY: Final = orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z


class CopyError(Exception):
    """There is no copy, or it is not complete; the source is as it was. Its text is for people."""


@dataclass(frozen=True, slots=True)
class Checksum:
    """Of a table: its rows, and a sum of their hashes that does not depend on their order."""

    rows: int
    digest: int


def copy_database(source: Engine, target: Engine) -> dict[str, Checksum]:
    """Copy all rows, and compare every table afterwards; returns what was compared, by table. The source must not be
    written to meanwhile, nor between two runs of one copy. Raises `CopyError`.
    """
    import_all_tables()
    tables = Base.metadata.sorted_tables
    with source.connect() as reading:
        if not is_current(reading):
            raise CopyError("The tables of the source are not up to date: run `kb migrate` first.")
        version = schema_version(reading)
    with _one_state(source) as reading, target.connect() as writing:
        _prepare(target, writing)
        with _without_self_references(writing, tables):
            for table in tables:
                _copy_table(table, reading, writing)
        _continue_numbers(tables, reading, writing)
        checked = {table.name: _compared(table, reading, writing) for table in tables}
        writing.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})
        writing.commit()
        writing.exec_driver_sql("ANALYZE")
        writing.commit()
    return checked


def _one_state(engine: Engine) -> Connection:
    connection = engine.connect()
    return connection if is_sqlite(engine) else connection.execution_options(isolation_level="REPEATABLE READ")


def _prepare(target: Engine, writing: Connection) -> None:
    """Empty tables, or those of a copy that was stopped."""
    version = schema_version(writing)
    writing.rollback()
    if version == UNFINISHED_COPY:
        return
    if version is None:
        if inspect(target).get_table_names():
            raise CopyError("The target is not empty: it has tables of something else.")
        migrate(target)
    elif not is_current(writing):
        raise CopyError("The target is a database of another version: name a new one.")
    counter = table_of(RevisionCounterRow)
    for table in Base.metadata.sorted_tables:
        if table is not counter and _count(table, writing):
            raise CopyError(f"The target is not empty: {table.name} has rows. Name a new database.")
    writing.execute(delete(counter))
    writing.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": UNFINISHED_COPY})
    writing.commit()


@contextmanager
def _without_self_references(writing: Connection, tables: Sequence[Table]) -> Iterator[None]:
    """Rows of a table may name later ones of the same table: those constraints are off meanwhile, and hold afterwards.
    Where the copy is stopped they stay off until a later run has completed it. Raises `CopyError`."""
    if is_sqlite(writing.engine):
        _set_pragma(writing, "foreign_keys=OFF")
        yield
        broken = writing.exec_driver_sql("PRAGMA foreign_key_check").all()
        _set_pragma(writing, "foreign_keys=ON")
        if broken:
            raise CopyError(f"{len(broken)} row(s) of the copy refer to something that does not exist.")
        return
    own = [each for table in tables for each in table.foreign_key_constraints if each.referred_table is table]
    for constraint in _present(own, writing):
        writing.execute(DropConstraint(constraint))
    writing.commit()
    yield
    for constraint in own:
        writing.execute(AddConstraint(constraint))
    writing.commit()


def _present(constraints: Sequence[ForeignKeyConstraint], connection: Connection) -> list[ForeignKeyConstraint]:
    """Those that the database has: a copy that was stopped has dropped them already."""
    inspector = inspect(connection)
    tables = {constraint.table.name for constraint in constraints}
    names = {key["name"] for table in tables for key in inspector.get_foreign_keys(table)}
    return [constraint for constraint in constraints if constraint.name in names]


def _set_pragma(connection: Connection, setting: str) -> None:
    """Outside a transaction, where alone it has an effect."""
    connection.rollback()
    connection.connection.cursor().execute(f"PRAGMA {setting}")


def _copy_table(table: Table, reading: Connection, writing: Connection) -> None:
    """The rows that are there are the first ones: each transaction wrote the next of them."""
    total, done = _count(table, reading), _count(table, writing)
    with _rows(select(table).order_by(*table.primary_key.columns).offset(done), reading) as rows:
        for some in rows.partitions(CHUNK):
            writing.execute(insert(table), [row._asdict() for row in some])
            writing.commit()
            done += len(some)
            report_progress(table.name, done, total)


def _rows(statement: Select[Any], connection: Connection) -> CursorResult[Any]:
    """Never more than `CHUNK` of them in memory."""
    return connection.execute(statement, execution_options={"yield_per": CHUNK})


def _count(table: Table, connection: Connection) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0


def _continue_numbers(tables: Sequence[Table], reading: Connection, writing: Connection) -> None:
    """Numbers are never used again, those of deleted rows included: the target goes on after the last one given."""
    for table in tables:
        column = _numbered(table)
        if column is None:
            continue
        highest = reading.scalar(select(func.max(column))) or 0
        last = max(highest, _last_number(table, column, reading))
        if not last:
            continue
        if not is_sqlite(writing.engine):
            statement = text("SELECT setval(pg_get_serial_sequence(:table, :column), :last)")
            writing.execute(statement, {"table": f'"{table.name}"', "column": column.name, "last": last})
        elif table.dialect_options["sqlite"]["autoincrement"]:
            named = {"table": table.name, "last": last}
            writing.execute(text("DELETE FROM sqlite_sequence WHERE name = :table"), named)
            writing.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:table, :last)"), named)
    writing.commit()


def _numbered(table: Table) -> Column[int] | None:
    """The key that the database itself counts up."""
    column: Column[int] | None = table.autoincrement_column
    return column if column is not None and isinstance(column.type, Integer) and not column.foreign_keys else None


def _last_number(table: Table, column: Column[int], reading: Connection) -> int:
    if not is_sqlite(reading.engine):
        statement = text("SELECT pg_sequence_last_value(pg_get_serial_sequence(:table, :column)::regclass)")
        return reading.scalar(statement, {"table": f'"{table.name}"', "column": column.name}) or 0
    if not table.dialect_options["sqlite"]["autoincrement"]:
        return 0
    return reading.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = :table"), {"table": table.name}) or 0


def _compared(table: Table, reading: Connection, writing: Connection) -> Checksum:
    wanted, found = checksum(table, reading), checksum(table, writing)
    if wanted != found:
        raise CopyError(
            f"{table.name} differs: {wanted.rows} row(s) in the source, {found.rows} in the copy. Something was "
            "written meanwhile: stop the service, and copy into a new database."
        )
    report_progress(table.name, found.rows, found.rows)
    return found


def checksum(table: Table, connection: Connection) -> Checksum:
    """Of all rows, as Python sees them: the same on both kinds of database."""
    rows = total = 0
    with _rows(select(table), connection) as found:
        for row in found:
            written = orjson.dumps([_plain(value) for value in row], option=_KEY)
            total += int.from_bytes(blake2b(written, digest_size=16).digest())
            rows += 1
    return Checksum(rows, total % 2**128)


def _plain(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else value.isoformat() if isinstance(value, datetime) else value
