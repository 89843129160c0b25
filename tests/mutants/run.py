"""Mutation testing: small mistakes are put into modules one by one, and tests have to notice each.

`make mutants ARGS="app/search/scoring tests/search/test_scores.py"`: paths below `app` are changed, in a copy, paths
below `tests` are run. What mypy refuses, `make check` would have noticed: two of three mistakes. Ends with 1 where one
went unnoticed; it is shown, for somebody to judge: it may change nothing.
"""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parents[2]
COPY = ROOT / "build" / "mutants"
BIN = ROOT / ".venv" / "mutants" / "bin"
TYPE_CHECK = ("mypy", "--output", "json", "--no-warn-unused-ignores", "--python-executable", str(BIN / "python"))
IGNORED_ERROR_CODES = ("no-redef", "var-annotated")
"""What mypy says of the copies of a function beside each other, whatever was changed in them."""
COPIED = ("app", "benchmarks", "clients", "migrations", "seed_data", "tests", "tools")


def prepare(changed: list[str], tests: list[str]) -> None:
    shutil.rmtree(COPY, ignore_errors=True)
    COPY.mkdir(parents=True)
    ignored = shutil.ignore_patterns("__pycache__", "node_modules", "build")
    for name in COPIED:
        shutil.copytree(ROOT / name, COPY / name, ignore=ignored)
    ignoring = [part for code in IGNORED_ERROR_CODES for part in ("--disable-error-code", code)]
    chosen = {
        "source_paths": [f"{path}/" if (ROOT / path).is_dir() else path for path in changed],
        "also_copy": COPIED,
        "pytest_add_cli_args_test_selection": tests,
        "type_check_command": [*TYPE_CHECK, *ignoring, *changed],
    }
    lines = "\n".join(f"{name} = {json.dumps(value)}" for name, value in chosen.items())
    settings = (ROOT / "pyproject.toml").read_text("utf-8")
    (COPY / "pyproject.toml").write_text(f"{settings}\n[tool.mutmut]\n{lines}\n", "utf-8")


def borrow_packages() -> None:
    """What the project needs, without the project itself, which has to be the copy."""
    (folder,) = (BIN.parent / "lib").glob("python*/site-packages")
    (folder / "development.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")


def main(arguments: list[str]) -> int:
    changed = [path for path in arguments if Path(path).parts[0] == "app"]
    tests = [path for path in arguments if Path(path).parts[0] == "tests"]
    if not changed or not tests or len(changed) + len(tests) < len(arguments):
        print(__doc__, file=sys.stderr)
        return 2
    prepare(changed, tests)
    borrow_packages()
    mutmut = str(BIN / "mutmut")
    path = os.pathsep.join((sysconfig.get_path("scripts"), os.environ["PATH"]))
    subprocess.run([mutmut, "run", "--max-children", "2"], cwd=COPY, env={**os.environ, "PATH": path}, check=True)
    results = subprocess.run([mutmut, "results"], cwd=COPY, check=True, capture_output=True, text=True).stdout
    lines = [line.strip().rpartition(": ") for line in results.splitlines()]
    unnoticed = [name for name, _, result in lines if result in ("survived", "no tests")]
    for name in unnoticed:
        subprocess.run([mutmut, "show", name], cwd=COPY, check=True)
    print(f"{len(unnoticed)} unnoticed")
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
