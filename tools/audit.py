"""Known weaknesses of every package that a lock names (`make audit`): prints them, and says aloud what could not be
looked up. Ends with 1 where there is a finding."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[1]
FOLDERS = (".", "tools", "tests/clients", "tests/fuzz", "tests/mutants", "tests/object_storage", "benchmarks")
UNREACHED = "NOT AUDITED: the data about weaknesses cannot be reached"


def locks() -> list[Path]:
    """Every lock of Python packages in the project."""
    return [path for folder in FOLDERS for path in sorted((PROJECT / folder).glob("*requirements*.txt"))]


def audited(lock: Path) -> tuple[dict[str, Any] | None, str]:
    """What pip-audit found, None where it could not work; and its own words."""
    command = [str(Path(sys.executable).with_name("pip-audit")), "--disable-pip", "--require-hashes"]
    options = ["--requirement", str(lock), "--format", "json", "--progress-spinner", "off"]
    done = subprocess.run([*command, *options], capture_output=True, text=True)
    try:
        return json.loads(done.stdout), done.stderr
    except json.JSONDecodeError:
        return None, done.stderr


def findings(found: dict[str, Any]) -> Iterator[str]:
    """A line for each weakness."""
    for package in found["dependencies"]:
        for weakness in package.get("vulns", ()):
            mended = ", ".join(weakness["fix_versions"]) or "no release yet"
            names = ", ".join((weakness["id"], *weakness.get("aliases", ())))
            yield f"{package['name']} {package['version']}: {names} (mended in: {mended})"


def unaudited(found: dict[str, Any]) -> list[str]:
    """Packages that the data does not know: of them nothing is said, which is not to say that nothing is wrong."""
    return [package["name"] for package in found["dependencies"] if "skip_reason" in package]


def report(name: str, found: dict[str, Any]) -> Iterator[str]:
    weaknesses, unknown, every = list(findings(found)), unaudited(found), len(found["dependencies"])
    yield f"{name}: {every - len(unknown)} of {every} packages looked up, {len(weaknesses)} weaknesses known"
    yield from (f"    {line}" for line in weaknesses)
    if unknown:
        named = "any of them" if len(unknown) == every else ", ".join(unknown)
        yield f"    NOT AUDITED: the data that can be reached does not know {named}"


def main() -> None:
    found_any = False
    for lock in locks():
        name = str(lock.relative_to(PROJECT))
        found, words = audited(lock)
        if found is None:
            print(f"{name}: {UNREACHED}\n{words}", file=sys.stderr)
            continue
        print("\n".join(report(name, found)))
        found_any |= any(findings(found))
    sys.exit(1 if found_any else 0)


if __name__ == "__main__":
    main()
