"""The parameters of a collection as OpenAPI describes them, from its fields; values that are closed are enumerations
among the schemas."""

from collections.abc import Iterator, Sequence
from typing import Final

import orjson

from app.kit.json_types import JsonObject
from app.kit.text.characters import MAX_LENGTH
from app.openapi.components import reference
from app.openapi.public.collections import RESOURCE_TYPE, VOCABULARY, DescribedCollection, closed_values
from app.openapi.public.value_forms import FORM_NAMES, FORMS, TEXT
from app.reading.evidence_map.router import MAP_FORMATS
from app.reading.requests.result_window import (
    COMBINATIONS,
    FACET_SIZE,
    INCLUDABLE,
    MAX_FACET_SIZE,
    MAX_FACETS,
    MAX_PER_PAGE,
    MAX_RESULTS,
    MAX_SAMPLED,
    facetable,
    properties,
)
from app.reading.requests.suggestion_request import DEFAULT_LIMIT
from app.search.index.completion import MAX_COMPLETIONS
from app.search.index.snapshot import Snapshot
from app.search.query.condition_parser import MAX_SORTS
from app.search.query.model import MAX_VALUES, RELEVANCE
from app.search.query.schema import Field
from app.search.query.value_types import BOOLEAN, INTEGER, TERM, YEAR

OPERATOR_DESCRIPTIONS = {
    "any": "{0}",
    "all": "All of these. {0}",
    "not": "None of these. {0}",
    "gte": "From this value on. {0}",
    "lte": "Up to this value. {0}",
}


LISTED = {"style": "form", "explode": False}
"""Separate values with commas, or repeat the parameter."""


def parameter(name: str, schema: JsonObject, description: str, example: object, **rest: object) -> JsonObject:
    """The example is the schema's: shown to readers and tools, and not filled in for them by the documentation page."""
    return {
        "name": name,
        "in": "query",
        "description": description,
        "schema": {**schema, "examples": [example]},
        **rest,
    }


FREQUENT: Final = ("gte", "lte")
FREQUENT_OF_TERMS: Final = ("all", "not")
"""Operators that have parameters of their own; the description of the list names the others."""
LIMIT = parameter(
    "limit",
    {"type": "integer", "minimum": 1, "maximum": MAX_COMPLETIONS, "default": DEFAULT_LIMIT},
    "Maximum number of results.",
    DEFAULT_LIMIT,
)

FACET_SIZE_PARAMETER = parameter(
    "facet_size",
    {"type": "integer", "minimum": 1, "maximum": MAX_FACET_SIZE},
    "Maximum number of values per facet.",
    FACET_SIZE,
)


RELATED_SELECT = parameter(
    "select",
    {"type": "array", "items": TEXT, "minItems": 1},
    "Return only these members of each document.",
    ["title", "url"],
    **LISTED,
)
COMBINE_PARAMETER = parameter(
    "combine",
    {"type": "string", "enum": list(COMBINATIONS)},
    "How the value of a facet combines with those selected: `any` (the default) counts what it finds instead of them, "
    "`all` what it leaves of them. Requires `facets`.",
    COMBINATIONS[1],
)
TREE_PARAMETER = parameter(
    "query",
    {"type": "string", "minLength": 1},
    "Nested conditions as JSON, as `where` of `/search`; must hold beside all other parameters.",
    '{"not":{"field":"slug","op":"any","value":"an-example"}}',
)


def list_parameters(snapshot: Snapshot, collection: DescribedCollection) -> list[JsonObject]:
    """The common ones first: words, vocabularies, the way through the results, the answer's form; then the other
    fields, and operators last."""
    fields = [each for each in collection.fields.values() if len(each.choices) != 1]
    vocabularies = [each for each in fields if each.type is TERM]
    others = [each for each in fields if each.type is not TERM and each.type.operators]
    return [
        WORDS,
        *(any_parameter(snapshot, each, collection) for each in vocabularies),
        sort_parameter(collection),
        *WALKS,
        TREE_PARAMETER,
        *shape_parameters(collection),
        *facet_parameters(collection, facetable(snapshot, collection.name)),
        *(any_parameter(snapshot, each, collection) for each in others),
        *(each for field in (*vocabularies, *others) for each in operator_parameters(snapshot, field, collection)),
    ]


