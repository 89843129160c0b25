"""A lock names everything that what it names asks for: no index is ever asked what else there is."""

import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tools.audit import locks
from tools.sbom import plain

PROJECT = Path(__file__).parents[1]
DECLARED = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
PIN = re.compile(
    r"^([A-Za-z0-9._-]+)==([^\s;\\]+)[^\n]*\\\n((?: +--hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE
)


def pins(name: str) -> dict[str, str]:
    return {plain(package): version for package, version, _ in PIN.findall((PROJECT / name).read_text("utf-8"))}


def applies(requirement: Requirement, extras: frozenset[str]) -> bool:
    if requirement.marker is None:
        return True
    return any(requirement.marker.evaluate({"extra": extra}) for extra in ("", *extras))


def asked_for(declared: list[str]) -> Iterator[Requirement]:
    """These requirements, and what the packages that are installed for them ask for in turn."""
    waiting, seen = [Requirement(text) for text in declared], set()
    while waiting:
        requirement = waiting.pop()
        wanted = (plain(requirement.name), frozenset(requirement.extras))
        if wanted in seen:
            continue
        seen.add(wanted)
        yield requirement
        needs = map(Requirement, distribution(requirement.name).requires or ())
        waiting += [each for each in needs if applies(each, wanted[1])]


@pytest.mark.parametrize("lock", locks(), ids=lambda lock: str(lock.relative_to(PROJECT)))
def test_every_line_of_a_lock_is_a_version_with_hashes(lock: Path) -> None:
    text = lock.read_text("utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert len(PIN.findall(text)) == len(lines) > 0


@pytest.mark.parametrize(
    ("lock", "declared"),
    [
        ("requirements.txt", DECLARED["dependencies"]),
        ("requirements-dev.txt", DECLARED["dependencies"] + DECLARED["optional-dependencies"]["dev"]),
        ("requirements-assistants.txt", DECLARED["dependencies"] + DECLARED["optional-dependencies"]["assistants"]),
        ("requirements-tracing.txt", DECLARED["dependencies"] + DECLARED["optional-dependencies"]["tracing"]),
        ("requirements-s3.txt", DECLARED["dependencies"] + DECLARED["optional-dependencies"]["s3"]),
    ],
)
def test_a_lock_is_closed(lock: str, declared: list[str]) -> None:
    assert_closed(lock, declared)


def assert_closed(lock: str, declared: list[str]) -> None:
    """What is declared must be installed."""
    locked = pins(lock)
    for requirement in asked_for([text for text in declared if applies(Requirement(text), frozenset())]):
        assert locked.get(plain(requirement.name)), f"{requirement} is not locked"
        assert requirement.specifier.contains(locked[plain(requirement.name)], prereleases=True), str(requirement)


@pytest.mark.parametrize("extra", ["dev", "meaning", "assistants", "tracing", "s3"])
def test_what_serves_is_what_is_tested(extra: str) -> None:
    served, tested = pins("requirements.txt"), pins(f"requirements-{extra}.txt")
    assert {name: tested.get(name) for name in served} == served
