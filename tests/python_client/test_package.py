"""What is published as the Python client."""

import ast
import json
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import knowledge_base_client
from tools.client_models import DESCRIPTION, client_schemas

CLIENT = Path(__file__).parents[2] / "clients" / "python"
DECLARED = tomllib.loads((CLIENT / "pyproject.toml").read_text("utf-8"))["project"]


def imported() -> Iterator[str]:
    for path in (CLIENT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield node.module or ""


def test_it_needs_what_it_declares_and_nothing_of_the_service() -> None:
    names = {each.partition(">")[0].partition("[")[0] for each in DECLARED["dependencies"]}
    used = {name.partition(".")[0] for name in imported()} - sys.stdlib_module_names
    assert used == {"knowledge_base_client", *names}


def test_every_name_that_is_promised_is_there() -> None:
    assert all(hasattr(knowledge_base_client, name) for name in knowledge_base_client.__all__)


def test_models_are_of_whole_documents_and_open() -> None:
    schemas = client_schemas(json.loads(DESCRIPTION.read_text("utf-8")))
    assert {"kind", "title", "doi"} <= schemas["Publication"]["properties"].keys()
    assert schemas["PublicationItem"]["allOf"][0] == {"$ref": "#/components/schemas/Publication"}
    assert not [name for name in schemas if name.endswith(("Part", "Page", "Group"))]
    assert not [name for name, each in schemas.items() if each.get("additionalProperties") is False]
