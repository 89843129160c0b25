"""A stored query: what a subscriber or partner follows, as a value that is kept as its canonical JSON."""

import json
from dataclasses import replace
from hashlib import sha256
from typing import Annotated

from fastapi import Depends, Request
from pydantic import Field

from app.catalogue.schema import Schema, example
from app.http.services import services_of
from app.kit.error_collector import ErrorCollector
from app.kit.errors import BadQuery, ErrorDetail
from app.kit.json_types import JsonMapping, JsonObject
from app.search.index.live_index import Index
from app.search.index.snapshot import Snapshot
from app.search.query.filter_parser import parse_tree, read_parameters, read_tree
from app.search.query.model import Query


class QueryIn(Schema):
    """A query to subscribe to: `filters` and `q` as the parameters of a list, or `where` as a tree of conditions."""

    model_config = example({"collection": "publications", "filters": {"topic": ["{topics.0}"]}})

    collection: Annotated[str, Field(max_length=80)] = "entries"
    filters: dict[str, list[str]] = {}
    where: JsonObject | None = None
    q: Annotated[str, Field(max_length=500)] | None = None


def read_query(snapshot: Snapshot, given: QueryIn) -> Query:
    """Raises BadQuery."""
    errors = ErrorCollector()
    query = collect_query(errors, snapshot, given)
    if errors or query is None:
        raise BadQuery(errors=errors.resolved())
    return query


def collect_query(errors: ErrorCollector, snapshot: Snapshot, given: QueryIn) -> Query | None:
    """The query is of use where nothing is wrong; None where it cannot be read at all."""
    if given.collection not in entry_collections(snapshot):
        error = ErrorDetail("unknown-collection", "Unknown collection.", pointer="/collection")
        errors.add(replace(error, allowed=entry_collections(snapshot)))
        return None
    if given.where is not None and given.filters:
        errors.add(ErrorDetail("not-together", "Give `filters` or `where`.", pointer="/where"))
    if "sort" in given.filters:
        errors.add(ErrorDetail("unknown-parameter", "A stored query cannot be sorted.", pointer="/filters/sort"))
    if errors:
        return None
    if given.where is not None:
        return read_tree(errors, snapshot, given.collection, {"where": given.where, "q": given.q})
    pairs = [(name, value) for name, values in given.filters.items() for value in values if value]
    return read_parameters(errors, snapshot, given.collection, [*pairs, *([("q", given.q)] if given.q else [])])


def entry_collections(snapshot: Snapshot) -> tuple[str, ...]:
    """The collections of entries, the one of all of them first."""
    registry = snapshot.registry
    own = (each.name for each in registry.collections.values() if all(schema.has_terms for schema in each.schemas))
    return tuple(dict.fromkeys((registry.everything, *own)))


def stored_form(query: Query) -> JsonObject:
    return query.as_json()


def parse_stored_query(snapshot: Snapshot, stored: JsonMapping) -> Query:
    """The query as it reads today: a term that was replaced is followed. Raises BadQuery where one, or the
    collection, has vanished."""
    order = ",".join(stored["sort"]) or None
    where = {"where": stored["where"], "q": stored["q"], "sort": order}
    return parse_tree(snapshot, stored["collection"], where, is_stored=True)


def digest_of(stored: JsonMapping) -> str:
    """SHA-256 of the canonical JSON."""
    return sha256(json.dumps(stored, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def current_snapshot(request: Request) -> Snapshot:
    """A dependency, for handlers that run in threads: everything published, as it is now."""
    return services_of(request)[Index].current_snapshot()


CurrentSnapshot = Annotated[Snapshot, Depends(current_snapshot)]
