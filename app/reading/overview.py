"""`/v1`: what is there. And what can be asked of each collection."""

from typing import Any

from app.exports.formats import FORMATS
from app.reading.addresses import Addresses
from app.reading.lists import offered
from app.reading.windows import INCLUDABLE, facetable, properties
from app.search.fields import Field
from app.search.snapshot import Snapshot


def overview(snapshot: Snapshot, addresses: Addresses, about: dict[str, Any]) -> dict[str, Any]:
    """Collections with their counts and addresses; `about` is what the settings say of the whole."""
    vocabularies = {each.collection: each for each in snapshot.layout.vocabularies.values()}
    collections = []
    for name in snapshot.layout.collections:
        vocabulary = vocabularies.get(name)
        collections.append(
            {
                "name": name,
                "label": vocabulary.label if vocabulary else name.capitalize(),
                "parameter": vocabulary.name if vocabulary else None,
                "count": len(snapshot.members(name)),
                "url": addresses.collection(name),
                "fields_url": addresses.collection(name, "/fields"),
            }
        )
    return {
        **about,
        "revision": snapshot.head.number,
        "epoch": snapshot.head.epoch_text,
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
            "openapi": f"{addresses.base}/openapi.json",
            "documentation": f"{addresses.base}/docs",
            "health": f"{addresses.base}/health/ready",
        },
    }


def worth_trying(snapshot: Snapshot, addresses: Addresses) -> list[str]:
    """Three addresses that show what this knowledge base can be asked: by term, by count, in words for a citation."""
    everything = snapshot.layout.everything
    asked = [field for field in snapshot.fields(everything).values() if field.type.name == "term"]
    frequent = [(field.name, sizes[0][1]) for field in asked if (sizes := snapshot.by_size(field))]
    path = f"/v1/{everything}"
    facets = ",".join(field.name for field in asked[:3])
    words = next((row.label.split()[0].lower() for row in snapshot.live(everything)), "knowledge")
    return [
        *(addresses.asked(path, [pair]) for pair in frequent[:1]),
        addresses.asked(path, [*frequent[1:2], ("facets", facets), ("per_page", "1")] if facets else []),
        addresses.asked(f"{path}.bib", [("q", words)]),
    ]


def askable(snapshot: Snapshot, addresses: Addresses, collection: str) -> dict[str, Any]:
    """Everything a client needs to build a search form by itself."""
    known = snapshot.layout.collections[collection]
    return {
        "collection": collection,
        "default_sort": known.sort,
        "fields": [_field(snapshot, field) for field in known.fields.values()],
        "properties": list(properties(snapshot, collection)),
        "facets": list(facetable(snapshot, collection)),
        "include": list(INCLUDABLE) if any(shape.classified for shape in known.shapes) else [],
        "formats": [each.name for each in offered(snapshot, collection)],
        "links": {
            "self": addresses.collection(collection, "/fields"),
            "collection": addresses.collection(collection),
        },
    }


def _field(snapshot: Snapshot, field: Field) -> dict[str, Any]:
    values = None
    if field.type.name == "term":
        values = [{"slug": row.slug, "label": row.label} for name in field.collections for row in snapshot.live(name)]
    elif field.choices:
        values = [{"slug": each, "label": each.replace("_", " ")} for each in field.choices]
    return {
        "name": field.name,
        "description": field.description,
        "type": field.type.name,
        "operators": list(field.type.operators),
        "sortable": field.sortable,
        "facetable": field.facetable,
        "values": values,
    }
