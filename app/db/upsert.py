"""Inserting what may be there already."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import JSON, Row, Table, bindparam, column, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.db.base import Base, table_of

Insert = sqlite.Insert | postgresql.Insert


def insert_or_ignore(session: Session, row: type[Base] | Table, *keys: str) -> Insert:
    """An INSERT that leaves alone the rows whose `keys` (columns of one unique constraint) are taken."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    return insert(row).on_conflict_do_nothing(index_elements=list(keys))


def insert_many_or_ignore(
    session: Session, row: type[Base], rows: Sequence[Mapping[str, object]], *keys: str, returning: Sequence[str] = ()
) -> Sequence[Row[Any]]:
    """As `insert_or_ignore`, for any number of rows with the same columns; returns those that were not there, with
    their `keys` and the columns that `returning` names.

    PostgreSQL gets them as one value: a driver that has to read a statement of thousands of parameters takes longer
    for that than the database does for the rows.
    """
    if not rows:
        return []
    table = table_of(row)
    statement = insert_or_ignore(session, table, *keys).returning(*(table.c[name] for name in (*keys, *returning)))
    if session.get_bind().dialect.name == "sqlite":
        return session.execute(statement, rows).all()
    columns = [column(name, table.c[name].type) for name in rows[0]]
    given = func.json_to_recordset(bindparam("given", [_plain(each) for each in rows], JSON))
    records = given.table_valued(*columns, name="given").render_derived(with_types=True)
    return session.execute(statement.from_select(list(rows[0]), select(*records.c))).all()


def insert_many_or_add(
    session: Session,
    row: type[Base],
    rows: Sequence[Mapping[str, object]],
    keys: Sequence[str],
    counts: Sequence[str],
) -> None:
    """Insert rows of the same columns, each `keys` once; where there is one already, its `counts` grow by the new
    ones."""
    if not rows:
        return
    table = table_of(row)
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    insert = (sqlite.insert if is_sqlite else postgresql.insert)(table)
    if is_sqlite:
        session.execute(_adding(insert, table, keys, counts), rows)
        return
    columns = [column(name, table.c[name].type) for name in rows[0]]
    given = func.json_to_recordset(bindparam("given", [_plain(each) for each in rows], JSON))
    records = given.table_valued(*columns, name="given").render_derived(with_types=True)
    session.execute(_adding(insert.from_select(list(rows[0]), select(*records.c)), table, keys, counts))


def _adding(insert: Insert, table: Table, keys: Sequence[str], counts: Sequence[str]) -> Insert:
    grown = {name: table.c[name] + insert.excluded[name] for name in counts}
    return insert.on_conflict_do_update(index_elements=list(keys), set_=grown)


def _plain(row: Mapping[str, object]) -> dict[str, object]:
    """As JSON takes it."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()}
