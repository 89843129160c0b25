"""What a subscription asks for: a query as a value, stored as its canonical JSON."""

import json
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Annotated, Final

from pydantic import Field

from app.catalogue.schema import Schema, example
from app.kit.error_collector import ErrorCollector
from app.kit.errors import BadQuery, ErrorDetail, Invalid
from app.kit.json_types import JsonMapping, JsonObject
from app.search.index.snapshot import Snapshot
from app.search.query.filter_parser import parse_parameters, parse_tree, read_parameters, read_tree
from app.search.query.model import Query
from app.search.query_summary import describe_query

MAX_QUERIES: Final = 20
"""In one sign-up, and of one subscriber."""
Presets = Mapping[str, str]
"""By name, a collection and parameters, as `publications?format=blog-post`."""


class QueryIn(Schema):
    """A query to subscribe to: `filters` and `q` as the parameters of a list, or `where` as a tree of conditions."""

    model_config = example({"collection": "publications", "filters": {"topic": ["{topics.0}"]}})

    collection: Annotated[str, Field(max_length=80)] = "entries"
    filters: dict[str, list[str]] = {}
    where: JsonObject | None = None
    q: Annotated[str, Field(max_length=500)] | None = None


def read_queries(snapshot: Snapshot, presets: Presets, names: list[str], queries: list[QueryIn]) -> list[JsonObject]:
    """The canonical JSON of what was chosen, each once; of all presets where nothing was. Raises Invalid."""
    offered = offered_presets(snapshot, presets)
    errors = ErrorCollector()
    if len(queries) > MAX_QUERIES:
        errors.add(ErrorDetail("too-many", f"At most {MAX_QUERIES} queries.", pointer="/queries"))
        errors.check(Invalid)
    for location, name in enumerate(names):
        if name not in offered:
            pointer = f"/presets/{location}"
            errors.add(ErrorDetail("unknown-preset", "Unknown preset.", pointer=pointer, allowed=tuple(offered)))
    chosen = [offered[name] for name in names if name in offered]
    for location, given in enumerate(queries):
        chosen += _chosen(errors, snapshot, given, f"/queries/{location}")
    found = {digest_of(each): each for each in chosen or ([] if queries or names else offered.values())}
    if not found and not errors:
        errors.add(ErrorDetail("nothing-chosen", "Choose what to subscribe to.", pointer="/queries"))
    if len(found) > MAX_QUERIES:
        errors.add(ErrorDetail("too-many", f"At most {MAX_QUERIES} queries.", pointer="/queries"))
    errors.check(Invalid)
    return list(found.values())


def _chosen(errors: ErrorCollector, snapshot: Snapshot, given: QueryIn, location: str) -> list[JsonObject]:
    """The canonical JSON of one query; none where something is wrong with it."""
    own = ErrorCollector()
    query = _read(own, snapshot, given)
    errors.merge(own, lambda error: _inside(error, location))
    return [] if own or query is None else [stored_form(query)]


def read_query(snapshot: Snapshot, given: QueryIn) -> Query:
    """Raises BadQuery."""
    errors = ErrorCollector()
    query = _read(errors, snapshot, given)
    errors.check()
    if query is None:
        raise LookupError("A query that cannot be read says why.")
    return query


def _read(errors: ErrorCollector, snapshot: Snapshot, given: QueryIn) -> Query | None:
    """The query is of use where nothing is wrong; None where it cannot be read at all."""
    if given.collection not in subscribable(snapshot):
        error = ErrorDetail("unknown-collection", "Unknown collection.", pointer="/collection")
        errors.add(replace(error, allowed=subscribable(snapshot)))
        return None
    if given.where is not None and given.filters:
        errors.add(ErrorDetail("not-together", "Give `filters` or `where`.", pointer="/where"))
    if "sort" in given.filters:
        errors.add(ErrorDetail("unknown-parameter", "A subscription cannot be sorted.", pointer="/filters/sort"))
    if errors:
        return None
    if given.where is not None:
        return read_tree(errors, snapshot, given.collection, {"where": given.where, "q": given.q})
    pairs = [(name, value) for name, values in given.filters.items() for value in values if value]
    return read_parameters(errors, snapshot, given.collection, [*pairs, *([("q", given.q)] if given.q else [])])


def subscribable(snapshot: Snapshot) -> tuple[str, ...]:
    """The collections of entries, the one of all of them first."""
    registry = snapshot.registry
    own = (each.name for each in registry.collections.values() if all(schema.has_terms for schema in each.schemas))
    return tuple(dict.fromkeys((registry.everything, *own)))


def offered_presets(snapshot: Snapshot, presets: Presets) -> dict[str, JsonObject]:
    """Those that name nothing which is not here, by name."""
    found = {}
    for name, text in presets.items():
        collection, _, parameters = text.partition("?")
        parts = [part.partition("=") for part in parameters.split("&") if part]
        pairs = [(parameter, value) for parameter, _, value in parts]
        try:
            if collection in subscribable(snapshot):
                found[name] = stored_form(parse_parameters(snapshot, collection, pairs))
        except BadQuery:
            continue  # a vocabulary of this knowledge base has no such term
    return found


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


def describe_stored_query(snapshot: Snapshot, stored: JsonMapping, presets: Presets) -> str:
    """In words, for a page or a mail."""
    requested = digest_of(stored)
    for name, preset in offered_presets(snapshot, presets).items():
        if digest_of(preset) == requested:
            return preset_label(name)
    try:
        text = describe_query(snapshot, replace(parse_stored_query(snapshot, stored), sort=()))
    except BadQuery:
        return "A search for something that no longer exists"
    return text[:1].upper() + text[1:]


def preset_label(preset: str) -> str:
    return preset.replace("-", " ").capitalize()


def _inside(error: ErrorDetail, location: str) -> ErrorDetail:
    own = f"/filters/{error.parameter}" if error.parameter not in (None, "q", "sort") else f"/{error.parameter}"
    return replace(error, parameter=None, pointer=location + (error.pointer or own))
