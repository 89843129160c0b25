"""`kb backup`, `kb restore` and `kb verify`: a disaster, rehearsed on both engines."""

import os
import shutil
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from app.db.engine import make_engine
from app.kit.clock import utc_now
from app.ops.database.backup import BackupError, backups, copy_backup, delete_old_backups, make_backup
from tests.cli.conftest import Run
from tests.databases import POSTGRESQL_TOOLS
from tests.ops.small_seeds import contents_at


@pytest.fixture(autouse=True)
def postgresql_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (POSTGRESQL_TOOLS / "pg_dump").exists()
    monkeypatch.setenv("PATH", f"{POSTGRESQL_TOOLS}{os.pathsep}{os.environ['PATH']}")


def test_what_was_lost_comes_back_as_it_was(run: Run, seeded_url: str, empty_place: str, tmp_path: Path) -> None:
    backed_up = run("backup", KB_DATABASE_URL=seeded_url)
    assert backed_up.exit_code == 0, backed_up.output
    (backup,) = backups(tmp_path / "var" / "backups")
    assert backup.path.stat().st_mode & 0o077 == 0
    restored = run("restore", str(backup.path), KB_DATABASE_URL=empty_place)
    assert restored.exit_code == 0, restored.output
    assert contents_at(empty_place) == contents_at(seeded_url)
    assert run("check", KB_DATABASE_URL=empty_place).stdout == "No problems found.\n"
    again = run("restore", str(backup.path), KB_DATABASE_URL=empty_place)
    assert again.exit_code == 1
    assert "there already" in again.stderr or "not empty" in again.stderr


