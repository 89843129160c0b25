"""Long work shows how far it is to people, and scripts read JSON and nothing else."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import typer
from rich.console import Console

from app.cli import progress
from app.cli.main import cli
from tests.cli.conftest import Run


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> StringIO:
    """What a person sees, who waits."""
    screen = StringIO()
    monkeypatch.setattr(progress, "err", Console(file=screen, force_terminal=True, width=200))
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    return screen


def test_long_work_shows_how_far_it_is(run: Run, terminal: StringIO, tmp_path: Path) -> None:
    assert run("migrate").exit_code == run("seed").exit_code == 0
    (backup, other) = (tmp_path / "copy.sqlite", tmp_path / "other.sqlite")
    for command, shown in {
        ("rebuild",): "rendering entries",
        ("check",): "rendering entries",
        ("backup", str(backup)): "copying the database",
        ("verify", str(backup)): "unpacking",
        ("copy", "--to", f"sqlite:///{other}"): "entry_term",
    }.items():
        terminal.truncate(0)
        assert run(*command).exit_code == 0, command
        assert shown in terminal.getvalue(), command


@pytest.mark.parametrize("command", [("rebuild",), ("check",), ("backup", "copy.sqlite")], ids=" ".join)
def test_scripts_read_no_bars(run: Run, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]) -> None:
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    assert run("migrate").exit_code == 0
    result = run(*command)
    assert (result.exit_code, result.stderr) == (0, "")


def test_what_scripts_read_is_json(run: Run) -> None:
    assert run("migrate").exit_code == 0
    assert json.loads(run("check", "--json").stdout) == {"problems": []}
    assert json.loads(run("jobs", "--json").stdout) == []
    assert run("key", "create", "--name", "Ada", "--scope", "entries:read").exit_code == 0
    (key,) = json.loads(run("key", "list", "--json").stdout)
    assert (key["name"], key["scopes"]) == ("Ada", "entries:read")
    current = json.loads(run("settings", "--current", "--json", KB_PORT="8123").stdout)
    assert current["KB_PORT"] == {"value": "8123", "origin": "environment"}
    assert current["KB_HOST"]["origin"] == "default"


def test_every_option_and_command_says_what_it_means() -> None:
    silent: list[str] = []

    def walk(command: Any, path: str) -> None:
        for name, inner in getattr(command, "commands", {}).items():
            if not inner.help and not hasattr(inner, "commands"):
                silent.append(f"{path} {name}")
            walk(inner, f"{path} {name}")
        silent.extend(
            f"{path} {each.name}"
            for each in command.params
            if not getattr(each, "help", None) and not getattr(each, "hidden", False)
        )

    walk(typer.main.get_command(cli), "kb")
    assert silent == []
