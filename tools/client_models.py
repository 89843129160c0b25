"""The models of the Python client (`make client-models`), generated from `openapi.json` as `/openapi/public.json` has
it: what its answers are made of, and no more. With `--check` it compares and writes nothing (`make check`)."""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.openapi.document import DescriptionPart, part_of, reachable

PROJECT = Path(__file__).parents[1]
DESCRIPTION = PROJECT / "openapi.json"
MODELS = PROJECT / "clients" / "python" / "src" / "knowledge_base_client" / "models.py"
GENERATOR = PROJECT / ".venv" / "tools" / "bin" / "datamodel-codegen"
OPTIONS = (
    *("--input-file-type", "openapi", "--output-model-type", "typing.TypedDict", "--target-python-version", "3.11"),
    *("--enum-field-as-literal", "all", "--use-schema-description", "--disable-timestamp", "--formatters", "builtin"),
    *("--import-overrides", '{"TypedDict": "typing"}', "--custom-file-header"),
)
HEADER = '"""What the knowledge base answers. Generated from its description: `make client-models`."""'
ANSWERS = (
    *("CollectionFields", "Completions", "Condition", "EvidenceMap", "Facet", "ListLinks", "ListMeta", "Overview"),
    *("Problem", "PublicChanges", "RelatedDocuments"),
)
"""Beside the documents. Pages of lists are alike, and one class of the client."""

Schemas = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    models = generate(client_schemas(json.loads(DESCRIPTION.read_text("utf-8"))))
    if not parser.parse_args().check:
        MODELS.write_text(models, encoding="utf-8")
    elif not MODELS.exists() or MODELS.read_text(encoding="utf-8") != models:
        sys.exit(f"{MODELS.relative_to(PROJECT)} is not what openapi.json says. Run `make client-models`.")


def client_schemas(description: Schemas) -> Schemas:
    """Schemas by name: whole documents, and what they and the other answers are made of."""
    components = part_of(description, DescriptionPart.public)["components"]
    schemas = components["schemas"]
    plain = {name: _plain(schema, schemas) for name, schema in schemas.items()}
    wanted = [*ANSWERS, *(f"{name}Item" for name in _documents(schemas))]
    paths = {"wanted": [{"$ref": f"#/components/schemas/{name}"} for name in wanted]}
    found: Schemas = reachable({"schemas": plain}, paths)["schemas"]
    return found


def _documents(schemas: Schemas) -> Iterator[str]:
    return (name for name in schemas if {f"{name}Part", f"{name}Item"} <= schemas.keys())


def _plain(schema: Schemas, schemas: Schemas) -> Schemas:
    """A document in one piece; a table by names, of which some are known, as any other table; and nothing closed, which
    typed dictionaries are not."""
    if "required" in schema and "allOf" in schema:
        parts = [schemas[each["$ref"].rpartition("/")[2]] if "$ref" in each else each for each in schema["allOf"]]
        members = {name: member for part in parts for name, member in part["properties"].items()}
        return {**{key: value for key, value in schema.items() if key != "allOf"}, "properties": members}
    if isinstance(schema.get("additionalProperties"), dict):
        return {key: value for key, value in schema.items() if key not in ("properties", "required")}
    return {key: value for key, value in schema.items() if key != "additionalProperties"}


def generate(schemas: Schemas) -> str:
    """A module of typed dictionaries, as the project formats its own."""
    description = {"openapi": "3.1.0", "info": {"title": "models", "version": "1"}, "paths": {}}
    with tempfile.TemporaryDirectory() as folder:
        source, made = Path(folder) / "public.json", Path(folder) / "models.py"
        source.write_text(json.dumps({**description, "components": {"schemas": schemas}}))
        subprocess.run([GENERATOR, *OPTIONS, HEADER, "--input", source, "--output", made], check=True)
        text = made.read_text(encoding="utf-8")
    ruff = Path(sys.executable).with_name("ruff")
    for command in (("check", "--fix", "--select", "I,D"), ("format",)):
        options = ("--quiet", "--stdin-filename", str(MODELS), "-")
        done = subprocess.run([ruff, *command, *options], cwd=PROJECT, input=text, capture_output=True, text=True)
        text = done.stdout
    return text


if __name__ == "__main__":
    main()