def test_a_backup_is_verified_and_a_damaged_one_refused(
    run: Run, seeded_database: str, empty_place: str, tmp_path: Path
) -> None:
    assert run("backup", KB_DATABASE_URL=seeded_database).exit_code == 0
    (backup,) = backups(tmp_path / "var" / "backups")
    archived = seeded_database.startswith("postgresql")
    sound = "The file is sound. `kb verify FILE --into URL` of a new database also compares its content.\n"
    compared = "No problems found.\n"
    assert run("verify", str(backup.path)).stdout == (sound if archived else compared)
    assert run("verify", str(backup.path), "--into", empty_place).stdout == compared
    assert contents_at(empty_place) == contents_at(seeded_database)
    again = run("verify", str(backup.path), "--into", empty_place)
    assert again.exit_code == 1
    assert "there already" in again.stderr or "not empty" in again.stderr
    body = bytearray(backup.path.read_bytes())
    body[len(body) // 2] ^= 1
    backup.path.write_bytes(body)
    for command in (["verify"], ["restore"]):
        result = run(*command, str(backup.path), KB_DATABASE_URL=f"sqlite:///{tmp_path}/new.sqlite")
        assert result.exit_code == 1
        assert "is damaged: its checksum differs" in result.stderr
    backup.path.with_name(backup.path.name + ".sha256").unlink()
    result = run("verify", str(backup.path))
    assert (result.exit_code, "failed:" in result.stderr) == (1, True)
    assert not (tmp_path / "new.sqlite").exists()


def test_what_cannot_be_verified_is_reported(run: Run, tmp_path: Path, seeded_database: str) -> None:
    result = run("verify", str(tmp_path / "none"))
    assert (result.exit_code, result.stderr) == (1, f"{tmp_path}/none: there is no such file.\n")
    assert run("backup", KB_DATABASE_URL=seeded_database).exit_code == 0
    (backup,) = backups(tmp_path / "var" / "backups")
    result = run("verify", str(backup.path), "--into", "somewhere")
    expected = "--into must be sqlite:///file or postgresql+psycopg://user@host/name.\n"
    assert (result.exit_code, result.stderr) == (1, expected)
    result = run("verify", str(backup.path), "--into", "postgresql+psycopg://kb@127.0.0.1:1/kb")
    assert result.exit_code == 1
    assert "Traceback" not in result.output


def test_what_is_no_backup_is_refused(run: Run, empty_place: str, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("These are notes.")
    result = run("restore", "notes.txt", KB_DATABASE_URL=empty_place)
    expected = (
        "notes.txt is not a backup of a SQLite database.\n"
        if empty_place.startswith("sqlite")
        else "notes.txt is not a backup of a PostgreSQL database. If it is one of a SQLite database, restore it to a "
        "file (KB_DATABASE_URL), then use `kb copy`.\n"
    )
    assert (result.exit_code, result.stderr) == (1, expected)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_old_backups_go_but_never_the_newest(run: Run, tmp_path: Path) -> None:
    assert run("migrate").exit_code == 0
    folder, now = tmp_path / "backups", utc_now()
    engine = make_engine(f"sqlite:///{tmp_path}/kb.sqlite")
    made = [make_backup(engine, folder, now=now - timedelta(days=days)) for days in (50, 40, 30, 30)]
    engine.dispose()
    assert len({backup.path for backup in made}) == len(made)
    (folder / "knowledge-base-notes").write_text("mine")
    assert set(delete_old_backups(folder, keep=timedelta(days=35), now=now)) == {made[0].path, made[1].path}
    assert delete_old_backups(folder, keep=timedelta(days=1), now=now + timedelta(days=99)) != []
    assert len(backups(folder)) == 1
    assert {path.suffix for path in folder.iterdir()} == {".zst", ".sha256", ""}


@pytest.mark.one_engine
def test_a_backup_is_also_copied_to_another_folder(run: Run, seeded_url: str, tmp_path: Path) -> None:
    other = tmp_path / "other"
    result = run("backup", "--to", "other", KB_DATABASE_URL=seeded_url)
    assert (result.exit_code, result.stderr) == (1, "other: there is no such folder.\n")
    assert not (tmp_path / "var").exists()
    other.mkdir()
    old = other / f"knowledge-base-{utc_now() - timedelta(days=50):%Y%m%dT%H%M%SZ}.sqlite.zst"
    old.write_bytes(b"old")
    result = run("backup", "--to", "other", KB_DATABASE_URL=seeded_url)
    assert result.exit_code == 0, result.output
    (made,), (copied,) = backups(tmp_path / "var" / "backups"), backups(other)
    assert result.stdout == (
        f"var/backups/{made.path.name}: {made.size:,} bytes, verified.\nother/{made.path.name}: copied, verified.\n"
        f"other/{old.name} was older than 35 days and was deleted.\n"
    )
    assert copied.path.read_bytes() == made.path.read_bytes()
    assert {path.stat().st_mode & 0o077 for path in other.iterdir()} == {0}
    assert run("verify", str(copied.path)).stdout == "No problems found.\n"
    with pytest.raises(BackupError, match="already exists"):
        copy_backup(made.path, other)
    copied.path.unlink()
    made.path.write_bytes(b"damaged")
    with pytest.raises(BackupError, match="differs from"):
        copy_backup(made.path, other)
    assert backups(other) == []


@pytest.mark.one_engine
def test_object_storage_needs_its_extra_and_an_address(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("migrate").exit_code == 0
    monkeypatch.delitem(sys.modules, "app.ops.database.object_storage", raising=False)
    monkeypatch.setitem(sys.modules, "obstore", None)
    missing = (
        "The address begins with s3://, but obstore is not installed. Install the extra with `pip install .[s3]`, or "
        "run `make run S3=1`.\n"
    )
    name = "knowledge-base-20260314T023000Z.sqlite.zst"
    for arguments in (("backup", "--to", "s3://bucket/kb"), ("verify", f"s3://bucket/{name}")):
        result = run(*arguments)
        assert (result.exit_code, result.output) == (1, missing)
    for address in ("s3://key:secret@bucket/kb", "S3://bucket", "https://bucket.example/kb", "s3://bucket/a?b"):
        result = run("backup", "--to", address)
        wrong = "An address of object storage has the form s3://BUCKET/FOLDER, without credentials.\n"
        assert (result.exit_code, result.output) == (1, wrong)
    result = run("backup", "copy.sqlite", "--to", "s3://bucket")
    assert (result.exit_code, result.output) == (1, "Give either a file or --to.\n")


def test_postgresql_without_its_tools_is_reported(
    run: Run, seeded_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    engine = make_engine(seeded_database)
    try:
        if engine.dialect.name == "sqlite":
            assert make_backup(engine, tmp_path / "backups", now=utc_now()).size > 0
            return
        with pytest.raises(BackupError, match="pg_dump is not installed"):
            make_backup(engine, tmp_path / "backups", now=utc_now())
        assert not backups(tmp_path / "backups")
    finally:
        engine.dispose()
        shutil.rmtree(tmp_path / "backups")


def test_everything_is_copied_into_another_database(run: Run, seeded_url: str, empty_place: str) -> None:
    copied = run("copy", "--to", empty_place, KB_DATABASE_URL=seeded_url)
    assert copied.exit_code == 0, copied.output
    assert "were copied and compared" in copied.stdout
    assert contents_at(empty_place) == contents_at(seeded_url)
    assert run("check", KB_DATABASE_URL=empty_place).stdout == "No problems found.\n"
    again = run("copy", "--to", empty_place, KB_DATABASE_URL=seeded_url)
    assert again.exit_code == 1
    assert "The target is not empty" in again.stderr
    wrong = run("copy", "--to", "mysql://user:secret@host/kb", KB_DATABASE_URL=seeded_url)
    assert wrong.exit_code == 1
    assert "secret" not in wrong.output


@pytest.mark.one_engine
def test_where_nothing_can_be_copied_to_is_reported(run: Run) -> None:
    nowhere = run("copy", "--to", "sqlite:////proc/none/kb.sqlite")
    message = "The folder of the new database cannot be created: /proc/none: No such file or directory.\n"
    assert (nowhere.exit_code, nowhere.stderr) == (1, message)
    assert run("copy", "--to", "nonsense").stderr.startswith("--to must be sqlite:///file")
