"""Migrations make what the models describe, step by step, there and back, on both databases."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from packaging.requirements import Requirement
from sqlalchemy import Column, Engine, Integer, Table, inspect, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db.base import Base
from app.db.compressed_json import uncompressed
from app.db.engine import is_sqlite, make_engine
from app.db.schema.migrations import MIGRATIONS, alembic_config, check_models, is_current, migrate, migration_connection
from app.mailing.models import NO_ID_REUSE
from tests.db.filling import fill_every_table

REVISIONS = [script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()][::-1]
APPENDED = ("revision", "redaction", "consent_event", "wording", "security_event")
TRIGGERS = {
    "sqlite": {f"{table}_no_{verb}" for table in APPENDED for verb in ("delete", "replace", "update")},
    "postgresql": {f"{table}_no_{verb}" for table in APPENDED for verb in ("delete", "truncate", "update")},
}
OWN_TRIGGERS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
}
OWN_FUNCTIONS = (
    "SELECT proname FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace WHERE nspname = 'public'"
)
BEFORE_COMPRESSION, COMPRESSION = "e7a3c5d1f082", "b3f90d57c214"
COUNT_UP = text("UPDATE revision_counter SET last = last + 1")
ORPHAN = text("INSERT INTO entry_term (entry_id, term_id, position) VALUES (1, 1, 0)")


def upgrade(engine: Engine, revision: str) -> None:
    with migration_connection(engine) as connection:
        command.upgrade(alembic_config(connection), revision)


def downgrade(engine: Engine, revision: str) -> None:
    with migration_connection(engine) as connection:
        command.downgrade(alembic_config(connection), revision)


def tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names()) - {"alembic_version"}


def triggers(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return set(connection.scalars(text(OWN_TRIGGERS[engine.dialect.name])))


def row_counts(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {
            name: connection.scalars(text(f'SELECT count(*) FROM "{name}"')).one() for name in sorted(tables(engine))
        }


def at_head(engine: Engine) -> bool:
    with engine.connect() as connection:
        return is_current(connection)


def test_migrations_make_what_the_models_describe(migrated: Engine) -> None:
    check_models(migrated)
    assert tables(migrated) == set(Base.metadata.tables)


def test_a_model_without_its_migration_is_noticed(migrated: Engine) -> None:
    forgotten = Table("forgotten", Base.metadata, Column("id", Integer, primary_key=True))
    try:
        with pytest.raises(CommandError, match="forgotten"):
            check_models(migrated)
    finally:
        Base.metadata.remove(forgotten)


def test_every_migration_steps_down_and_up_with_rows_in_every_table(seeded_copy: Engine) -> None:
    """A step down takes away what could not be said before; a step up takes nothing."""
    with seeded_copy.begin() as connection:
        fill_every_table(connection)
    assert all(row_counts(seeded_copy).values())
    for _ in REVISIONS:
        before = tables(seeded_copy), triggers(seeded_copy)
        downgrade(seeded_copy, "-1")
        assert not at_head(seeded_copy)
        kept = row_counts(seeded_copy)
        upgrade(seeded_copy, "+1")
        assert (tables(seeded_copy), triggers(seeded_copy)) == before
        after = row_counts(seeded_copy)
        assert [name for name in kept if name in after and after[name] < kept[name]] == []
        downgrade(seeded_copy, "-1")
    assert (tables(seeded_copy), triggers(seeded_copy)) == (set(), set())


def test_revisions_are_compressed_and_taken_out_again_behind_closed_doors(seeded_copy: Engine) -> None:
    if not is_sqlite(seeded_copy):
        return  # PostgreSQL compresses long values itself
    before = revisions(seeded_copy)
    assert {type(data) for data in before.values()} == {bytes}
    for move, to, form in ((downgrade, BEFORE_COMPRESSION, str), (upgrade, COMPRESSION, bytes)):
        move(seeded_copy, to)
        found = revisions(seeded_copy)
        assert {type(data) for data in found.values()} == {form}
        assert [*map(plain, found.items())] == [*map(plain, before.items())]
        for statement in ("UPDATE revision SET data = '{}'", "DELETE FROM revision"):
            with pytest.raises(IntegrityError, match="append-only"), seeded_copy.begin() as connection:
                connection.execute(text(statement))


def revisions(engine: Engine) -> dict[int, bytes | str]:
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT number, data FROM revision WHERE data IS NOT NULL"))
        return {row.number: row.data for row in rows}


def plain(revision: tuple[int, bytes | str]) -> tuple[int, object]:
    number, data = revision
    return number, json.loads(uncompressed(data))


def test_the_way_back_to_the_beginning_leaves_nothing(bare: Engine) -> None:
    migrate(bare)
    downgrade(bare, "base")
    assert (tables(bare), triggers(bare)) == (set(), set())
    if not is_sqlite(bare):
        with bare.connect() as connection:
            assert connection.scalars(text(OWN_FUNCTIONS)).all() == []


def test_deliveries_keep_their_jobs_when_they_name_them_by_number(bare: Engine) -> None:
    now = "'2026-01-01 00:00:00+00'"
    job = "INSERT INTO job (id, kind, key, payload, state, priority, due, attempts, fence, acting, created_at)"
    sent = "INSERT INTO delivery (id, key, kind, state, created_at, tries, doubts)"
    upgrade(bare, "3b8e1f6c20d7")
    with bare.begin() as connection:
        connection.execute(
            text(f"{job} VALUES (7, 'digest-mail', '1/2', '{{}}', 'done', 1, {now}, 1, 1, false, {now})")
        )
        connection.execute(text(f"{sent} VALUES (3, 'digest-mail/1/2', 'digest-mail', 'sent', {now}, 1, 0)"))
        connection.execute(text(f"{sent} VALUES (4, 'digest-mail/0/2', 'digest-mail', 'sent', {now}, 1, 0)"))
    upgrade(bare, "a90c4e7712d8")
    with bare.connect() as connection:
        kept = connection.execute(text("SELECT id, key, channel, job_id FROM delivery ORDER BY id")).all()
    assert [tuple(each) for each in kept] == [
        (3, "digest-mail/1/2", "mail", 7),
        (4, "digest-mail/0/2", "mail", None),
    ]
    downgrade(bare, "-1")
    with bare.begin() as connection:
        assert connection.scalars(text("SELECT key FROM delivery ORDER BY id")).all() == [each.key for each in kept]
        if is_sqlite(bare):
            numbered = text("SELECT sql FROM sqlite_master WHERE name = 'delivery'")
            assert "AUTOINCREMENT" in str(connection.scalar(numbered)), "a number in a mail is never used again"


def test_every_trigger_is_there_at_head(migrated: Engine) -> None:
    assert triggers(migrated) == TRIGGERS[migrated.dialect.name]


def test_migrating_again_changes_nothing(migrated: Engine) -> None:
    assert at_head(migrated)
    migrate(migrated)
    assert at_head(migrated)


def test_what_follows_a_migration_is_committed_with_it(bare: Engine) -> None:
    def fail(session: Session) -> None:
        session.execute(COUNT_UP)
        raise ValueError("killed between")

    with pytest.raises(ValueError, match="killed between"):
        migrate(bare, after=fail)
    assert not at_head(bare)
    assert (tables(bare), triggers(bare)) == (set(), set())
    for _ in range(2):  # nothing follows where nothing was behind
        migrate(bare, after=lambda session: session.execute(COUNT_UP))
        with bare.connect() as connection:
            assert connection.scalar(text("SELECT last FROM revision_counter")) == 1
    assert at_head(bare)


def test_what_follows_a_migration_must_leave_no_orphan(bare: Engine) -> None:
    with pytest.raises((RuntimeError, IntegrityError)):
        migrate(bare, after=lambda session: session.execute(ORPHAN))
    assert not at_head(bare)


def test_a_database_without_a_table_is_not_current(bare: Engine) -> None:
    assert not at_head(bare)


def test_migration_files_are_dated_and_follow_each_other() -> None:
    names = sorted(path.name for path in (MIGRATIONS / "versions").glob("*.py"))
    loaded = ScriptDirectory(str(MIGRATIONS))
    assert [os.path.basename(str(loaded.get_revision(each).path)) for each in REVISIONS] == names
    assert all(name[:16].replace("_", "").isdigit() for name in names)


def test_every_constraint_has_its_conventional_name(migrated: Engine) -> None:
    catalogue = inspect(migrated)
    for table in tables(migrated):
        named = [("pk", catalogue.get_pk_constraint(table)["name"])]
        named += [("fk", each["name"]) for each in catalogue.get_foreign_keys(table)]
        named += [("uq", each["name"]) for each in catalogue.get_unique_constraints(table)]
        named += [("ck", each["name"]) for each in catalogue.get_check_constraints(table)]
        for prefix, name in named:
            if prefix == "pk" and name is None:
                assert is_sqlite(migrated)
                assert NO_ID_REUSE.items() <= Base.metadata.tables[table].kwargs.items()
                continue  # SQLite takes AUTOINCREMENT in the line of the column alone
            assert name is not None
            assert name.startswith(f"{prefix}_{table}"), name
        for index in catalogue.get_indexes(table):
            assert str(index["name"]).startswith((f"ix_{table}_", f"uq_{table}_")), index["name"]


def test_a_migration_that_breaks_a_foreign_key_is_taken_back(migrated: Engine) -> None:
    if not is_sqlite(migrated):
        return  # PostgreSQL checks each statement
    with (
        pytest.raises(RuntimeError, match="leaves 2 rows with a broken foreign key"),
        migration_connection(migrated) as connection,
    ):
        connection.execute(ORPHAN)
    with migrated.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM entry_term")) == 0
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1


def test_two_migrations_at_once_both_succeed(bare_url: str) -> None:
    kb = [sys.executable, "-m", "app.cli.main", "migrate"]
    environment = {**os.environ, "KB_DATABASE_URL": bare_url}
    both = [subprocess.Popen(kb, env=environment, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    ended = [(process.communicate(timeout=60)[1], process.returncode) for process in both]
    assert [code for _, code in ended] == [0, 0], ended
    engine = make_engine(bare_url)
    assert at_head(engine)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM revision_counter")) == 1
    engine.dispose()


def test_every_table_is_compared_whoever_imported_its_module(tmp_path: Path) -> None:
    """In a process that knows nothing but the database: there only the migrations' own environment finds them; and
    where no extra is installed."""
    extras = tomllib.loads((MIGRATIONS.parent / "pyproject.toml").read_text("utf-8"))["project"][
        "optional-dependencies"
    ]
    wanted = [Requirement(each).name.replace("-", "_") for name, all in extras.items() if name != "dev" for each in all]
    script = f"""
import sys

sys.modules.update(dict.fromkeys({wanted}))
from app.db.base import Base
from app.db.engine import make_engine
from app.db.schema.migrations import migrate

migrate(make_engine("sqlite:///{tmp_path}/kb.sqlite"))
print(*Base.metadata.tables)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    sources = (path.read_text(encoding="utf-8") for path in (MIGRATIONS.parent / "app").rglob("*.py"))
    declared = {name for text in sources for name in re.findall(r'__tablename__ = "(\w+)"', text)}
    assert len(declared) > 20
    assert set(done.stdout.split()) >= declared
