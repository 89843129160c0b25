"""Back to the tables of an older version: what would be lost is found out by trying, and taking it back."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from alembic import command
from alembic.script import Script, ScriptDirectory
from sqlalchemy import ColumnElement, Connection, Engine, column, func, inspect, literal_column, select, table

from app.db.schema.migration_log import schema_of
from app.db.schema.migrations import MIGRATIONS, alembic_config, migration_connection, refuse_newer, schema_version

SHORTEST: Final = 4
"""Characters of a migration's name that stand for it."""
Columns = Mapping[str, frozenset[str]]
"""By table."""


class DowngradeError(Exception):
    """Nothing was changed. Its text is for people."""


class _TakenBack(Exception):
    """Ends a transaction that is not to be kept."""


@dataclass(frozen=True, slots=True)
class DataLoss:
    """Of a table or a column: how many rows or values there are."""

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
    lost: list[DataLoss] = []
    try:
        with migration_connection(engine) as connection:
            before = _columns(connection)
            counts = {name: _count(connection, name) for name in before}
            values = {
                (name, each): _count(connection, name, each) for name in before for each in before[name] if counts[name]
            }
            _downgrade(connection, target)
            after = _columns(connection)
            lost = [*_lost(before, after, counts, values)]
            raise _TakenBack
    except _TakenBack:
        return lost


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
    return {name: frozenset(each["name"] for each in columns) for (_, name), columns in found.items()}


def _count(connection: Connection, name: str, of: str | None = None) -> int:
    what: ColumnElement[object] = literal_column("*") if of is None else column(of)
    return connection.scalar(select(func.count(what)).select_from(table(name))) or 0


def _lost(
    before: Columns, after: Columns, counts: Mapping[str, int], values: Mapping[tuple[str, str], int]
) -> Iterator[DataLoss]:
    for name in sorted(before):
        if name not in after:
            yield DataLoss(name, counts[name])
            continue
        for each in sorted(before[name] - after[name]):
            yield DataLoss(f"{name}.{each}", values.get((name, each), 0))
