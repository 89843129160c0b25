"""The disaster rehearsal of `docs/operations.md`, as it stands there."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

from app.db.engine import make_engine
from app.db.sessions import Sessions
from app.documents.revisions import published_number
from app.kit.clock import utc_now
from app.kit.signing_keys import SigningKeys
from app.mailing.consent.suppression import is_suppressed, suppress
from app.mailing.models import SuppressionReason
from tests.database_contents import contents
from tests.databases import POSTGRESQL_TOOLS, Databases
from tests.waiting import free_port

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"
BINARIES = Path(sys.executable).parent
LATER = "who-unsubscribed-after-the-backup@example.org"
_numbers = count()

Shell = Callable[[Path, str, str], str]


def blocks() -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KB_")}
    path = f"{BINARIES}{os.pathsep}{POSTGRESQL_TOOLS}{os.pathsep}{kept['PATH']}"
    places = {"COPIES": str(tmp_path / "copies"), "APART": str(tmp_path / "apart"), "PORT": str(free_port())}

    def run(folder: Path, url: str, commands: str) -> str:
        environment = kept | places | {"PATH": path, "KB_DATABASE_URL": url}
        done = subprocess.run(["bash", "-euc", commands], cwd=folder, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, f"{commands}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    (tmp_path / "copies").mkdir()
    return run


def test_what_is_kept_apart_is_enough_to_go_on(
    databases: Databases, empty_place: str, tmp_path: Path, shell: Shell
) -> None:
    keep, restore, serve = blocks()
    here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
    here.mkdir()
    elsewhere.mkdir()
    lost = databases.server.create(f"lost_{next(_numbers)}")
    shell(here, lost, "kb init")
    export = next(line for line in keep.splitlines() if "export-suppressions" in line)
    shell(here, lost, export)
    was = contents(lost)
    shell(here, lost, keep)
    unsubscribed(lost, here)
    shell(here, lost, export)  # an hour later
    databases.server.drop(lost)

    assert shell(elsewhere, empty_place, restore).endswith("No problems found.\n")
    now = contents(empty_place)
    assert {name for name in now if now[name] != was[name]} == {"suppression", "security_event"}
    assert len(now["suppression"]) == len(was["suppression"]) + 1
    with sessions_of(empty_place) as sessions, sessions.read() as session:
        assert is_suppressed(session, SigningKeys(elsewhere / "secrets" / "signing-keys"), LATER)
        revision = published_number(session)
    _, _, listed = shell(elsewhere, empty_place, serve).rpartition('{"meta":')
    answered = json.loads('{"meta":' + listed)
    assert answered["meta"]["revision"] == revision > 0
    assert answered["results"]


def unsubscribed(url: str, folder: Path) -> None:
    keys = SigningKeys(folder / "secrets" / "signing-keys")
    with sessions_of(url) as sessions, sessions.write() as session:
        suppress(session, keys, LATER, SuppressionReason.unsubscribe, now=utc_now())


@contextmanager
def sessions_of(url: str) -> Iterator[Sessions]:
    sessions = Sessions(make_engine(url))
    yield sessions
    sessions.dispose()
