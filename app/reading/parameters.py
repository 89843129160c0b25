"""The parameters of a collection as OpenAPI describes them, from its fields."""

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from app.reading.asking import (
    FACET_SIZE,
    INCLUDABLE,
    MOST_FACET_SIZE,
    MOST_FACETS,
    MOST_PER_PAGE,
    MOST_RESULTS,
    MOST_SAMPLED,
    facetable,
    properties,
)
from app.reading.lists import offered
from app.search.fields import Field
from app.search.layout import Collection
from app.search.parsing import MAX_SORTS
from app.search.query import MAX_VALUES, RELEVANCE
from app.search.snapshot import Snapshot
from app.search.types import BOOLEAN, INTEGER, TERM, YEAR

Json = dict[str, Any]
DAY_FORM = "[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?"
FORMS: dict[str, Json] = {
    "boolean": {"type": "boolean"},
    "integer": {"type": "integer", "minimum": 1 - 10**17, "maximum": 10**18 - 1},
    "year": {"type": "string", "pattern": f"^{DAY_FORM}$"},
    "date": {"type": "string", "pattern": f"^{DAY_FORM}$"},
    "instant": {
        "type": "string",
        "pattern": f"^({DAY_FORM}|[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z)$",
    },
    "duration": {
        "type": "string",
        "pattern": "^PT([0-9]{1,6}H([0-9]{1,6}M)?([0-9]{1,6}S)?|[0-9]{1,6}M([0-9]{1,6}S)?|[0-9]{1,6}S)$",
    },
}
"""What a value of each type looks like; any other type is text."""
MEANINGS = {
    "any": "{0} Repeat for any of several.",
    "all": "All of these (repeat it). {0}",
    "not": "None of these (repeat it). {0}",
    "exact": "As the plain parameter, without narrower terms. {0}",
    "gte": "From here on. {0}",
    "lte": "Up to here. {0}",
    "exists": "Whether there is any value. {0}",
}


LISTED = {"style": "form", "explode": False}
"""Commas between the values; repeating the parameter is understood as well."""


def parameter(name: str, schema: Json, description: str, example: Any, **rest: Any) -> Json:
    """The example is the schema's: shown to readers and tools, and not filled in for them by the documentation page."""
    return {
        "name": name,
        "in": "query",
        "description": description,
        "schema": {**schema, "examples": [example]},
        **rest,
    }


def list_parameters(snapshot: Snapshot, collection: str) -> list[Json]:
    """`q` first, then filters, then the shape of the answer."""
    known = snapshot.layout.collections[collection]
    return [
        WORDS,
        *(each for field in known.fields.values() for each in field_parameters(snapshot, field)),
        sort_parameter(known),
        *WALKS,
        *shape_parameters(snapshot, collection),
        *facet_parameters(facetable(snapshot, collection)),
    ]


WORDS = parameter(
    "q",
    {"type": "string", "maxLength": 8192},
    'Words; `"a phrase"`, `OR` and `-word` are understood.',
    "innovation",
)
WALKS = (
    parameter(
        "page",
        {"type": "integer", "minimum": 1, "maximum": MOST_RESULTS},
        "Page by number, within 10,000 results.",
        1,
    ),
    parameter(
        "per_page",
        {"type": "integer", "minimum": 1, "maximum": MOST_PER_PAGE},
        "Results on a page: 25 unless you say otherwise.",
        25,
    ),
    parameter(
        "cursor",
        {"type": "string", "pattern": r"^(\*|[A-Za-z0-9_-]+)$"},
        "`*` begins a walk to the very end; go on with `meta.next_cursor`. Not with `page`.",
        "*",
    ),
    parameter(
        "sample",
        {"type": "integer", "minimum": 1, "maximum": MOST_SAMPLED},
        "So many at random instead of a page.",
        5,
    ),
    parameter(
        "seed",
        {"type": "integer", "minimum": 0, "maximum": 999999999},
        "Another seed, another sample; the same seed, the same sample. With `sample`.",
        7,
    ),
    parameter(
        "highlight",
        {"type": "boolean"},
        "Fragments with the words marked, as HTML that is safe to put into a page. With `q`.",
        False,
    ),
)
"""Ways through the results, the same for every collection."""


