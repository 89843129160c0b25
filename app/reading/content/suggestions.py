"""Completion while typing, and neighbours of a thing with the reasons why."""

from collections.abc import Sequence

import orjson

from app.kit.json_types import JsonObject
from app.reading.content.projection import load_documents
from app.reading.requests.urls import UrlBuilder
from app.search.index.completion import complete
from app.search.index.live_index import Index
from app.search.index.snapshot import Snapshot
from app.search.related import find_related
from app.search.storage.rows import IndexRow


def completions(snapshot: Snapshot, addresses: UrlBuilder, text: str, limit: int) -> JsonObject:
    results = [
        {
            "id": f"{each.row.collection}/{each.row.slug}",
            "label": each.row.label,
            "kind": each.row.kind,
            "slug": each.row.slug,
            "hint": each.hint,
            "parameter": each.field,
            "count": each.count,
            "url": addresses.item(each.row.collection, each.row.slug),
        }
        for each in complete(snapshot, text, limit)
    ]
    return {"results": results, "links": {"self": addresses.query_url("/v1/autocomplete", [("q", text)])}}


def related_documents(
    index: Index, snapshot: Snapshot, addresses: UrlBuilder, row: IndexRow, limit: int, select: Sequence[str]
) -> JsonObject:
    """Related documents, whole or the members that are selected, each with why it is there and how near it is."""
    (body,) = index.bodies(snapshot, [row.id])
    found = find_related(snapshot, row, orjson.loads(body), limit)
    bodies = load_documents(index, snapshot, [each.row.id for each in found], select, ())
    own = addresses.item(row.collection, row.slug)
    return {
        "results": [
            {
                "score": round(each.score, 3),
                "because": [{"what": what, "label": label} for what, label in each.reasons],
                "document": orjson.loads(whole),
            }
            for each, whole in zip(found, bodies, strict=True)
        ],
        "links": {"self": f"{own}/related", "of": own},
    }
