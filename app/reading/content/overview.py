"""`/v1`, the overview of the collections, and the description of the fields of each."""

from app.exports.formats import FORMATS
from app.kit.json_types import JsonObject
from app.reading.content.lists import available_formats
from app.reading.requests.result_window import INCLUDABLE, facetable, properties
from app.reading.requests.urls import UrlBuilder
from app.search.facets import caption, value_label
from app.search.index.snapshot import Snapshot
from app.search.query.schema import Field

MAX_LISTED = 200
"""Values that the description of a field lists; where there are more, facets have them."""


def overview(snapshot: Snapshot, addresses: UrlBuilder, about: JsonObject) -> JsonObject:
    """Collections with their counts and addresses; `about` is what the settings say of the whole."""
    vocabularies = {each.collection: each for each in snapshot.registry.vocabularies.values()}
    collections = []
    for name in snapshot.registry.collections:
        vocabulary = vocabularies.get(name)
        collections.append(
            {
                "name": name,
                "label": vocabulary.label if vocabulary else name.capitalize(),
                "parameter": vocabulary.name if vocabulary and vocabulary.is_field else None,
                "count": len(snapshot.members(name)),
                "url": addresses.collection(name),
                "fields_url": addresses.collection(name, "/fields"),
            }
        )
    return {
        **about,
        "revision": snapshot.revision.number,
        "epoch": snapshot.revision.epoch_text,
        "collections": collections,
        "formats": [
            {
                "name": each.name,
                "label": each.label,
                "media_type": each.media_type,
                "extension": each.extension,
            }
            for each in FORMATS.values()
        ],
        "links": {
            "self": f"{addresses.base}/v1",
            "html": f"{addresses.pages.base}/",
            "openapi": f"{addresses.base}/openapi.json",
            "documentation": f"{addresses.base}/docs",
            "health": f"{addresses.base}/health/ready",
        },
    }


def example_urls(snapshot: Snapshot, addresses: UrlBuilder) -> list[str]:
    """Three URLs that show what can be requested: entries with a term, facet counts, entries in a citation format."""
    everything = snapshot.registry.everything
    term_fields = [field for field in snapshot.fields(everything).values() if field.type.name == "term"]
    frequent = [(field.name, sizes[0][1]) for field in term_fields if (sizes := snapshot.by_size(field))]
    path = f"/v1/{everything}"
    facets = ",".join(field.name for field in term_fields[:3])
    words = next((row.label.split()[0].lower() for row in snapshot.live(everything)), "knowledge")
    return [
        *(addresses.query_url(path, [pair]) for pair in frequent[:1]),
        addresses.query_url(path, [*frequent[1:2], ("facets", facets), ("per_page", "1")] if facets else []),
        addresses.query_url(f"{path}.bib", [("q", words)]),
    ]


def describe_collection(snapshot: Snapshot, addresses: UrlBuilder, collection: str) -> JsonObject:
    """Everything a client needs to build a search form by itself."""
    known = snapshot.registry.collections[collection]
    return {
        "collection": collection,
        "default_sort": known.sort,
        "fields": [_field(snapshot, field) for field in known.fields.values()],
        "properties": list(properties(snapshot, collection)),
        "facets": list(facetable(snapshot, collection)),
        "include": list(INCLUDABLE) if any(schema.has_terms for schema in known.schemas) else [],
        "formats": [each.name for each in available_formats(snapshot, collection)],
        "links": {
            "self": addresses.collection(collection, "/fields"),
            "collection": addresses.collection(collection),
        },
    }


def _field(snapshot: Snapshot, field: Field) -> JsonObject:
    values = None
    if field.type.name == "term":
        values = [{"slug": row.slug, "label": row.label} for name in field.collections for row in snapshot.live(name)]
    elif field.choices:
        values = [{"slug": each, "label": value_label(field, each)} for each in field.choices]
    elif field.is_closed and len(found := snapshot.by_size(field)) <= MAX_LISTED:
        values = [{"slug": value, "label": caption(snapshot, field, value)[0]} for _, value, _ in found]
    return {
        "name": field.name,
        "label": field.label,
        "description": field.description,
        "type": field.type.name,
        "operators": list(field.type.operators),
        "sortable": field.sortable,
        "facetable": field.facetable,
        "values": values,
    }
