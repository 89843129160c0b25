"""What collections answer and are asked in bodies, as OpenAPI describes it."""

import re
from collections.abc import Mapping
from typing import Any

from app.catalogue.kinds import Kind
from app.catalogue.registry import BY_NAME, KINDS
from app.reading.asking import INCLUDABLE
from app.reading.parameters import list_parameters
from app.search.parsing import MAX_LEAVES, RESERVED
from app.search.query import MAX_VALUES, OPERATORS
from app.search.snapshot import Snapshot

Json = dict[str, Any]
REFERENCE = "#/components/schemas/{model}"
PART = "Only those of its members that `select` names."


def reference(name: str) -> Json:
    return {"$ref": REFERENCE.format(model=name)}


def named(collection: str, ending: str) -> str:
    """The name of a schema of one collection, as `PublicationsPage`."""
    return "".join(part.capitalize() for part in re.split("[^0-9A-Za-z]+", collection)) + ending


def any_of(names: list[str]) -> Json:
    references = [reference(name) for name in names]
    return references[0] if len(references) == 1 else {"anyOf": references}


def add_documents(schemas: Json) -> None:
    """Complete what the models say of documents: the name of the kind, what answers add, and parts of all of it."""
    for kind in KINDS:
        name = kind.output.__name__
        schema = schemas[name]
        schema["properties"]["kind"] = {"type": "string", "const": kind.name}
        _add_included(schemas, schema)
        schema["properties"]["highlights"] = reference("Highlights")
        part = {key: value for key, value in schema.items() if key != "required"} | {"description": PART}
        schemas[f"{name}Part"] = part | {"title": f"{name}Part"}
        more = [reference("WithLinks"), *_only_alone(kind)]
        for each in (name, f"{name}Part"):
            schemas[f"{each}Item"] = {"allOf": [reference(each), *more]}


def _only_alone(kind: Kind) -> list[Json]:
    """What is added where a thing is shown alone."""
    found = []
    if kind.shape.broader:
        found.append(reference("WithCounts"))
    if kind.shape.defines:
        found.append(reference("WithTerms"))
    return found


def _add_included(schemas: Json, schema: Json) -> None:
    for name in INCLUDABLE:
        items = schema["properties"].get(name, {}).get("items", {})
        if "$ref" in items:
            pointer = schemas[items["$ref"].rpartition("/")[2]]
            pointer["properties"]["document"] = {
                "anyOf": [{"type": "object", "additionalProperties": True}, {"type": "null"}],
                "description": f"The whole document, with `include={name}`.",
            }


def collection_schemas(snapshot: Snapshot) -> Json:
    """Page, group and search of every collection."""
    schemas: Json = {"Condition": condition()}
    for name in sorted(snapshot.layout.collections):
        schemas[named(name, "Page")] = page(snapshot, name)
        schemas[named(name, "Group")] = group(snapshot, name)
        schemas[named(name, "Search")] = search_body(snapshot, name)
    return schemas


def models(snapshot: Snapshot, collection: str, ending: str = "") -> list[str]:
    """Names of the schemas of its documents, whole ones first, then parts."""
    names = [BY_NAME[shape.kind].output.__name__ for shape in snapshot.layout.collections[collection].shapes]
    return [f"{name}{part}{ending}" for part in ("", "Part") for name in names]


def documents(snapshot: Snapshot, collection: str) -> Json:
    return {"type": "array", "items": any_of(models(snapshot, collection))}


def page(snapshot: Snapshot, collection: str) -> Json:
    return {
        "type": "object",
        "required": ["meta", "results", "links"],
        "properties": {
            "meta": reference("ListMeta"),
            "results": documents(snapshot, collection),
            "groups": {"type": "array", "items": reference(named(collection, "Group"))},
            "facets": {"type": "object", "additionalProperties": reference("FacetAnswer")},
            "links": reference("ListLinks"),
        },
    }


def group(snapshot: Snapshot, collection: str) -> Json:
    return {
        "type": "object",
        "required": ["slug", "label", "count", "url", "results"],
        "properties": {
            "slug": {"type": "string"},
            "label": {"type": "string"},
            "count": {"type": "integer"},
            "url": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            "results": documents(snapshot, collection),
        },
    }


def search_body(snapshot: Snapshot, collection: str) -> Json:
    """Says what the parameters of the list say, with a tree in the place of filters."""
    shaping = {each["name"]: each for each in list_parameters(snapshot, collection)}
    names = [name for name in RESERVED if name in shaping and name != "as"]
    return {
        "type": "object",
        "description": "What the list takes as parameters, and `where` for conditions that nest.",
        "additionalProperties": False,
        "properties": {
            "where": {"anyOf": [reference("Condition"), {"type": "null"}]},
            **{name: _member(shaping[name]) for name in names},
        },
    }


def _member(parameter: Mapping[str, Any]) -> Json:
    """A list stays one; of anything else there may be none."""
    schema = {key: value for key, value in parameter["schema"].items() if key not in ("examples", "default")}
    if parameter["name"] == "sort":
        schema = {"anyOf": [schema, {"type": "string"}, {"type": "null"}]}
    elif schema["type"] != "array":
        schema = {"anyOf": [schema, {"type": "null"}]}
    return schema | {"description": parameter["description"]}


def condition() -> Json:
    """A tree of `and`, `or`, `not` and leaves, as one object: generators make a class of it, not of a choice."""
    itself = reference("Condition")
    value = {"anyOf": [{"type": "string", "minLength": 1}, {"type": "integer"}, {"type": "boolean"}]}
    several = {"type": "array", "items": itself, "minItems": 1, "maxItems": MAX_LEAVES}
    return {
        "type": "object",
        "description": "Either `field` and `value` (`op` says how they are compared), or one of `and`, `or`, `not`.",
        "minProperties": 1,
        "maxProperties": 3,
        "properties": {
            "field": {"type": "string", "minLength": 1, "description": "As in the parameters; `/fields` lists them."},
            "op": {"type": "string", "enum": list(OPERATORS), "description": f"`{OPERATORS[0]}` where it is left out."},
            "value": {
                "anyOf": [*value["anyOf"], {"type": "array", "items": value, "minItems": 1, "maxItems": MAX_VALUES}]
            },
            "and": several,
            "or": several,
            "not": itself,
        },
        "additionalProperties": False,
    }
