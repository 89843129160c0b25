"""Whatever holds people's data or a secret is read by its owner alone."""

import os
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from app.db.engine import make_engine
from app.db.sessions import Sessions
from app.kit.signing_keys import SigningKeys
from app.kit.system.private_files import find_shared, write_private
from app.mailing.delivery.transports import FileTransport, OutgoingMessage
from app.ops.database.backup import backup_sqlite
from tests.cli.conftest import Run, environment, own_logging, run

__all__ = ["environment", "own_logging", "run"]


@pytest.fixture(autouse=True)
def _lax_umask() -> Iterator[None]:
    """That of most systems: what is made is private by itself."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, str]:
    return {str(each.relative_to(folder)): oct(stat.S_IMODE(each.stat().st_mode)) for each in sorted(folder.rglob("*"))}


def test_the_files_of_a_database_and_its_backup(tmp_path: Path) -> None:
    sessions = Sessions(make_engine(f"sqlite:///{tmp_path}/var/deep/kb.sqlite"))
    with sessions.write() as session:
        session.execute(text("CREATE TABLE one (two TEXT)"))
    backup_sqlite(sessions.engine, tmp_path / "copy.sqlite")
    found = modes(tmp_path)
    sessions.engine.dispose()
    assert {found.pop("var"), found.pop("var/deep")} == {"0o700"}
    assert {"copy.sqlite", "var/deep/kb.sqlite", "var/deep/kb.sqlite-wal"} <= set(found)
    assert set(found.values()) == {"0o600"}


def test_mails_and_secrets(tmp_path: Path) -> None:
    with closing(FileTransport(tmp_path / "var" / "mail")) as transport:
        transport.send(OutgoingMessage("digest/1", "a@kb.test", "b@x.test", b"Hello.\r\n"), lambda: None)
    SigningKeys(tmp_path / "secrets" / "keys").make()
    found = modes(tmp_path)
    assert {mode for name, mode in found.items() if (tmp_path / name).is_dir()} == {"0o700"}
    assert {mode for name, mode in found.items() if (tmp_path / name).is_file()} == {"0o600"}


def test_what_is_written_over_becomes_private(tmp_path: Path) -> None:
    target = tmp_path / "export.csv"
    target.write_text("old")
    assert modes(tmp_path) == {"export.csv": "0o644"}
    with write_private(target) as file:
        file.write("address")
        assert modes(tmp_path) == {"export.csv": "0o600"}


def test_an_older_installation_is_reported_and_mended(run: Run, tmp_path: Path) -> None:
    own = {"KB_DATABASE_URL": "sqlite:///var/kb.sqlite"}
    assert run("migrate", **own).exit_code == 0
    assert set(modes(tmp_path).values()) <= {"0o700", "0o600"}
    (tmp_path / "var").chmod(0o755)
    (tmp_path / "var/kb.sqlite").chmod(0o644)
    result = run("check", **own)
    assert (result.exit_code, result.stdout) == (0, "No problems found.\n")
    assert "var, var/kb.sqlite can be read by other users: run `kb migrate` to make it private." in result.stderr
    assert "var, var/kb.sqlite could be read by other users. This has been corrected." in run("migrate", **own).stdout
    assert set(modes(tmp_path).values()) == {"0o700", "0o600"}
    assert run("check", **own).stderr == ""


def test_a_file_that_goes_away_while_it_is_looked_at_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the files beside a database do when its last connection is closed."""
    monkeypatch.setattr(Path, "exists", lambda _: True)
    (tmp_path / "file").touch(mode=0o644)
    assert find_shared([tmp_path / "gone", tmp_path / "file" / "below", tmp_path / "file"]) == [tmp_path / "file"]
