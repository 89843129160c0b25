"""Back to an older version: what would be lost is said first; and what an older version says of newer tables."""

from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from app.config.version import VERSION
from app.db.engine import make_engine
from app.db.schema.migrations import NewerSchemaError, known_versions
from tests.cli.conftest import Run

COMMANDS = (
    *("migrate", "seed", "status", "backup", "worker", "jobs", "check-links", "rebuild", "check", "serve", "downgrade"),
    *("key list", "secrets list", "subscribers export-suppressions --to list.csv", "mail bounces ."),
    *("copy --to sqlite:///other.sqlite", "redact 1 --field title --reason none", "dump", "import records.ris"),
)
"""Whatever opens the database."""


def execute(url: str, statement: str) -> None:
    engine = make_engine(url)
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def columns(url: str) -> set[str]:
    engine = make_engine(url)
    found = set(inspect(engine).get_table_names())
    engine.dispose()
    return found


def test_every_command_reports_newer_tables_with_what_made_them_and_what_to_do(run: Run, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/kb.sqlite"
    assert run("migrate").exit_code == 0
    (tmp_path / "records.ris").write_text("TY  - JOUR\nTI  - Something\nER  - \n", encoding="utf-8")
    execute(url, "UPDATE alembic_version SET version_num = 'ffffffffffff'")
    execute(url, "UPDATE migration_run SET software = '0.4.0', at = '2027-03-01 00:00:00', backup = '/b/one.zst'")
    results = {command: run(*command.split()) for command in COMMANDS}
    expected = (
        "The tables are newer than this version of the software (made by 0.4.0 on 2027-03-01). Install 0.4.0, or "
        "restore the backup /b/one.zst.\n"
    )
    wrong = {name: done.output for name, done in results.items() if (done.exit_code, done.stderr) != (1, expected)}
    assert wrong == {}
    execute(url, "DROP TABLE migration_run")
    assert run("check").stderr == f"{NewerSchemaError()}\n"


def test_a_migration_notes_which_version_made_the_tables(run: Run, tmp_path: Path) -> None:
    assert run("migrate").exit_code == 0
    engine = make_engine(f"sqlite:///{tmp_path}/kb.sqlite")
    with engine.connect() as connection:
        (row,) = connection.execute(text('SELECT "schema", software, backup FROM migration_run')).all()
    engine.dispose()
    assert tuple(row) == (known_versions()[0], VERSION, None)


def test_what_would_be_lost_is_said_and_nothing_happens_without_a_yes(run: Run, seeded_url: str) -> None:
    """To before use was counted."""
    target = "b83f0d6a19c7"
    execute(seeded_url, "INSERT INTO usage_count VALUES ('2026-11-28', 'view', '', 'html', 3, 0)")
    before = columns(seeded_url)
    result = run("downgrade", target[:8], KB_DATABASE_URL=seeded_url)
    assert result.exit_code == 1
    assert "Would be lost: usage_count (1 row(s))" in result.stderr
    assert columns(seeded_url) == before
    done = run("downgrade", target, "--yes", "--no-backup", KB_DATABASE_URL=seeded_url)
    assert (done.exit_code, f"The tables are at {target}." in done.stdout) == (0, True)
    assert before - columns(seeded_url) >= {"usage_count", "migration_run"}
    assert run("migrate", "--no-backup", KB_DATABASE_URL=seeded_url).exit_code == 0
    assert columns(seeded_url) == before
    assert run("check", KB_DATABASE_URL=seeded_url).exit_code == 0


def test_what_a_migration_gave_to_every_row_is_no_loss(run: Run, seeded_url: str) -> None:
    """To before there were texts, access and hidden labels, by one entry with each of them."""
    execute(seeded_url, "UPDATE entry SET body = '', access = 'unknown', hidden_labels = '[]'")
    execute(seeded_url, "UPDATE term SET hidden_labels = '[]'")
    execute(seeded_url, "UPDATE scheme SET synonym_rings = false")
    without = run("downgrade", "5be0c94d7f21", input="n\n", KB_DATABASE_URL=seeded_url)
    one = "WHERE id = (SELECT min(id) FROM entry)"
    execute(seeded_url, f"UPDATE entry SET body = 'A text.', access = 'open', hidden_labels = '[\"x\"]' {one}")
    of_one = run("downgrade", "5be0c94d7f21", input="n\n", KB_DATABASE_URL=seeded_url)
    assert {*of_one.stderr.splitlines()} - {*without.stderr.splitlines()} == {
        f"Would be lost: entry.{name} (1 value(s))" for name in ("access", "body", "hidden_labels")
    }
    defaults = ("entry.access ", "entry.body ", "framework.body ", "term.hidden_labels ", "scheme.synonym_rings ")
    assert "Would be lost: entry.uuid " in without.stderr
    assert [each for each in defaults if each in without.stderr] == []


def test_a_backup_is_made_first_and_only_what_is_there_can_be_gone_back_to(run: Run, tmp_path: Path) -> None:
    assert run("migrate").exit_code == 0
    current, before, *_ = known_versions()
    listed = run("downgrade")
    assert listed.stdout.split()[0] == before
    for wrong in (current, "0.0.1", "b", "nothing"):
        refused = run("downgrade", wrong, "--yes")
        assert (refused.exit_code, refused.stderr.startswith(f"{wrong} names no older state")) == (1, True)
    done = run("downgrade", before, "--yes")
    assert done.exit_code == 0, done.output
    (backup,) = (tmp_path / "var" / "backups").glob("*.zst")
    assert f"Backup: {backup.relative_to(tmp_path)}" in done.stdout


@pytest.mark.parametrize("known", known_versions()[1:2])
def test_a_version_of_the_software_names_the_tables_that_it_made(run: Run, tmp_path: Path, known: str) -> None:
    assert run("migrate").exit_code == 0
    execute(
        f"sqlite:///{tmp_path}/kb.sqlite",
        f"INSERT INTO migration_run VALUES (0, '2026-01-01 00:00:00', '{known}', '0.0.9', NULL)",
    )
    done = run("downgrade", "0.0.9", "--yes", "--no-backup")
    assert f"The tables are at {known}." in done.stdout
