"""Back to the tables of an older version: what would be lost is found out by trying, and taking it back."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from alembic import command
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection, Engine, Select, Text, cast, column, func, inspect, literal_column, select, table

from app.db.schema.migration_log import schema_of
from app.db.schema.migrations import MIGRATIONS, alembic_config, migration_connection, refuse_newer, schema_version

SHORTEST: Final = 4
"""Characters of a migration's name that stand for it."""
EMPTY: Final = ("", "[]", "{}")
"""Texts, also of JSON, that are no value."""
CONSTANT: Final = re.compile(r"(?:true|false|\d+|'[^']*'(?:::[\w ]+)?)", re.IGNORECASE)
"""A default that is the same for all rows, as the databases tell it."""
Columns = Mapping[str, Mapping[str, str | None]]
"""By table the names of its columns, each with its default."""


class DowngradeError(Exception):
    """Nothing was changed. Its text is for people."""


class _TakenBack(Exception):
    """Ends a transaction that is not to be kept."""


@dataclass(frozen=True, slots=True)
class DataLoss:
    """Of a table or a column: how many rows or values there are. What is empty, or the default that a migration gave to
    every row, is no value."""

    name: str
    count: int

    def __str__(self) -> str:
        return f"{self.name} ({self.count:,} {'value(s)' if '.' in self.name else 'row(s)'})"


def targets(connection: Connection) -> list[Script]:
    """The migrations that can be gone back to, the newest first. Raises NewerSchemaError."""
    refuse_newer(connection)
    now = schema_version(connection)
    scripts = [*ScriptDirectory(str(MIGRATIONS)).walk_revisions()]
    names = [script.revision for script in scripts]
    return scripts[names.index(now) + 1 :] if now in names else []


def find_target(connection: Connection, wanted: str) -> str:
    """The migration that is meant by its name or the beginning of it, or by a version of the software that made such
    tables here. Raises DowngradeError and NewerSchemaError."""
    names = [script.revision for script in targets(connection)]
    made = schema_of(connection, wanted)
    found = [made] if made in names else [name for name in names if name.startswith(wanted)]
    if len(wanted) < SHORTEST and made is None:
        found = []
    if len(found) != 1:
        raise DowngradeError(
            f"{wanted} names no older state of this database: `kb downgrade` lists those that it can go back to."
        )
    return str(found[0])


def foresee_losses(engine: Engine, target: str) -> list[DataLoss]:
    """The tables and columns that would go, with what is in them; nothing is changed. Raises DowngradeError where it
    cannot be done."""
    before: Columns = {}
    after: Columns = {}
    with suppress(_TakenBack), migration_connection(engine) as connection:
        before = _columns(connection)
        _downgrade(connection, target)
        after = _columns(connection)
        raise _TakenBack
    with engine.connect() as connection:
        return [*_losses(connection, before, after)]


def downgrade(engine: Engine, target: str) -> None:
    """All or nothing. Raises DowngradeError."""
    with migration_connection(engine) as connection:
        _downgrade(connection, target)


def _downgrade(connection: Connection, target: str) -> None:
    try:
        command.downgrade(alembic_config(connection), target)
    except Exception as error:
        raise DowngradeError(
            f"The tables cannot be taken back to {target}: {type(error).__name__}. Nothing was changed: restore a "
            "backup of then."
        ) from error


def _columns(connection: Connection) -> Columns:
    found = inspect(connection).get_multi_columns()
    return {name: {each["name"]: each["default"] for each in columns} for (_, name), columns in found.items()}


def _losses(connection: Connection, before: Columns, after: Columns) -> Iterator[DataLoss]:
    for name, columns in sorted(before.items()):
        rows = select(func.count()).select_from(table(name))
        if name not in after:
            yield DataLoss(name, connection.scalar(rows) or 0)
            continue
        for each in sorted(columns.keys() - after[name].keys()):
            values = _with_value(rows, each, columns[each])
            yield DataLoss(f"{name}.{each}", connection.scalar(values) or 0)


def _with_value(rows: Select[int], name: str, default: str | None) -> Select[int]:
    found = cast(column(name), Text)
    rows = rows.where(found.not_in(EMPTY))
    if default is None or CONSTANT.fullmatch(default) is None:
        return rows
    return rows.where(found != cast(literal_column(default), Text))
