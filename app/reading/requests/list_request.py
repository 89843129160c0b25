"""Parsing list requests: a query, a window on its results, and the members of each result."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from pydantic import Field

from app.catalogue.schema import Schema
from app.http.bodies import parse_pairs
from app.http.problems.validation_errors import validate_body
from app.kit.error_collector import ErrorCollector
from app.kit.errors import BadQuery, ErrorDetail, Invalid
from app.kit.json_types import JsonObject
from app.reading.requests.result_window import MAX_NAMES, ResultWindow, WindowParser
from app.reading.requests.suggestion_request import parse_limited
from app.reading.requests.urls import JSON_ONLY, MAX_QUERY_LENGTH, Pair, encoded, query_pairs
from app.search.index.snapshot import Snapshot
from app.search.query.condition_parser import ErrorLocation, in_body, in_url
from app.search.query.filter_parser import RESERVED, read_parameters, read_tree
from app.search.query.model import Query

MAX_PARAMETERS = 500
QUERY_PARAMETERS = ("q", "sort", "query")
LISTS = ("sort", "select", "include", "facets")
"""Parameters with commas between their values; generated clients repeat them instead."""


@dataclass(frozen=True)
class ListRequest:
    """`pairs` are the parameters as sent, without `as`, or those that say the same as a body; None where they are too
    long. `names` are those of the parameters or members that were sent; `location` says where an error of one lies."""

    query: Query
    window: ResultWindow
    pairs: tuple[Pair, ...] | None = ()
    names: Collection[str] = ()
    location: ErrorLocation = in_url


def parse_query_string(raw: bytes) -> tuple[Pair, ...]:
    """The decoded parameters of a query string. Raises BadQuery."""
    if not raw:
        return ()
    try:
        return tuple(parse_pairs(raw, MAX_PARAMETERS))
    except UnicodeError:
        raise BadQuery("The query string is not percent-encoded UTF-8.") from None
    except ValueError:
        raise BadQuery(f"At most {MAX_PARAMETERS} parameters.") from None


def parse_list_request(
    errors: ErrorCollector, snapshot: Snapshot, collection: str, pairs: Sequence[Pair]
) -> ListRequest:
    """A list request from URL parameters; errors are collected in `errors`."""
    own: list[Pair] = []
    rest: dict[str, list[str]] = {}
    for name, value in _joined(pairs):
        if name in RESERVED and name not in QUERY_PARAMETERS:
            rest.setdefault(name, []).append(value)
        else:
            own.append((name, value))
    rest.pop("as", None)
    query = read_parameters(errors, snapshot, collection, own)
    window = WindowParser(errors, snapshot, collection).read(rest)
    _check_conflicts(errors, window, {name for name, _ in own})
    names = {name for name, _ in pairs}
    return ListRequest(query, window, tuple(pair for pair in pairs if pair[0] != "as"), names)


def canonical_pairs(snapshot: Snapshot, request: ListRequest, *dropped: str) -> list[Pair] | None:
    """The query string without the page, its filters in canonical form; None where it would be too long."""
    if request.pairs is None:
        return None
    left_out = ("q", "sort", "query", "page", "cursor", *dropped)
    rest = [pair for pair in request.pairs if pair[0] in RESERVED and pair[0] not in left_out]
    return query_pairs(snapshot, request.query) + sorted(rest, key=lambda pair: RESERVED.index(pair[0]))


def with_parameters(list_request: ListRequest, pairs: Sequence[Pair], names: Sequence[str]) -> ListRequest:
    """With these parameters as well in the addresses of its pages."""
    more = tuple(pair for pair in pairs if pair[0] in names)
    return replace(list_request, pairs=(*(list_request.pairs or ()), *more))


def _joined(pairs: Sequence[Pair]) -> list[Pair]:
    """With one pair for each parameter that lists: its values, commas between them."""
    lists: dict[str, list[str]] = {}
    for name, value in pairs:
        if name in LISTS:
            lists.setdefault(name, []).append(value)
    rest = [pair for pair in pairs if pair[0] not in LISTS]
    return rest + [(name, ",".join(values)) for name, values in lists.items()]


def _check_conflicts(
    errors: ErrorCollector, window: ResultWindow, given: Collection[str], location: ErrorLocation = in_url
) -> None:
    """Refuse parameters of the window that have no effect beside the others: nothing is ignored."""
    if window.highlight and "q" not in given:
        message = "This requires `q`."
        errors.add(ErrorDetail("highlight-without-q", message, allowed=(), **location("highlight")))
    if window.sample is not None and "sort" in given:
        errors.add(ErrorDetail("not-together", "A sample cannot be sorted.", allowed=(), **location("sort")))


def reject_json_only(names: Iterable[str], label: str, location: ErrorLocation = in_url) -> None:
    """Raise `BadQuery` for parameters that have no effect in a format other than JSON: nothing is ignored."""
    message = f"This is not available in the format {label}."
    errors = [
        ErrorDetail("only-with-json", message, allowed=(), **location(name)) for name in names if name in JSON_ONLY
    ]
    if errors:
        raise BadQuery(errors=errors)


NameList = Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1, max_length=MAX_NAMES)]


class SearchBody(Schema):
    """A search as JSON: `where` is a tree of `and`, `or`, `not` and conditions `{"field", "op", "value"}`."""

    where: JsonObject | None = None
    q: str | None = None
    sort: str | NameList | None = None
    page: int | None = None
    per_page: int | None = None
    cursor: str | None = None
    select: NameList = []
    include: NameList = []
    facets: NameList = []
    facet_size: int | None = None
    combine: str | None = None
    group_by: str | None = None
    sample: int | None = None
    seed: int | None = None
    highlight: bool | None = None


def parse_search_request(errors: ErrorCollector, snapshot: Snapshot, collection: str, body: object) -> ListRequest:
    """A list request from a JSON body; errors of the query are collected in `errors`. Raises `Invalid` for its form."""
    model = _search_body(body)
    given: dict[str, list[str]] = {}
    for name in ("page", "per_page", "cursor", "facet_size", "combine", "group_by", "sample", "seed", "highlight"):
        value = getattr(model, name)
        if value is not None:
            given[name] = [str(value).lower() if isinstance(value, bool) else str(value)]
    for name in ("select", "include", "facets"):
        if getattr(model, name):
            given[name] = [",".join(getattr(model, name))]
    query = read_tree(errors, snapshot, collection, model.model_dump(include={"where", "q", "sort"}))
    window = WindowParser(errors, snapshot, collection, in_body).read(given)
    own = {name for name in ("q", "sort") if getattr(model, name) is not None}
    names = [*own, *given]
    _check_conflicts(errors, window, own, in_body)
    if errors:
        return ListRequest(query, window, None, names, in_body)
    pairs = (*query_pairs(snapshot, query), *((name, values[0]) for name, values in given.items()))
    return ListRequest(query, window, pairs if len(encoded(pairs)) <= MAX_QUERY_LENGTH else None, names, in_body)


def _search_body(body: object) -> SearchBody:
    if not isinstance(body, dict):
        raise Invalid(errors=[ErrorDetail("invalid-value", "Must be an object.", pointer="")])
    return validate_body(SearchBody, body, depth=1)


def reject_parameters(pairs: Sequence[Pair]) -> None:
    """Raise `BadQuery` for any parameter, where none is allowed: nothing is ignored."""
    errors = [ErrorDetail("unknown-parameter", "This URL takes no parameters.", parameter=name) for name, _ in pairs]
    if errors:
        raise BadQuery(errors=errors)


def parse_related_request(snapshot: Snapshot, collection: str, pairs: Sequence[Pair]) -> tuple[int, tuple[str, ...]]:
    """`limit`, and the members that `select` names: those of all entries where what is related may be any of them.
    Raises `BadQuery`."""
    selected = [pair for pair in pairs if pair[0] == "select"]
    _, limit = parse_limited([pair for pair in pairs if pair not in selected], text=None, others=("select",))
    registry = snapshot.registry
    entries = all(schema.has_terms for schema in registry.collections[collection].schemas)
    return limit, parse_detail_request(snapshot, registry.everything if entries else collection, selected).select


def parse_detail_request(snapshot: Snapshot, collection: str, pairs: Sequence[Pair]) -> ResultWindow:
    """The parameters of a single document: `select`, `include`. Raises `BadQuery`."""
    allowed = ("select", "include", "as")
    for name, _ in pairs:
        if name not in allowed:
            error = ErrorDetail("unknown-parameter", "Unknown parameter.", parameter=name, allowed=allowed)
            raise BadQuery(errors=(error,))
    given: dict[str, list[str]] = {}
    for name, value in _joined(pairs):
        if name != "as":
            given.setdefault(name, []).append(value)
    errors = ErrorCollector()
    window = WindowParser(errors, snapshot, collection).read(given)
    errors.check()
    return window
