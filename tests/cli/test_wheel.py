"""The wheel by itself, in an empty folder: set up, seeded and asked, with nothing of the repository in reach."""

import os
import re
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

PROJECT = Path(__file__).parents[2]
BUILD = "import sys; from setuptools import build_meta; print(build_meta.build_wheel(sys.argv[1]))"
LEFT_OUT = ignore_patterns(
    ".*", "var", "secrets", "build", "dist", "*.egg-info", "node_modules", "tests", "__pycache__"
)
ASK = """
from starlette.testclient import TestClient
from app.config.settings import Settings
from app.main import create_app
service = create_app(Settings())
client = TestClient(service.asgi, base_url="http://127.0.0.1:8000")
entries = client.get("/v1/entries").json()["meta"]["count"]
print(client.get("/health/ready").status_code, entries, client.get("/docs").status_code)
service.close()
"""
Installed = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the wheel holds, as it would lie among the installed packages."""
    source, built = tmp_path_factory.mktemp("source") / "project", tmp_path_factory.mktemp("site")
    copytree(PROJECT, source, ignore=LEFT_OUT)
    made = subprocess.run(
        [sys.executable, "-c", BUILD, str(built)], cwd=source, capture_output=True, text=True, check=True
    )
    wheel = built / made.stdout.split()[-1]
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(built)
    wheel.unlink()
    return built


@pytest.fixture(scope="module")
def installed(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Python in an empty folder, which finds the wheel before anything else."""
    folder = tmp_path_factory.mktemp("empty")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KB_")}

    def python(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=folder,
            env=environment | {"PYTHONPATH": str(site), "KB_ACCESS_LOG": "false"},
            capture_output=True,
            text=True,
            check=False,
        )

    return python


@pytest.fixture(scope="module", autouse=True)
def set_up(installed: Installed) -> None:
    made = installed("-m", "app.cli.main", "init")
    assert made.returncode == 0, made.stderr
    assert ".env: every setting" in made.stdout


def test_an_empty_folder_is_set_up_and_serves_what_was_seeded(installed: Installed, site: Path) -> None:
    where = installed("-c", "import app; print(app.__path__[0])").stdout.strip()
    assert Path(where) == site / "app"
    result = installed("-c", ASK)
    assert result.returncode == 0, result.stderr
    ready, entries, documentation = map(int, result.stdout.split()[-3:])
    assert (ready, documentation) == (200, 200)
    assert entries > 20


def test_setting_up_once_more_changes_nothing(installed: Installed) -> None:
    again = installed("-m", "app.cli.main", "init")
    assert again.returncode == 0
    assert ".env" not in again.stdout


def test_what_it_made_is_readable_by_nobody_else(installed: Installed) -> None:
    found = installed("-c", "from pathlib import Path; print(*(p.absolute() for p in Path().rglob('*')), sep='\\n')")
    made = [Path(line) for line in found.stdout.splitlines()]
    assert {path.name for path in made} >= {".env", "var", "mail", "secrets", "knowledge-base.sqlite"}
    assert not [path for path in made if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)]


def test_the_settings_that_it_wrote_are_the_defaults(installed: Installed) -> None:
    """With every comment sign taken away, too: each line is written as the variable has to be."""
    code = (
        "import re; from pathlib import Path; from app.config.settings import Settings;"
        "text = Path('.env').read_text();"
        "Path('all.env').write_text(re.sub(r'^# (KB_)', r'\\1', text, flags=re.M));"
        "print(Settings(_env_file='all.env') == Settings(_env_file=None))"
    )
    compared = installed("-c", code)
    assert compared.stdout == "True\n", compared.stderr


def test_the_version_is_reported(installed: Installed) -> None:
    result = installed("-m", "app.cli.main", "--version")
    assert result.returncode == 0
    assert result.stdout.strip().count(".") == 2


def test_the_image_has_every_folder_that_the_wheel_has() -> None:
    (line,) = re.findall(r"^FOLDERS = \((.+)\)", read("setup.py"), re.MULTILINE)
    folders = re.findall(r'"(\w+)"', line)
    assert "migrations" in folders
    copied = re.findall(r"^COPY (\w+) \1$", read("Dockerfile"), re.MULTILINE)
    assert set(folders) <= set(copied)
    assert {f"!{name}/" for name in folders} <= set(read(".dockerignore").splitlines())


def read(name: str) -> str:
    return (PROJECT / name).read_text(encoding="utf-8")