WORDS = parameter(
    "q",
    {"type": "string", "maxLength": MAX_LENGTH},
    'Search words; supports `"a phrase"`, `OR` and `-word`.',
    "innovation",
)
WALKS = (
    parameter(
        "page",
        {"type": "integer", "minimum": 1, "maximum": MAX_RESULTS},
        "Page number; pages end at 10,000 results.",
        1,
    ),
    parameter(
        "per_page",
        {"type": "integer", "minimum": 1, "maximum": MAX_PER_PAGE},
        "Results per page, 25 by default. Formats other than JSON return all results by default.",
        25,
    ),
    parameter(
        "cursor",
        {"type": "string", "pattern": r"^(\*|[A-Za-z0-9_-]+)$"},
        "Cursor: `*` starts at the beginning, `meta.next_cursor` continues. Not with `page`.",
        "*",
    ),
    parameter(
        "sample",
        {"type": "integer", "minimum": 1, "maximum": MAX_SAMPLED},
        "A random sample of this size, instead of a page.",
        5,
    ),
    parameter(
        "seed",
        {"type": "integer", "minimum": 0, "maximum": 999999999},
        "Seed of the random sample: the same seed gives the same sample. Requires `sample`.",
        7,
    ),
    parameter(
        "highlight",
        {"type": "boolean"},
        "Include fragments with the matching words marked, as safe HTML. Requires `q`.",
        False,
    ),
)
"""Ways through the results, the same for every collection."""


def map_parameters(snapshot: Snapshot, collection: DescribedCollection) -> list[JsonObject]:
    """The sides of a map, then all that says which entries: as of a list, without its order and its pages."""
    sides = {
        "rows": ("Field whose values are the rows.", "topic"),
        "columns": ("Field whose values are the columns.", "stage"),
        "cells": ("Field whose values divide each cell.", "format"),
    }
    facet = reference(collection.values("Facet"))
    own = ("sort", "page", "per_page", "cursor", "sample", "seed", "highlight", "select", "include", "as", "facets")
    left_out = (*own, "facet_size", "combine", "group_by")
    return [
        *(
            {**parameter(name, facet, description, example), **({"required": True} if name != "cells" else {})}
            for name, (description, example) in sides.items()
        ),
        parameter("as", {"type": "string", "enum": list(MAP_FORMATS)}, "Format of the map.", "json"),
        *(each for each in list_parameters(snapshot, collection) if each["name"] not in left_out),
    ]


def sort_parameter(collection: DescribedCollection) -> JsonObject:
    return parameter(
        "sort",
        {
            **_listed(collection.values("Sort")),
            "uniqueItems": True,
            "maxItems": MAX_SORTS,
        },
        f"Sort fields, separated by commas, with a hyphen for descending; `{RELEVANCE.field}` alone and with `q`. "
        f"Otherwise `{collection.known.sort}`.",
        collection.known.sort.split(","),
        **LISTED,
    )


def facet_parameters(collection: DescribedCollection, facets: Sequence[str]) -> list[JsonObject]:
    """Nothing where there is nothing to count by."""
    if not facets:
        return []
    return [
        parameter(
            "facets",
            {**_listed(collection.values("Facet")), "maxItems": MAX_FACETS},
            "Facets to count, each under the other filters.",
            [facets[0]],
            **LISTED,
        ),
        FACET_SIZE_PARAMETER,
        COMBINE_PARAMETER,
        parameter(
            "group_by",
            reference(collection.values("Facet")),
            "Group by this field: each value with its first `per_page` documents (5 by default, at most 10), "
            "and at most 200 documents in total.",
            facets[0],
        ),
    ]


def shape_parameters(collection: DescribedCollection) -> list[JsonObject]:
    """`select`, `include` and `as`."""
    result = [
        parameter("select", _listed(collection.values("Member")), "Return only these members.", ["slug"], **LISTED),
    ]
    if any(schema.has_terms for schema in collection.known.schemas):
        description = "Embed the full document of each of these, under `document`."
        result.append(parameter("include", _listed("Include"), description, [INCLUDABLE[0]], **LISTED))
    result.append(
        parameter("as", reference(collection.values("Format")), "Format of the response; overrides `Accept`.", "json")
    )
    return result