def sort_parameter(known: Collection) -> Json:
    sortable = [name for name, field in known.fields.items() if field.sortable]
    return parameter(
        "sort",
        {
            **_names([*sortable, *(f"-{name}" for name in sortable), RELEVANCE.field]),
            "uniqueItems": True,
            "maxItems": MAX_SORTS,
        },
        f"Orders, comma-separated, descending with a hyphen; `{RELEVANCE.field}` alone and with `q`. "
        f"Otherwise `{known.sort}`.",
        known.sort.split(","),
        **LISTED,
    )


def facet_parameters(facets: Sequence[str]) -> list[Json]:
    """Nothing where there is nothing to count by."""
    if not facets:
        return []
    return [
        parameter(
            "facets",
            {**_names(list(facets)), "maxItems": MOST_FACETS},
            "Count these, each under the other filters but not its own.",
            [facets[0]],
            **LISTED,
        ),
        parameter(
            "facet_size",
            {"type": "integer", "minimum": 1, "maximum": MOST_FACET_SIZE},
            "Most values of a facet.",
            FACET_SIZE,
        ),
        parameter(
            "group_by",
            {"type": "string", "enum": list(facets)},
            "Groups instead of a page: a value each, with its first `per_page` (5; at most 10) documents.",
            facets[0],
        ),
    ]


def shape_parameters(snapshot: Snapshot, collection: str) -> list[Json]:
    """`select`, `include` and `as`."""
    known = snapshot.layout.collections[collection]
    names = list(properties(snapshot, collection))
    result = [parameter("select", _names(names), "Only these members.", ["slug"], **LISTED)]
    if any(shape.classified for shape in known.shapes):
        description = "The whole document of each of these, under `document`."
        result.append(parameter("include", _names(list(INCLUDABLE)), description, [INCLUDABLE[0]], **LISTED))
    formats = [each.name for each in offered(snapshot, collection)]
    result.append(parameter("as", {"type": "string", "enum": formats}, "A representation; wins over `Accept`.", "json"))
    return result


def _names(names: list[str]) -> Json:
    return {"type": "array", "items": {"type": "string", "enum": names}, "minItems": 1}


def field_parameters(snapshot: Snapshot, field: Field) -> Iterator[Json]:
    """One parameter an operator; the plain name means any of its values."""
    for op in field.type.operators:
        name = field.name if op == "any" else f"{field.name}__{op}"
        description = MEANINGS[op].format(field.description)
        if op == "exists":
            yield parameter(name, {"type": "boolean"}, description, True)
        elif op in ("gte", "lte"):
            yield parameter(name, value_schema(snapshot, field), description, typed(field, field.type.example))
        else:
            items = {"type": "array", "items": value_schema(snapshot, field), "minItems": 1, "maxItems": MAX_VALUES}
            yield parameter(
                name, items, description, [typed(field, example_of(snapshot, field))], style="form", explode=True
            )


def example_of(snapshot: Snapshot, field: Field) -> str:
    """The most frequent value there is: an example that finds something."""
    if field.type.ranged and field.type is not YEAR:
        return field.type.example
    there = (value for _, value, _ in snapshot.by_size(field) if not field.choices or value in field.choices)
    return next(there, field.choices[0] if field.choices else field.type.example)


def value_schema(snapshot: Snapshot, field: Field) -> Json:
    """Enumerated where the vocabulary is closed."""
    if field.type is TERM:
        slugs = sorted(row.slug for name in field.collections for row in snapshot.live(name))
        return {"type": "string", "enum": slugs} if slugs else {"type": "string"}
    if field.choices:
        return {"type": "string", "enum": list(field.choices)}
    text: Json = {"type": "string", "minLength": 1}
    return FORMS.get(field.type.name, text)


def typed(field: Field, text: str) -> Any:
    """An example as the schema wants it: a number or a truth value is not text."""
    return orjson.loads(text) if field.type in (INTEGER, BOOLEAN) else text


def item_parameters(snapshot: Snapshot, collection: str, example: str) -> list[Json]:
    slug = {
        "name": "slug",
        "in": "path",
        "required": True,
        "description": "Slug, or an identifier as `doi:10.…`.",
        "schema": {"type": "string", "minLength": 1},
        "example": example,
    }
    return [slug, *shape_parameters(snapshot, collection)]
