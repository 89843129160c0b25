"""Every lock holds on the day after somebody else has published: `make locks`.

The project's own recipes are run in a copy, against an index that has the real files and, of every package, a newer
release. Whatever looks at the index for anything that the lock does not name, takes the newer one, or fails.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tools.audit import locks
from tools.sbom import plain

PROJECT = Path(__file__).parents[2]
NEWER = "99999.0"
ENVIRONMENTS = {
    ".venv/.dev": (".venv", ("requirements.txt", "requirements-dev.txt")),
    ".venv/.dev .venv/.meaning .venv/.assistants .venv/.tracing .venv/.s3": (
        ".venv",
        (
            *("requirements.txt", "requirements-dev.txt", "requirements-meaning.txt"),
            *("requirements-assistants.txt", "requirements-tracing.txt", "requirements-s3.txt"),
        ),
    ),
    ".venv/clients/.made": (".venv/clients", ("tests/clients/requirements.txt",)),
    ".venv/fuzz/.made": (".venv/fuzz", ("tests/fuzz/requirements.txt",)),
    ".venv/mutants/.made": (".venv/mutants", ("tests/mutants/requirements.txt",)),
    ".venv/object_storage/.made": (".venv/object_storage", ("tests/object_storage/requirements.txt",)),
    ".venv/atheris/.made": (".venv/atheris", ("tests/fuzz/atheris-requirements.txt",)),
    ".venv/tools/.made": (".venv/tools", ("tools/requirements.txt",)),
    ".venv/datasette/.made": (".venv/datasette", ("benchmarks/datasette-requirements.txt",)),
    ".venv/restframework/.made": (".venv/restframework", ("benchmarks/restframework-requirements.txt",)),
    ".venv/directus/.made": (".venv/directus", ("benchmarks/directus-requirements.txt",)),
}
"""What makes each environment, where it is, and the locks that it is made from."""
COPIED = ("Makefile", "pyproject.toml", "README.md", "LICENSE", "NOTICE", "app")


def pins(lock: Path) -> dict[str, str]:
    found = re.findall(r"^([A-Za-z0-9._-]+)==([^\s;]+)", lock.read_text("utf-8"), re.MULTILINE)
    return {plain(name): version for name, version in found}


def dummy(folder: Path, name: str) -> None:
    """A wheel that anybody would take for the newest release of the package."""
    stem = f"{name.replace('-', '_')}-{NEWER}"
    with zipfile.ZipFile(folder / f"{stem}-py3-none-any.whl", "w") as wheel:
        info = f"{stem}.dist-info"
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {NEWER}\n")
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", f"{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the very files of all locks, and a newer release of everything."""
    folder = tmp_path_factory.mktemp("index")
    fetch = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes", "--dest", str(folder)]
    for lock in locks():
        subprocess.run([*fetch, "--requirement", str(lock)], check=True)
    for name in {name for lock in locks() for name in pins(lock)}:
        dummy(folder, name)
    return folder


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the recipes need of the project."""
    root = tmp_path_factory.mktemp("project")
    for name in COPIED:
        source = PROJECT / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, root / name)
    for lock in locks():
        target = root / lock.relative_to(PROJECT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(lock, target)
    return root


def test_every_lock_is_tried() -> None:
    named = {lock for _, of in ENVIRONMENTS.values() for lock in of}
    assert named == {str(lock.relative_to(PROJECT)) for lock in locks()}


def test_whoever_asks_the_index_gets_what_is_newer(index: Path) -> None:
    options = ["--no-index", "--find-links", str(index), "--ignore-installed", "--dry-run", "--quiet", "--report", "-"]
    command = [sys.executable, "-m", "pip", "install", "--isolated", *options, "coverage"]
    report = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert [each["metadata"]["version"] for each in report["install"]] == [NEWER]


@pytest.mark.parametrize("target", ENVIRONMENTS)
def test_setting_up_takes_what_is_locked_and_nothing_newer(copy: Path, index: Path, target: str) -> None:
    folder, names = ENVIRONMENTS[target]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "MAKE", "MFLAGS"))}
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(index), "PIP_CONFIG_FILE": os.devnull}
    done = subprocess.run(
        ["make", *target.split(), f"PYTHON={sys.executable}"],
        cwd=copy,
        env=kept | offline,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No broken requirements found." in done.stdout
    listing = [str(copy / folder / "bin" / "pip"), "list", "--format", "json", "--disable-pip-version-check"]
    listed = json.loads(subprocess.run(listing, capture_output=True, text=True, check=True).stdout)
    installed = {plain(each["name"]): each["version"] for each in listed}
    locked = {name: version for lock in names for name, version in pins(PROJECT / lock).items()}
    brought = {"knowledge-base", "pip", "setuptools"} - locked.keys()  # ours; and what a new environment begins with
    assert {name: version for name, version in installed.items() if name not in brought} == {
        name: version for name, version in locked.items() if name in installed
    }
    assert not {name for name in locked.keys() - installed.keys() if not is_conditional(names, name)}


def is_conditional(names: tuple[str, ...], package: str) -> bool:
    """Whether a marker decides if the package is for this machine."""
    lines = (line for lock in names for line in (PROJECT / lock).read_text("utf-8").splitlines())
    return any(";" in line and plain(line.split("==")[0]) == package for line in lines if "==" in line)
