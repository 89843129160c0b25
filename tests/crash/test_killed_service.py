"""The service and an import are killed at random moments: what was acknowledged is there, and nothing is half done.

`CRASHES` in the environment says how often (3 unless told; `make crash` kills 50 times)."""

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from app.catalogue.entries import EntryRow
from app.db.engine import make_engine
from app.db.sessions import Sessions
from app.intake.runs.models import ImportRow
from app.kit.clock import utc_now
from app.staff.auth.actors import CLI
from app.staff.auth.keys import make_key
from app.staff.scopes import SCOPES
from tests.crash import integrity
from tests.crash.writers import PUBLICATIONS, Writer, as_it_is
from tests.waiting import wait_for_service

PROJECT = Path(__file__).parents[2]
CRASHES = int(os.environ.get("CRASHES", "3"))
RECORDS = min(30_000, 1_200 * CRASHES)
"""Enough for every import to be in the middle of them when it is killed, or nearly every one."""


class Stage:
    """A database, two writers with their keys, a file to be imported."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("KB_")}
        self.environment |= {"KB_DATABASE_URL": url, "PYTHONPATH": str(PROJECT), "KB_ACCESS_LOG": "false"}
        self.environment["KB_KEY_RATE_LIMIT"] = "1000000"  # all that a writer ever wrote is read in one go
        self.sessions = Sessions(make_engine(url))
        self.writers = [Writer(f"writer-{name}", self._key(name)) for name in ("ann", "ben")]
        self.file = folder / "references.ris"
        self.file.write_text("".join(map(record, range(RECORDS))))

    def _key(self, name: str) -> str:
        with self.sessions.write() as session:
            _, token = make_key(session, name=name, scopes=[*SCOPES], days=1, by=CLI, now=utc_now())
            return token.text

    def close(self) -> None:
        self.sessions.engine.dispose()

    def run(self, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "app.cli.main", *arguments]
        nowhere = subprocess.DEVNULL
        return subprocess.Popen(command, cwd=self.folder, env=self.environment, stdout=nowhere, stderr=nowhere)

    def importing(self) -> subprocess.Popen[bytes]:
        return self.run("import", str(self.file), "--publish")

    @contextmanager
    def serving(self) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
        """The port, once it answers, and the process; killed at the end if nobody did so before."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        process = self.run("serve", "--port", str(port))
        try:
            wait_for_service(f"http://127.0.0.1:{port}", process, seconds=120)
            yield port, process
        finally:
            kill(process)


def record(number: int) -> str:
    title = f"Reference {number:05} of many, about things that were found out"
    return (
        f"TY  - JOUR\r\nTI  - {title}\r\nAU  - Author{number % 50}, Anna\r\nPY  - 2020\r\nID  - {number}\r\nER  - \r\n"
    )


def kill(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


@pytest.fixture
def stage(database: str, tmp_path: Path) -> Iterator[Stage]:
    with closing(Stage(database, tmp_path)) as made:
        yield made


def test_nothing_that_was_acknowledged_is_lost_and_nothing_is_half_done(stage: Stage) -> None:
    chance = random.Random(f"{CRASHES} {stage.url.partition(':')[0]}")
    for _ in range(CRASHES):
        die_once(stage, chance)
        integrity.check(stage.sessions)
    assert stage.importing().wait(600) == 0
    with stage.serving() as (port, _):
        for writer in stage.writers:
            recall(writer, port)
    integrity.check(stage.sessions)
    with stage.sessions.read() as session:
        imports = session.scalars(select(ImportRow).order_by(ImportRow.id)).all()
        assert {row.seen for row in imports} == {RECORDS}
        assert [row.created for row in imports] == [RECORDS, *(0 for _ in imports[1:])]
        imported = EntryRow.title.like("Reference %")
        assert session.scalar(select(func.count()).select_from(EntryRow).where(imported)) == RECORDS


def die_once(stage: Stage, chance: random.Random) -> None:
    """Both writers write and the import runs; then a moment that nobody chose comes for both processes."""
    stop = threading.Event()
    with stage.serving() as (port, service):
        threads = [threading.Thread(target=writer.work, args=(port, stop)) for writer in stage.writers]
        for thread in threads:
            thread.start()
        importing = stage.importing()
        time.sleep(chance.uniform(0.3, 4.0))
        both = [service, importing]
        chance.shuffle(both)
        for process in both:
            kill(process)
        stop.set()
        for thread in threads:
            thread.join(60)
            assert not thread.is_alive()


def recall(writer: Writer, port: int) -> None:
    """Everything is as it was acknowledged; of what was never answered, either way will do."""
    assert writer.memory, "it was killed before anything was written"
    headers = {"Authorization": f"Bearer {writer.key}"}
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=30) as client:
        for slug, own in writer.memory.items():
            answer = client.get(f"{PUBLICATIONS}/{slug}")
            assert answer.status_code in (200, 404), answer.text
            found = as_it_is(answer.json()) if answer.status_code == 200 else None
            wanted = own.allowed()
            assert any(matches(found, each) for each in wanted), f"{slug}: {found} is none of {wanted}"


def matches(found: dict[str, object] | None, wanted: dict[str, object] | None) -> bool:
    if found is None or wanted is None:
        return found is wanted
    return wanted.items() <= found.items()
