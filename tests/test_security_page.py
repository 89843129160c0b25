"""The table of risks in docs/security.md is whole, and the tests that it names exist."""

import ast
import re
from pathlib import Path

PROJECT = Path(__file__).parents[1]
ROWS = re.findall(
    r"^\| (API\d+) [^|]+ \| [^|]+ \| ([^|]+) \|$", (PROJECT / "docs/security.md").read_text("utf-8"), re.M
)


def functions(file: str) -> set[str]:
    tree = ast.parse((PROJECT / file).read_text("utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_risk_has_its_tests() -> None:
    assert [name for name, _ in ROWS] == [f"API{number}" for number in range(1, 11)]
    for name, tests in ROWS:
        named = re.findall(r"`(tests/[^`:]+)::(\w+)`", tests)
        assert len(named) == tests.count("`") // 2 >= 3, name
        assert [f"{file}::{test}" for file, test in named if test not in functions(file)] == []
