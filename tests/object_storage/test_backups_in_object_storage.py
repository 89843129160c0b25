"""`kb backup --to s3://…`, and back from there, by the protocol itself."""

import json
import os
import signal
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from app.ops.database.backup import BackupError, check_checksum
from app.ops.database.object_storage import ObjectStorage
from tests.databases import POSTGRESQL_TOOLS
from tests.object_storage.conftest import ObjectServer, watched
from tests.ops.small_seeds import contents_at
from tests.waiting import free_port

ADDRESS = "s3://backups/kb/nightly"
NOW = datetime(2026, 3, 14, 2, 30, tzinfo=UTC)
MEBIBYTE = 2**20
Run = Callable[..., subprocess.CompletedProcess[str]]
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def storage(server: ObjectServer) -> ObjectStorage:
    return ObjectStorage("backups", "kb/nightly")


def backup_file(folder: Path, made_at: datetime = NOW, content: bytes = b"a backup") -> Path:
    path = folder / f"knowledge-base-{made_at:%Y%m%dT%H%M%SZ}.sqlite.zst"
    path.write_bytes(content)
    path.with_name(path.name + ".sha256").write_text(f"{sha256(content).hexdigest()}  {path.name}\n")
    return path


def test_what_was_lost_with_the_machine_comes_back(
    run: Run,
    server: ObjectServer,
    seeded_database: str,
    empty_place: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", f"{POSTGRESQL_TOOLS}{os.pathsep}{os.environ['PATH']}")
    made = run("backup", "--to", f"{ADDRESS}/", KB_DATABASE_URL=seeded_database)
    assert (made.returncode, made.stderr) == (0, "")
    local, copied = made.stdout.splitlines()
    address = copied.removesuffix(": copied, verified.")
    name = address.removeprefix(f"{ADDRESS}/")
    assert local.startswith(f"var/backups/{name}: ")
    assert server.names() == [f"kb/nightly/{name}", f"kb/nightly/{name}.sha256"]
    status = json.loads(run("status", "--json", KB_DATABASE_URL=seeded_database).stdout)
    assert status["last_backup"] is not None
    assert "secret-of-ours" not in json.dumps(status)

    whole = run("restore", ADDRESS, KB_DATABASE_URL=empty_place)
    assert (whole.returncode, whole.stderr) == (1, f"{ADDRESS} is not a backup. The newest there is {address}\n")
    restored = run("restore", address, KB_DATABASE_URL=empty_place)
    assert restored.stdout.startswith(f"{address} was restored.\n"), restored.stderr
    assert contents_at(empty_place) == contents_at(seeded_database)
    if seeded_database.startswith("sqlite"):
        assert run("verify", address).stdout == "No problems found.\n"
        server.write(f"kb/nightly/{name}", b"something else")
        damaged = run("verify", address)
        assert damaged.returncode == 1
        assert f"{name} is damaged: its checksum differs" in damaged.stderr
    assert not [path for path in tmp_path.iterdir() if path.name != "var"]


@pytest.mark.one_engine
class TestStorage:
    def test_takes_what_needs_several_parts(self, storage: ObjectStorage, server: ObjectServer, tmp_path: Path) -> None:
        begun: list[bytes] = []
        path = backup_file(tmp_path, content=os.urandom(17 * MEBIBYTE))
        with watched(server, lambda sent: begun.append(sent[:4])) as url, pytest.MonkeyPatch.context() as patched:
            patched.setenv("AWS_ENDPOINT_URL", url)
            address = ObjectStorage("backups", "").store(path)
        assert address == f"s3://backups/{path.name}"
        assert begun.count(b"PUT ") == 3 + 1  # its parts, and the checksum
        assert storage.newest() is None  # it is in another folder
        (tmp_path / "back").mkdir()
        fetched = ObjectStorage("backups", "").fetch(path.name, tmp_path / "back")
        check_checksum(fetched)
        assert fetched.read_bytes() == path.read_bytes()
        assert fetched.stat().st_mode & 0o077 == 0
        assert server.unfinished_uploads() == 0

    def test_never_overwrites(self, storage: ObjectStorage, tmp_path: Path) -> None:
        path = backup_file(tmp_path)
        storage.store(path)
        with pytest.raises(BackupError, match=r"already exists\. A backup is never overwritten"):
            storage.store(path)

    def test_notices_what_became_of_it_on_the_way(
        self, server: ObjectServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = backup_file(tmp_path)

        def change_before_it_is_read_back(sent: bytes) -> None:
            if sent.startswith(f"GET /backups/kb/{path.name} ".encode()):
                server.write(f"kb/{path.name}", b"a beckup")

        with watched(server, change_before_it_is_read_back) as url:
            monkeypatch.setenv("AWS_ENDPOINT_URL", url)
            storage = ObjectStorage("backups", "kb")
            with pytest.raises(BackupError, match="is damaged: its checksum differs from that of"):
                storage.store(path)
        assert storage_names(server) == [path.name]
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        assert ObjectStorage("backups", "kb").newest() is None

    def test_deletes_what_is_old_but_never_the_newest(
        self, storage: ObjectStorage, server: ObjectServer, tmp_path: Path
    ) -> None:
        for days in (60, 50, 40, 3):
            storage.store(backup_file(tmp_path, NOW - timedelta(days=days)))
        left = [f"knowledge-base-{NOW - timedelta(days=days):%Y%m%dT%H%M%SZ}.pgdump" for days in (45, 1)]
        for name in (*left, "notes.txt"):  # of uploads that were interrupted
            server.write(f"kb/nightly/{name}", b"begun")
        assert len(storage.delete_old(keep=timedelta(days=35), now=NOW)) == 4
        newest = f"knowledge-base-{NOW - timedelta(days=3):%Y%m%dT%H%M%SZ}.sqlite.zst"
        assert storage_names(server) == [newest, f"{newest}.sha256", left[1], "notes.txt"]
        assert storage.newest() == f"{ADDRESS}/{newest}"
        assert storage.delete_old(keep=timedelta(days=35), now=NOW + timedelta(days=99)) == [f"{ADDRESS}/{left[1]}"]
        assert storage_names(server) == [newest, f"{newest}.sha256", "notes.txt"]


def storage_names(server: ObjectServer) -> list[str]:
    return [name.rpartition("/")[2] for name in server.names()]


@pytest.mark.one_engine
@pytest.mark.parametrize(
    ("moment", "left"),
    [
        (b"POST /backups/kb/nightly/knowledge-base-", 0),  # before the upload begins
        (b"PUT /backups/kb/nightly/knowledge-base-", 0),  # before a part of it
        (b"<CompleteMultipartUpload", 0),  # before it is whole
        (b"GET /backups/kb/nightly/knowledge-base-", 1),  # before it is read back
        (b".zst.sha256 HTTP/1.1", 1),  # before its checksum, the last
    ],
)
def test_a_killed_upload_never_looks_like_a_backup(
    start: Start, run: Run, storage: ObjectStorage, server: ObjectServer, seeded_database: str, moment: bytes, left: int
) -> None:
    running: list[subprocess.Popen[str]] = []

    def kill_at_the_moment(sent: bytes) -> None:
        if moment in sent:
            running[0].send_signal(signal.SIGKILL)
            running[0].wait()
            raise ConnectionAbortedError

    with watched(server, kill_at_the_moment) as url:
        with start("backup", "--to", ADDRESS, KB_DATABASE_URL=seeded_database, AWS_ENDPOINT_URL=url) as process:
            running.append(process)
            process.communicate()
        assert process.returncode == -signal.SIGKILL
    assert len(server.names()) == left
    assert storage.newest() is None
    for name in server.names():
        refused = run("restore", f"s3://backups/{name}", KB_DATABASE_URL="sqlite:///new.sqlite")
        assert refused.stderr == f"s3://backups/{name} is incomplete: its upload was interrupted.\n"
    again = run("backup", "--to", ADDRESS, KB_DATABASE_URL=seeded_database)
    assert (again.returncode, again.stderr) == (0, "")
    assert storage.newest() == again.stdout.splitlines()[-1].removesuffix(": copied, verified.")


@pytest.mark.one_engine
class TestMistakes:
    def test_are_one_line_each_and_the_backup_on_this_machine_is_made(
        self, run: Run, server: ObjectServer, seeded_database: str, tmp_path: Path
    ) -> None:
        wrong = run("backup", "--to", "s3://no-such-bucket/kb", KB_DATABASE_URL=seeded_database)
        expected = "s3://no-such-bucket/kb cannot be used: The specified bucket does not exist\n"
        assert (wrong.returncode, wrong.stderr) == (1, expected)
        assert wrong.stdout.startswith("var/backups/knowledge-base-")
        nowhere = f"http://127.0.0.1:{free_port()}"
        unreachable = run("backup", "--to", ADDRESS, KB_DATABASE_URL=seeded_database, AWS_ENDPOINT_URL=nowhere)
        assert unreachable.stderr == f"{ADDRESS} cannot be used: HTTP error: error sending request\n"
        assert len(list((tmp_path / "var" / "backups").glob("*.zst"))) == 2

    def test_of_credentials_show_none(self, run: Run, server: ObjectServer, seeded_database: str) -> None:
        server.check_credentials(after="0")
        try:
            refused = run("backup", "--to", ADDRESS, KB_DATABASE_URL=seeded_database, KB_LOG_LEVEL="debug")
        finally:
            server.check_credentials(after="inf")
        assert refused.returncode == 1
        assert refused.stderr.startswith(f"{ADDRESS} cannot be used: The AWS Access Key Id you provided does not exist")
        assert refused.stderr.count("\n") == 1
        assert "of-ours" not in refused.stdout + refused.stderr

    def test_of_settings_are_told_before_anything_is_done(
        self, run: Run, server: ObjectServer, seeded_database: str, tmp_path: Path
    ) -> None:
        for variables, expected in (
            ({"AWS_SECRET_ACCESS_KEY": ""}, f"AWS_SECRET_ACCESS_KEY must be set for {ADDRESS}."),
            (
                {"AWS_ALLOW_HTTP": "false"},
                "AWS_ENDPOINT_URL begins with http://: use https, or set AWS_ALLOW_HTTP=true.",
            ),
        ):
            refused = run("backup", "--to", ADDRESS, KB_DATABASE_URL=seeded_database, **variables)
            assert (refused.returncode, refused.stdout, refused.stderr) == (1, "", f"{expected}\n")
        assert not (tmp_path / "var").exists()
        assert server.names() == []
