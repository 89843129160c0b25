"""The request and response bodies of collections, as OpenAPI schemas."""

from typing import Final

from app.catalogue.kind import Kind
from app.catalogue.registry import KINDS
from app.kit.json_types import JsonObject
from app.openapi.components import any_of, reference
from app.openapi.public.citation_parameters import citation_schemas
from app.openapi.public.collections import DescribedCollection, described_collections
from app.openapi.public.parameters import COMBINE_PARAMETER, FACET_SIZE_PARAMETER, WALKS, WORDS, enumerations
from app.openapi.public.value_forms import TEXT
from app.reading.requests.result_window import INCLUDABLE, MAX_FACETS
from app.search.index.snapshot import Snapshot
from app.search.query.condition_parser import MAX_SORTS
from app.search.query.filter_parser import MAX_LEAVES, RESERVED
from app.search.query.model import MAX_VALUES, OPERATORS

NULL: Final[JsonObject] = {"type": "null"}
PART: Final = "Only those of its members that `select` names."


def add_documents(schemas: JsonObject) -> None:
    """Complete what the models say of documents: the name of the kind, what answers add, and parts of all of it."""
    for kind in KINDS:
        name = kind.output.__name__
        schema = schemas[name]
        schema["properties"]["kind"] = {"type": "string", "const": kind.name}
        _add_included(schemas, schema)
        schema["properties"]["highlights"] = reference("Highlights")
        if "terms" in schema["properties"]:
            schema["properties"]["terms"] = reference("Terms")
        required = schema.pop("required")
        schemas[f"{name}Part"] = schema | {"description": PART}
        schemas[name] = {
            "type": "object",
            "description": schema.get("description", ""),
            "allOf": [
                reference(f"{name}Part"),
                {"type": "object", "properties": {"kind": schema["properties"]["kind"]}},
            ],
            "required": required,
        }
        more = [reference("WithLinks"), *_only_alone(kind)]
        for each in (name, f"{name}Part"):
            schemas[f"{each}Item"] = {"allOf": [reference(each), *more]}


def _only_alone(kind: Kind) -> list[JsonObject]:
    """What is added where a thing is shown alone."""
    found = []
    if kind.search_schema.broader:
        found.append(reference("WithCounts"))
    if kind.search_schema.defines:
        found.append(reference("WithTerms"))
    return found


def _add_included(schemas: JsonObject, schema: JsonObject) -> None:
    for name in INCLUDABLE:
        items = schema["properties"].get(name, {}).get("items", {})
        if "$ref" in items:
            pointer = schemas[items["$ref"].rpartition("/")[2]]
            pointer["properties"]["document"] = {
                "anyOf": [{"type": "object", "additionalProperties": True}, {"type": "null"}],
                "description": f"The whole document, with `include={name}`.",
            }


def collection_schemas(snapshot: Snapshot) -> JsonObject:
    """Page, group and enumerations of every collection, and the search body."""
    collections = tuple(described_collections(snapshot))
    names = [name for each in collections for name in each.names]
    schemas: JsonObject = {
        "CollectionName": {"type": "string", "enum": names},
        "Condition": condition(),
        "SearchRequest": search_request(),
        "Terms": terms(snapshot),
    }
    for each in collections:
        schemas[each.model("Page")] = page(each)
        schemas[each.model("Group")] = group(each)
        schemas |= enumerations(snapshot, each)
    schemas |= citation_schemas()
    return schemas


def terms(snapshot: Snapshot) -> JsonObject:
    """A list for each vocabulary, empty where an entry has none of its terms."""

    def several(description: str) -> JsonObject:
        return {"type": "array", "items": reference("Ref"), "description": description}

    vocabularies = {each.name: each for each in snapshot.registry.facets}
    return {
        "type": "object",
        "description": "Its terms: a list for every vocabulary, empty where it has none.",
        "properties": {name: several(f"{each.label}.") for name, each in sorted(vocabularies.items())},
        "required": sorted(vocabularies),
        "additionalProperties": several("Terms of a vocabulary that was added later."),
    }


