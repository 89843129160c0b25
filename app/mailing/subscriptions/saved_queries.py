"""The queries of subscriptions: presets, and the reader's own."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from app.feed.stored_queries import (
    QueryIn,
    collect_query,
    digest_of,
    entry_collections,
    parse_stored_query,
    stored_form,
)
from app.kit.error_collector import ErrorCollector
from app.kit.errors import BadQuery, ErrorDetail, Invalid
from app.kit.json_types import JsonMapping, JsonObject
from app.search.index.snapshot import Snapshot
from app.search.query.filter_parser import parse_parameters
from app.search.query_summary import query_title

MAX_QUERIES: Final = 20
"""In one sign-up, and of one subscriber."""
Presets = Mapping[str, str]
"""By name, a collection and parameters, as `publications?format=blog-post`."""


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
    query = collect_query(own, snapshot, given)
    errors.merge(own, lambda error: _inside(error, location))
    return [] if own or query is None else [stored_form(query)]


def offered_presets(snapshot: Snapshot, presets: Presets) -> dict[str, JsonObject]:
    """Those that name nothing which is not here, by name."""
    found = {}
    for name, text in presets.items():
        collection, _, parameters = text.partition("?")
        parts = [part.partition("=") for part in parameters.split("&") if part]
        pairs = [(parameter, value) for parameter, _, value in parts]
        try:
            if collection in entry_collections(snapshot):
                found[name] = stored_form(parse_parameters(snapshot, collection, pairs))
        except BadQuery:
            continue  # a vocabulary of this knowledge base has no such term
    return found


def describe_stored_query(snapshot: Snapshot, stored: JsonMapping, presets: Presets) -> str:
    """In words, for a page or a mail."""
    requested = digest_of(stored)
    for name, preset in offered_presets(snapshot, presets).items():
        if digest_of(preset) == requested:
            return preset_label(name)
    try:
        return query_title(snapshot, parse_stored_query(snapshot, stored))
    except BadQuery:
        return "A search for something that no longer exists"


def preset_label(preset: str) -> str:
    return preset.replace("-", " ").capitalize()


def _inside(error: ErrorDetail, location: str) -> ErrorDetail:
    own = f"/filters/{error.parameter}" if error.parameter not in (None, "q", "sort") else f"/{error.parameter}"
    return replace(error, parameter=None, pointer=location + (error.pointer or own))