def enumerations(snapshot: Snapshot, collection: DescribedCollection) -> JsonObject:
    """The closed values that the parameters and bodies of a collection refer to, by the names of their schemas."""
    sortable = [name for name, field in collection.fields.items() if field.sortable]
    facets = facetable(snapshot, collection.name)
    names = {
        "Sort": [*sortable, *(f"-{name}" for name in sortable), RELEVANCE.field],
        "Member": list(properties(snapshot, collection.name)),
        "Facet": list(facets),
        "Format": [each.name for each in collection.formats],
    }
    schemas = {collection.values(ending): _enumeration(values) for ending, values in names.items() if values}
    for field, name in collection.value_names.items():
        known = collection.fields[field]
        schemas[name] = _enumeration(closed_values(snapshot, known)) | {"description": known.description}
    forms = {name: FORMS[form] for form, name in FORM_NAMES.items()}
    return schemas | forms | {"Include": _enumeration(INCLUDABLE)}


def _enumeration(values: Sequence[str]) -> JsonObject:
    return {"type": "string", "enum": list(values)}


def _listed(model: str) -> JsonObject:
    return {"type": "array", "items": reference(model), "minItems": 1}


def any_parameter(snapshot: Snapshot, field: Field, collection: DescribedCollection) -> JsonObject:
    """The plain name: any of its values."""
    items = {
        "type": "array",
        "items": value_schema(field, collection),
        "minItems": 1,
        "maxItems": MAX_VALUES,
    }
    return parameter(
        field.name,
        items,
        OPERATOR_DESCRIPTIONS["any"].format(field.description),
        [typed(field, example_of(snapshot, field))],
    )


def operator_parameters(snapshot: Snapshot, field: Field, collection: DescribedCollection) -> Iterator[JsonObject]:
    for op in (each for each in field.type.operators if each in OPERATOR_DESCRIPTIONS):
        description = OPERATOR_DESCRIPTIONS[op].format(field.description)
        if op in FREQUENT:
            schema = value_schema(field, collection)
            yield parameter(f"{field.name}__{op}", schema, description, typed(field, field.type.example))
        elif op in FREQUENT_OF_TERMS and field.type is TERM:
            yield any_parameter(snapshot, field, collection) | {
                "name": f"{field.name}__{op}",
                "description": description,
            }


def example_of(snapshot: Snapshot, field: Field) -> str:
    """The most frequent value there is: an example that finds something."""
    if field.type.ranged and field.type is not YEAR:
        return field.type.example
    there = (value for _, value, _ in snapshot.by_size(field) if not field.choices or value in field.choices)
    return next(there, field.choices[0] if field.choices else field.type.example)


def value_schema(field: Field, collection: DescribedCollection) -> JsonObject:
    """Enumerated where the vocabulary is closed."""
    if field.name in collection.value_names:
        return reference(collection.value_names[field.name])
    return reference(FORM_NAMES[field.type.name]) if field.type.name in FORM_NAMES else FORMS.get(field.type.name, TEXT)


def typed(field: Field, text: str) -> str | int | bool:
    """An example as the schema wants it: a number or a truth value is not text."""
    return orjson.loads(text) if field.type in (INTEGER, BOOLEAN) else text


def vocabulary_parameter(collection: DescribedCollection) -> JsonObject:
    return {
        "name": VOCABULARY,
        "in": "path",
        "required": True,
        "description": "The vocabulary whose terms these are.",
        "schema": _enumeration(collection.names),
        "example": collection.name,
    }


def resource_type_parameter(collections: Sequence[DescribedCollection]) -> JsonObject:
    names = [name for each in collections for name in each.names]
    return {
        "name": RESOURCE_TYPE,
        "in": "path",
        "required": True,
        "description": "Collection.",
        "schema": reference("CollectionName"),
        "example": names[0],
    }


def slug_parameter(example: str) -> JsonObject:
    return {
        "name": "slug",
        "in": "path",
        "required": True,
        "description": "Slug, id, or an identifier such as `doi:10.…`.",
        "schema": {"type": "string", "minLength": 1},
        "example": example,
    }


def item_parameters(collection: DescribedCollection) -> list[JsonObject]:
    return [slug_parameter(collection.example), *shape_parameters(collection)]
