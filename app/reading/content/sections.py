"""The sections of a collection: what their queries find is found when the collection is read, so it is never stale."""

import orjson

from app.catalogue.record_mapping import outward_link
from app.kit.error_collector import ErrorCollector
from app.kit.json_types import JsonObject
from app.reading.requests.urls import UrlBuilder, query_pairs
from app.search.index.live_index import Index
from app.search.index.snapshot import Snapshot
from app.search.query.list_address import read_list_address


def resolve_sections(index: Index, snapshot: Snapshot, addresses: UrlBuilder, body: bytes) -> bytes:
    """The document with the first entries that each query finds. How many sections have a query, and how many entries
    they show, is bounded where collections are written."""
    document = orjson.loads(body)
    for section in document.get("sections", ()):
        if section["query"] is not None:
            section |= _found(index, snapshot, addresses, section["query"], section["limit"])
    return orjson.dumps(document)


def _found(index: Index, snapshot: Snapshot, addresses: UrlBuilder, text: str, limit: int) -> JsonObject:
    """Nothing where the query names what is not there any more."""
    query = read_list_address(ErrorCollector(), snapshot, snapshot.registry.entry_lists, text)
    if query is None:
        return {"entries": [], "count": 0, "query_url": None}
    matched = snapshot.match(query)
    ids = snapshot.page(query, matched, skip=0, take=limit)
    pairs = query_pairs(snapshot, query)
    return {
        "entries": [_item(orjson.loads(body)) for body in index.bodies(snapshot, ids)],
        "count": len(matched),
        "query_url": addresses.query_url(f"/v1/{query.collection}", pairs) if pairs is not None else None,
    }


def _item(document: JsonObject) -> JsonObject:
    return {
        "id": document["id"],
        "kind": document["kind"],
        "slug": document["slug"],
        "label": document["title"],
        "url": document["url"],
        "link": outward_link(document["resources"], document["identifiers"]),
        "line": None,
    }
