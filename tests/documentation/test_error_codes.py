"""Every code that a reader's or subscriber's request can be refused with is explained, and no other."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from app.http.problems.validation_errors import PYDANTIC_CODES
from app.reading.evidence_map.request import SIDES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "errors.md").read_text("utf-8")
PACKAGES = ("http", "kit", "mailing/api", "mailing/subscriptions", "reading", "search")
CODE_AT = {"ErrorDetail": 0, "_refusal": 0, "add_error": 1, "error": 1}
"""Which argument is the code, by what is called."""
MADE = {
    *(f"unknown-{name}" for name in ("select", "include", "facets", "group_by", "term", "value", *SIDES)),
    "wrong-type",
    "invalid-value",
}
"""Of names that are put together."""


def codes() -> Iterator[str]:
    for package in PACKAGES:
        for path in sorted((ROOT / "app" / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call):
                    yield from code_of(node)


def code_of(call: ast.Call) -> Iterator[str]:
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    place = CODE_AT.get(name)
    if place is not None and len(call.args) > place:
        argument = call.args[place]
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str) and argument.value:
            yield argument.value


def test_the_table_has_every_code_of_a_refusal() -> None:
    documented = re.findall(r"^\| `([a-z_-]+)` \|", PAGE, re.MULTILINE)
    assert sorted(documented) == sorted(set(documented))
    assert set(documented) == {*codes(), *MADE, *PYDANTIC_CODES}