def documents(collection: DescribedCollection, description: str) -> JsonObject:
    return {"type": "array", "items": any_of(collection.documents()), "description": description}


def page(collection: DescribedCollection) -> JsonObject:
    groups = {"type": "array", "items": reference(collection.model("Group")), "description": "With `group_by`."}
    facets = {
        "type": "object",
        "additionalProperties": reference("Facet"),
        "description": "With `facets`: by the name of the field.",
    }
    return {
        "type": "object",
        "description": f"A page of {collection.label}.",
        "required": ["meta", "results", "links"],
        "properties": {
            "meta": reference("ListMeta"),
            "results": documents(collection, "The documents, in order; empty with `group_by`."),
            "groups": groups,
            "facets": facets,
            "links": reference("ListLinks"),
        },
    }


def group(collection: DescribedCollection) -> JsonObject:
    url = {
        "anyOf": [{"type": "string", "format": "uri"}, {"type": "null"}],
        "description": "URL of all documents of the group; null if no query can express it.",
    }
    return {
        "type": "object",
        "description": "A group: one value of the field, with its first documents.",
        "required": ["slug", "label", "count", "url", "results"],
        "properties": {
            "slug": {"type": "string", "description": "The value, as used in queries."},
            "label": {"type": "string", "description": "The label of the value."},
            "count": {"type": "integer", "description": "Number of documents with it."},
            "url": url,
            "results": documents(collection, "Its first documents, in order."),
        },
    }


def search_request() -> JsonObject:
    """Says what the parameters of a list say, with a tree in the place of filters. Names are not enumerated: each
    collection has others, and the service names the nearest."""
    names = {"type": "array", "items": TEXT, "minItems": 1}
    members: JsonObject = {
        "sort": {"anyOf": [names | {"maxItems": MAX_SORTS}, {"type": "string"}, NULL]},
        "select": names,
        "include": {"type": "array", "items": reference("Include"), "minItems": 1},
        "facets": names | {"maxItems": MAX_FACETS},
        "group_by": {"anyOf": [TEXT, NULL]},
    }
    for each in (WORDS, *WALKS, FACET_SIZE_PARAMETER, COMBINE_PARAMETER):
        schema = {key: value for key, value in each["schema"].items() if key not in ("examples", "default")}
        members[each["name"]] = {"anyOf": [schema, NULL], "description": each["description"]}
    where = {
        "anyOf": [reference("Condition"), NULL],
        "description": "The conditions; without them, every document matches.",
    }
    ordered = {name: members[name] for name in RESERVED if name in members}
    for name, schema in ordered.items():
        schema.setdefault("description", f"Like the parameter `{name}` of the list.")
    return {
        "type": "object",
        "description": "The parameters of the list, and `where` for nested conditions.",
        "additionalProperties": False,
        "properties": {"where": where, **ordered},
    }


def condition() -> JsonObject:
    """A tree of `and`, `or`, `not` and leaves, as one object: generators make a class of it, not of a choice."""
    itself = reference("Condition")
    value = {"anyOf": [{"type": "string", "minLength": 1}, {"type": "integer"}, {"type": "boolean"}]}
    several = {"type": "array", "items": itself, "minItems": 1, "maxItems": MAX_LEAVES}
    return {
        "type": "object",
        "description": "Either `field` and `value`, compared by `op`, or one of `and`, `or`, `not`.",
        "minProperties": 1,
        "maxProperties": 3,
        "properties": {
            "field": {"type": "string", "minLength": 1, "description": "Name of the field; `/fields` lists all."},
            "op": {"type": "string", "enum": list(OPERATORS), "description": f"Defaults to `{OPERATORS[0]}`."},
            "value": {
                "anyOf": [*value["anyOf"], {"type": "array", "items": value, "minItems": 1, "maxItems": MAX_VALUES}]
            },
            "and": several,
            "or": several,
            "not": itself,
        },
        "additionalProperties": False,
    }
