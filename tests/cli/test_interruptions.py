"""Control-C in the middle of a long command: one line, an exit code, and nothing half done in the place of what was."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.one_engine

INTERRUPTED = """
import signal
from app.cli import progress
from app.cli.main import run
from app.harvest import dumps

dumps.BLOCK = 1
report_to = progress.progress_told_to
progress.progress_told_to = lambda _: report_to(lambda *_: signal.raise_signal(signal.SIGINT))
run()
"""
"""As soon as a command has progress to report."""


@pytest.mark.parametrize(
    "command",
    [["backup"], ["check"], ["copy", "--to", "sqlite:///copy.sqlite"], ["dump"], ["rebuild"]],
    ids=lambda command: command[0],
)
def test_an_interrupted_command_says_one_line(
    environment: dict[str, str], seeded_url: str, tmp_path: Path, command: list[str]
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, *command],
        cwd=tmp_path,
        env=environment | {"KB_DATABASE_URL": seeded_url},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr.strip() == "Stopped. Whatever was complete is kept: run the same command again to go on."
    finished = [path for path in (tmp_path / "var").rglob("*") if path.is_file() and path.suffix != ".part"]
    assert finished == []
