"""What a subscription asks for: a query as a value, stored as its canonical JSON."""

import json
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Annotated, Any, Final

from pydantic import Field

from app.catalogue.schema import Schema, example
from app.kit.error_collector import ErrorCollector
from app.kit.errors import BadQuery, Fault, Invalid
from app.search.describing import describe
from app.search.parsing import parse_parameters, parse_tree, read_parameters, read_tree
from app.search.query import Query
from app.search.snapshot import Snapshot

MOST_QUERIES: Final = 20
"""In one sign-up, and of one subscriber."""
Presets = Mapping[str, str]
"""By name, a collection and parameters, as `publications?format=blog-post`."""


class QueryIn(Schema):
    """A search to hear from: `filters` and `q` as the parameters of a list, or `where` as the tree of a search."""

    model_config = example({"collection": "publications", "filters": {"topic": ["{topics.0}"]}})

    collection: Annotated[str, Field(max_length=80)] = "entries"
    filters: dict[str, list[str]] = {}
    where: dict[str, Any] | None = None
    q: Annotated[str, Field(max_length=500)] | None = None


def read_queries(
    snapshot: Snapshot, presets: Presets, names: list[str], queries: list[QueryIn]
) -> list[dict[str, Any]]:
    """The canonical JSON of what was chosen, each once; of all presets where nothing was. Raises Invalid."""
    offered = offered_presets(snapshot, presets)
    errors = ErrorCollector()
    if len(queries) > MOST_QUERIES:
        errors.add(Fault("too-many", f"At most {MOST_QUERIES} queries.", pointer="/queries"))
        errors.check(Invalid)
    for place, name in enumerate(names):
        if name not in offered:
            pointer = f"/presets/{place}"
            errors.add(Fault("unknown-preset", "This is not offered.", pointer=pointer, allowed=tuple(offered)))
    chosen = [offered[name] for name in names if name in offered]
    for place, given in enumerate(queries):
        chosen += _chosen(errors, snapshot, given, f"/queries/{place}")
    found = {digest_of(each): each for each in chosen or ([] if queries or names else offered.values())}
    if not found and not errors:
        errors.add(Fault("nothing-chosen", "Say what you want to hear of.", pointer="/queries"))
    if len(found) > MOST_QUERIES:
        errors.add(Fault("too-many", f"At most {MOST_QUERIES} queries.", pointer="/queries"))
    errors.check(Invalid)
    return list(found.values())


def _chosen(errors: ErrorCollector, snapshot: Snapshot, given: QueryIn, place: str) -> list[dict[str, Any]]:
    """The canonical JSON of one query; none where something is wrong with it."""
    own = ErrorCollector()
    query = _read(own, snapshot, given)
    errors.take(own, lambda error: _inside(error, place))
    return [] if own or query is None else [as_stored(query)]


def read_query(snapshot: Snapshot, given: QueryIn) -> Query:
    """Raises BadQuery."""
    errors = ErrorCollector()
    query = _read(errors, snapshot, given)
    errors.check()
    assert query is not None
    return query


def _read(errors: ErrorCollector, snapshot: Snapshot, given: QueryIn) -> Query | None:
    """The query is of use where nothing is wrong; None where it cannot be read at all."""
    if given.collection not in subscribable(snapshot):
        error = Fault("unknown-collection", "There is no such collection to subscribe to.", pointer="/collection")
        errors.add(replace(error, allowed=subscribable(snapshot)))
        return None
    if given.where is not None and given.filters:
        errors.add(Fault("not-together", "Give `filters` or `where`.", pointer="/where"))
    if "sort" in given.filters:
        errors.add(Fault("unknown-parameter", "There is no order here.", pointer="/filters/sort"))
    if errors:
        return None
    if given.where is not None:
        return read_tree(errors, snapshot, given.collection, {"where": given.where, "q": given.q})
    pairs = [(name, value) for name, values in given.filters.items() for value in values if value]
    return read_parameters(errors, snapshot, given.collection, [*pairs, *([("q", given.q)] if given.q else [])])


def subscribable(snapshot: Snapshot) -> tuple[str, ...]:
    """The collections of entries, the one of all of them first."""
    layout = snapshot.layout
    own = (each.name for each in layout.collections.values() if all(shape.classified for shape in each.shapes))
    return tuple(dict.fromkeys((layout.everything, *own)))


def offered_presets(snapshot: Snapshot, presets: Presets) -> dict[str, dict[str, Any]]:
    """Those that name nothing which is not here, by name."""
    found = {}
    for name, text in presets.items():
        collection, _, parameters = text.partition("?")
        pairs = [tuple(part.partition("=")[::2]) for part in parameters.split("&") if part]
        try:
            if collection in subscribable(snapshot):
                found[name] = as_stored(parse_parameters(snapshot, collection, pairs))  # type: ignore[arg-type]
        except BadQuery:
            continue  # a vocabulary of this knowledge base has no such term
    return found


def as_stored(query: Query) -> dict[str, Any]:
    return query.as_json()


def restored(snapshot: Snapshot, stored: Mapping[str, Any]) -> Query:
    """The query as it reads today: a term that was replaced is followed. Raises BadQuery where one, or the
    collection, has vanished."""
    order = ",".join(stored["sort"]) or None
    return parse_tree(snapshot, stored["collection"], {"where": stored["where"], "q": stored["q"], "sort": order})


def digest_of(stored: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical JSON."""
    return sha256(json.dumps(stored, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def told(snapshot: Snapshot, stored: Mapping[str, Any], presets: Presets) -> str:
    """In words, for a page or a mail."""
    wanted = digest_of(stored)
    for name, preset in offered_presets(snapshot, presets).items():
        if digest_of(preset) == wanted:
            return label_of(name)
    try:
        text = describe(snapshot, replace(restored(snapshot, stored), sort=()))
    except BadQuery:
        return "A search for something that is no longer there"
    return text[:1].upper() + text[1:]


def label_of(preset: str) -> str:
    return preset.replace("-", " ").capitalize()


def _inside(fault: Fault, place: str) -> Fault:
    own = f"/filters/{fault.parameter}" if fault.parameter not in (None, "q", "sort") else f"/{fault.parameter}"
    return replace(fault, parameter=None, pointer=place + (fault.pointer or own))
