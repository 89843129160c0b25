"""`docs/architecture.md` and `docs/decisions.md` say what is there."""

import ast
import re
import tomllib
from pathlib import Path
from pkgutil import resolve_name

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
DECISIONS = (ROOT / "docs" / "decisions.md").read_text(encoding="utf-8")
JOURNEYS = dict(re.findall(r"^## Journey: (.+?)\n(.+?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
STEP = re.compile(r"^(\d+)\. `([\w.]+)`: \S", re.MULTILINE)
MOST_STEPS = 12


def first_sentence(package: Path) -> str:
    text = ast.get_docstring(ast.parse(package.read_text(encoding="utf-8"))) or ""
    return re.split(r"(?<=\.)\s", " ".join(text.split()), maxsplit=1)[0]


def test_the_table_has_every_package_with_the_first_sentence_of_its_docstring() -> None:
    packages = {
        ".".join(file.parent.relative_to(ROOT).parts): first_sentence(file)
        for file in (ROOT / "app").rglob("__init__.py")
        if file.parent != ROOT / "app"
    }
    assert all(packages.values()), "a package has no docstring"
    assert dict(re.findall(r"^\| `(app\.[\w.]+)` \| (.+) \|$", PAGE, re.MULTILINE)) == packages


def test_the_layers_are_those_of_the_import_contract() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layers = next(each["layers"] for each in contracts if each["id"] == "packages")
    shown = re.search(r"^## Layers$.+?^```\n(.+?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert shown is not None
    assert shown[1].splitlines() == layers


@pytest.mark.parametrize("journey", JOURNEYS.values(), ids=JOURNEYS)
def test_a_journey_has_a_dozen_steps_at_most_and_each_names_what_is_there(journey: str) -> None:
    steps = STEP.findall(journey)
    assert [int(number) for number, _ in steps] == list(range(1, len(steps) + 1))
    assert 0 < len(steps) <= MOST_STEPS
    for _, name in steps:
        assert callable(resolve_name(name)), name


def test_there_are_the_four_journeys() -> None:
    assert len(JOURNEYS) == 4


def test_decisions_are_numbered_and_have_a_date_and_a_status() -> None:
    records = re.findall(r"^## (\d+)\. (.+)\n\n(.+)\n\n\S", DECISIONS, re.MULTILINE)
    numbers = [int(number) for number, _, _ in records]
    assert numbers == list(range(1, DECISIONS.count("\n## ") + 1))
    assert len({title for _, title, _ in records}) == len(records)
    for number, _, line in records:
        status = re.fullmatch(r"\d{4}-\d\d-\d\d · (?:accepted|(?:accepted; )?superseded(?: in part)? by (\d+))", line)
        assert status is not None, line
        assert status[1] is None or int(number) < int(status[1]) <= len(records)


def test_modules_that_decisions_name_exist() -> None:
    """Of what is overruled, too: its names are the present ones."""
    packages = {file.name for file in (ROOT / "app").iterdir() if file.is_dir()}
    named = {name for name in re.findall(r"`([a-z_]+(?:\.[a-z_]+)+)`", DECISIONS) if name.split(".")[0] in packages}
    assert named
    missing = {name for name in named if not is_there(f"app.{name}")}
    assert not missing


def is_there(name: str) -> bool:
    """A module, or what one holds."""
    try:
        resolve_name(name)
    except (ImportError, AttributeError):
        return False
    return True
