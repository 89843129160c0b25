"""What migrations say to PostgreSQL, judged by squawk."""

import json
import subprocess
import sys
from pathlib import Path

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, event

from app.db.engine import is_sqlite
from app.db.schema.migrations import MIGRATIONS, alembic_config, migration_connection

SQUAWK = Path(sys.executable).with_name("squawk")
NOT_FOR_US = {
    "adding-foreign-key-constraint": "the service stands still while `kb migrate` runs: nobody waits for a lock",
    "constraint-missing-not-valid": "the same",
    "disallowed-unique-constraint": "the same",
    "require-concurrent-index-creation": "all migrations are one transaction, which cannot; what fails is undone",
    "require-concurrent-index-deletion": "the same",
    "require-lock-timeout": "`kb migrate` waits for another one on purpose, under an advisory lock",
    "require-statement-timeout": "it may take its time: it shows how far it is",
    "ban-drop-default": "a default is for the rows that are there; the models give values to new ones",
    "prefer-bigint-over-int": "what is counted stays far below two thousand million",
    "prefer-identity": "SQLAlchemy's models make serial columns, the same for both databases",
    "prefer-text-field": "lengths are limits of ours, and the database holds them too",
}
"""Rules for those who migrate while the older version serves, and of taste."""
SETTLED = {
    ("2026_11_24_1120_slugs_of_all_entries", "ban-drop-constraint"),  # a stricter one takes its place
    ("2026_11_28_0940_feed_tables", "ban-drop-table"),  # its rows are in the table that takes its place
    ("2026_11_28_1315_ids_of_documents", "adding-not-nullable-field"),  # after each row got its own
}
"""Looked at, and right: a migration that is published is not edited."""


def statements_of_each(engine: Engine) -> dict[str, list[str]]:
    """What changes tables, by the file that says it."""
    printed: list[str] = []
    found = {}
    event.listen(engine, "before_cursor_execute", lambda _connection, _cursor, statement, *_: printed.append(statement))
    for script in reversed(list(ScriptDirectory(str(MIGRATIONS)).walk_revisions())):
        printed.clear()
        with migration_connection(engine) as connection:
            command.upgrade(alembic_config(connection), script.revision)
        changing = (each for each in printed if each.lstrip().startswith(("CREATE ", "ALTER ", "DROP ")))
        found[Path(script.path).stem] = [each.strip().rstrip(";") + ";\n" for each in changing]
    return found


def test_no_migration_does_what_squawk_warns_of(bare: Engine, tmp_path: Path) -> None:
    if is_sqlite(bare):
        return  # it reads PostgreSQL's language
    for name, statements in statements_of_each(bare).items():
        if statements:
            (tmp_path / f"{name}.sql").write_text("BEGIN;\n" + "".join(statements) + "COMMIT;\n", encoding="utf-8")
    options = [f"--exclude={rule}" for rule in NOT_FOR_US]
    command_line = [str(SQUAWK), "--pg-version=14", "--reporter=json", *options, *map(str, tmp_path.glob("*.sql"))]
    done = subprocess.run(command_line, capture_output=True, text=True, check=False)
    found = {(Path(each["file"]).stem, each["rule_name"]) for each in json.loads(done.stdout)}
    assert found == SETTLED, done.stderr
