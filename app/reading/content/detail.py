"""Single things: found by slug or identifier; moved, gone, or shown."""

from dataclasses import dataclass

import orjson
from pyroaring import BitMap

from app.exports.formats import Format
from app.kit.errors import Gone, Moved, NotFound
from app.kit.json_types import JsonObject
from app.kit.values.uuids import is_uuid
from app.reading.requests.content_negotiation import split_extension
from app.reading.requests.urls import Pair, Urls
from app.search.index.live_index import Index
from app.search.index.snapshot import Snapshot
from app.search.storage.rows import WITHDRAWN, IndexRow


@dataclass(frozen=True)
class FoundDocument:
    row: IndexRow
    extension: Format | None


def find_document(
    index: Index,
    snapshot: Snapshot,
    addresses: Urls,
    collection: str,
    key: str,
    pairs: tuple[Pair, ...],
    *,
    ending: str = "",
) -> FoundDocument:
    """The document that `key` names: as a whole, else without its extension.

    Raises `Moved` for a former slug, `Gone` for what was withdrawn, `NotFound`.
    """
    row = _named(snapshot, collection, key)
    extension = None
    if row is None:
        stem, extension = split_extension(key)
        row = _named(snapshot, collection, stem) if extension else None
    if row is None:
        raise NotFound("Nothing is published at this URL.")
    if row.state == "moved":
        ending = f".{extension.extension}" if extension else ending
        path = f"{addresses.root}/{row.label}{ending}"
        raise Moved(addresses.query_url(path, pairs), "It has moved to another address.")
    if row.state == "gone":
        raise _gone(index, snapshot, row)
    return FoundDocument(row, extension)


def _named(snapshot: Snapshot, collection: str, key: str) -> IndexRow | None:
    row = snapshot.lookup(collection, key)
    if row is not None:
        return row
    homes = snapshot.document_collections(collection)
    if is_uuid(uuid := key.lower()):
        named = snapshot.by_id(uuid)
        return named if named is not None and named.collection in homes else None
    members = snapshot.members(collection)
    found = [ident for ident in snapshot.identified(key) if ident in members]
    withdrawn = () if found else snapshot.identified(key, WITHDRAWN)
    rows = [row for ident in (*found, *withdrawn) if (row := snapshot.rows.get(ident)) is not None]
    return next((row for row in rows if row.collection in homes), None)


def _gone(index: Index, snapshot: Snapshot, row: IndexRow) -> Gone:
    (body,) = index.bodies(snapshot, [row.id])
    stone = orjson.loads(body)
    replacement = stone["replacement"]["url"] if stone["replacement"] else None
    return Gone("Withdrawn.", reason=stone["reason"], date=stone["date"], replacement=replacement)


def terms_of(snapshot: Snapshot, row: IndexRow) -> list[int]:
    """The terms of a vocabulary, for formats that show it whole; none for anything else."""
    if not snapshot.registry.schemas[row.kind].defines:
        return []
    return list(snapshot.members(snapshot.registry.vocabularies[row.slug].collection))


def counts(snapshot: Snapshot, row: IndexRow) -> dict[str, int]:
    """How many published entries of each kind have a term, narrower ones included."""
    field = snapshot.registry.field_by_collection.get(row.collection)
    having = snapshot.closure(field, row.slug) if field else BitMap()
    kinds = (
        schema.collection for schema in snapshot.registry.schemas.values() if schema.has_terms and schema.collection
    )
    return {name: having.intersection_cardinality(snapshot.members(name)) for name in kinds}


def narrower(snapshot: Snapshot, addresses: Urls, row: IndexRow) -> list[dict[str, str]]:
    """Small pointers to the terms just below a term, in the vocabulary's order."""
    order = snapshot.default_order(row.collection)
    ids = snapshot.posting(*_narrower_field(row)) & snapshot.members(row.collection)
    walk = snapshot.orders.walk(row.collection, order, ids)
    rows = (snapshot.rows.get(ident) for ident in walk)
    return [
        {"id": each.uuid, "slug": each.slug, "label": each.label, "url": addresses.item(each.collection, each.slug)}
        for each in rows
        if each is not None
    ]


def tree(snapshot: Snapshot, addresses: Urls, vocabulary: str) -> list[JsonObject]:
    """The terms of a vocabulary, narrower ones inside wider ones, in the vocabulary's own order."""
    collection = snapshot.registry.vocabularies[vocabulary].collection
    members = snapshot.members(collection)
    order = snapshot.default_order(collection)
    inside = {ident for wide in snapshot.live(collection) for ident in snapshot.posting(*_narrower_field(wide))}

    def branch(ids: BitMap) -> list[JsonObject]:
        walk = snapshot.orders.walk(collection, order, ids)
        rows = [snapshot.rows.get(ident) for ident in walk]
        return [
            {
                "id": row.uuid,
                "slug": row.slug,
                "label": row.label,
                "url": addresses.item(collection, row.slug),
                "narrower": branch(members & snapshot.posting(*_narrower_field(row))),
            }
            for row in rows
            if row is not None
        ]

    return branch(members - BitMap(inside))


def _narrower_field(row: IndexRow) -> tuple[str, str]:
    """Field and value under which the narrower terms of a term are found."""
    return f"@broader/{row.collection}", row.slug
