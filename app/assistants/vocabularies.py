"""The schema of queries for an assistant: collections, fields, vocabularies and their terms."""

import orjson

from app.assistants.context import AssistantContext
from app.assistants.summaries import shorten
from app.kit.errors import BadQuery, ErrorDetail
from app.kit.json_types import JsonObject
from app.kit.text.suggestions import closest_matches
from app.reading.requests.urls import UrlBuilder
from app.search.index.snapshot import Snapshot


def describe_vocabularies(context: AssistantContext, snapshot: Snapshot) -> JsonObject:
    """The collections, the fields of all entries with their operators, and the vocabularies."""
    registry, urls = snapshot.registry, context.reading.urls
    fields = registry.collections[registry.everything].fields.values()
    return {
        "collections": {name: len(snapshot.members(name)) for name in registry.collections},
        "fields": [
            {"name": each.name, "type": each.type.name, "operators": list(each.type.operators)}
            for each in fields
            if each.type.operators
        ],
        "vocabularies": [
            {
                "name": each.name,
                "label": each.label,
                "terms": len(snapshot.members(each.collection)),
                "url": urls.pages.collection(each.collection),
            }
            for each in registry.facets
        ],
        "url": f"{urls.pages.base}/",
    }


def list_terms(context: AssistantContext, snapshot: Snapshot, name: str) -> JsonObject:
    """The terms of a vocabulary in its own order, each with the number of entries. Raises `BadQuery`."""
    registry = snapshot.registry
    vocabulary = registry.vocabularies.get(name)
    if vocabulary is None or not vocabulary.is_field:
        names = [each.name for each in registry.facets]
        near = closest_matches(name, names)
        suggestion = near[0] if near else None
        message = "There is no such vocabulary."
        error = ErrorDetail(
            "unknown-value", message, parameter="vocabulary", allowed=tuple(names), suggestion=suggestion
        )
        raise BadQuery(errors=[error])
    collection = vocabulary.collection
    walk = snapshot.orders.walk(collection, snapshot.default_order(collection), snapshot.members(collection))
    ids = list(walk)
    bodies = context.reading.index.listed_bodies(snapshot, ids)
    terms = [
        _term(context.reading.urls, snapshot, collection, ident, body) for ident, body in zip(ids, bodies, strict=True)
    ]
    return {
        "vocabulary": name,
        "label": vocabulary.label,
        "terms": terms,
        "url": context.reading.urls.pages.collection(collection),
    }


def _term(urls: UrlBuilder, snapshot: Snapshot, collection: str, ident: int, body: bytes) -> JsonObject:
    row, document = snapshot.rows[ident], orjson.loads(body)
    broader = document.get("broader")
    term = {
        "slug": row.slug,
        "label": row.label,
        "definition": shorten(document.get("definition")),
        "broader": broader["slug"] if broader else None,
        "entries": len(snapshot.closure(snapshot.registry.field_by_collection[collection], row.slug)),
        "url": urls.pages.item(collection, row.slug),
    }
    return {name: value for name, value in term.items() if value is not None}
