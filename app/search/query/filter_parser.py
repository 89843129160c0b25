"""From URL parameters or a JSON tree to a `Query`. Nothing is clamped, dropped or ignored."""

from collections.abc import Iterable, Sequence
from functools import partial

from app.kit.error_collector import ErrorCollector
from app.kit.errors import ONCE
from app.kit.json_types import JsonMapping
from app.kit.text.json_parser import JsonTextError
from app.kit.text.json_parser import parse as parse_json
from app.kit.text.suggestions import closest_matches
from app.search.query.condition_parser import (
    MAX_SORTS,
    ErrorLocation,
    FilterParser,
    QuerySchema,
    in_body,
    in_url,
)
from app.search.query.model import MATCH_ALL, MAX_VALUES, And, Node, Not, Or, Query, canonical

MAX_DEPTH = 8
MAX_LEAVES = 200
MAX_NODES = 500


def parse_parameters(catalogue: QuerySchema, collection: str, pairs: Iterable[tuple[str, str]]) -> Query:
    """As `read_parameters`. Raises `BadQuery` with what is wrong."""
    errors = ErrorCollector()
    query = read_parameters(errors, catalogue, collection, pairs)
    errors.check()
    return query


def read_parameters(
    errors: ErrorCollector,
    catalogue: QuerySchema,
    collection: str,
    pairs: Iterable[tuple[str, str]],
    *,
    is_stored: bool = False,
) -> Query:
    """URL parameters (decoded, in order) that belong to the query: filters, `q`, `sort`, and a tree in `query`.

    What is wrong goes to `errors`; the query is of use where there are none.
    """
    parser = FilterParser(catalogue, collection, errors, is_stored=is_stored)
    grouped: dict[str, list[str]] = {}
    for name, value in pairs:
        grouped.setdefault(name, []).append(value)
    single = {name: single_value(parser, name, grouped.pop(name, [])) for name in ("q", "sort", "query")}
    tree = single.pop("query")
    nested = [_tree_parameter(parser, tree)] if tree is not None else []
    conditions = [node for name, values in grouped.items() if (node := _parameter(parser, name, values)) is not None]
    return parser.query(canonical(And((*nested, *conditions))), single["q"], single["sort"], in_url)


def _tree_parameter(parser: FilterParser, text: str) -> Node:
    """The tree of `query`, as JSON; every fault of it is one of this parameter."""
    try:
        tree = parse_json(text.encode())
    except JsonTextError as error:
        message = "Must be a tree of conditions, as JSON." if error.malformed else error.message
        parser.add_error(in_url("query"), "invalid-value", message)
        return MATCH_ALL
    return TreeReader(parser, lambda _: in_url("query")).read(tree, "", 1)


def _parameter(parser: FilterParser, name: str, values: list[str]) -> Node | None:
    """The condition of one parameter, as `topic__not`."""
    base, _, op = name.partition("__")
    location = in_url(name)
    if base not in parser.known:
        near = partial(closest_matches, base, [*parser.known, *RESERVED])
        parser.add_error(location, "unknown-parameter", "Unknown parameter.", near=near)
        return None
    found = parser.known[base].type
    written = [each for each in found.operators if each != "any"]
    if name != base and op not in written:
        parser.refuse_operator(found, op, written, location)
        return None
    return parser.condition(base, op or "any", values, location)


RESERVED = (
    "q",
    "sort",
    "page",
    "per_page",
    "cursor",
    "select",
    "include",
    "facets",
    "facet_size",
    "group_by",
    "sample",
    "seed",
    "highlight",
    "combine",
    "query",
    "as",
    "style",
    "locale",
    "markup",
)
"""Parameters that are not fields; none may be the name of a vocabulary."""


def single_value(parser: FilterParser, name: str, values: list[str]) -> str | None:
    if len(values) > 1:
        parser.add_error({"parameter": name}, "repeated", ONCE)
    return values[0] if values else None


def parse_tree(catalogue: QuerySchema, collection: str, body: JsonMapping, *, is_stored: bool = False) -> Query:
    """As `read_tree`. Raises `BadQuery` with what is wrong."""
    errors = ErrorCollector()
    query = read_tree(errors, catalogue, collection, body, is_stored=is_stored)
    errors.check()
    return query


def read_tree(
    errors: ErrorCollector,
    catalogue: QuerySchema,
    collection: str,
    body: JsonMapping,
    *,
    is_stored: bool = False,
) -> Query:
    """The JSON form: `where` (a tree of and, or, not and leaves), `q`, `sort`.

    What is wrong goes to `errors`; the query is of use where there are none.
    """
    parser = FilterParser(catalogue, collection, errors, is_stored=is_stored)
    tree = TreeReader(parser)
    where = tree.read(body["where"], "/where", 1) if body.get("where") is not None else MATCH_ALL
    words, sort = (tree.text(body.get(name), f"/{name}") for name in ("q", "sort"))
    return parser.query(canonical(where), words, sort, in_body)


class TreeReader:
    """Reads the JSON tree within its limits of depth and leaves."""

    def __init__(self, parser: FilterParser, location: ErrorLocation = lambda pointer: {"pointer": pointer}) -> None:
        self.parser = parser
        self.location = location
        self.leaves = 0
        self.nodes = 0

    def add_error(self, pointer: str, code: str, message: str, allowed: Sequence[str] = ()) -> None:
        self.parser.add_error(self.location(pointer), code, message, allowed)

    def text(self, value: object, pointer: str) -> str | None:
        if isinstance(value, list) and len(value) > MAX_SORTS:
            self.add_error(pointer, "too-many-values", f"At most {MAX_SORTS} sort fields.")
            return None
        if isinstance(value, list) and pointer == "/sort" and all(isinstance(part, str) for part in value):
            return ",".join(value) or None
        if value is not None and not isinstance(value, str):
            self.add_error(pointer, "invalid-value", "Must be text.")
            return None
        return value

    def read(self, node: object, pointer: str, depth: int) -> Node:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            self._refuse_more(self.nodes == MAX_NODES + 1, pointer, f"At most {MAX_NODES} groups and conditions.")
        elif depth > MAX_DEPTH:
            self.add_error(pointer, "too-deep", f"At most {MAX_DEPTH} levels.")
        elif not isinstance(node, dict):
            self.add_error(pointer, "invalid-value", "Must be an object.")
        elif set(node) == {"not"}:
            return Not(self.read(node["not"], f"{pointer}/not", depth + 1))
        elif set(node) in ({"and"}, {"or"}):
            return self._group(node, pointer, depth)
        elif set(node) <= {"field", "op", "value"} and {"field", "value"} <= set(node):
            return self._leaf(node, pointer)
        else:
            message = "Must be one of and, or, not, or a field with op and value."
            self.add_error(pointer, "invalid-node", message, ("and", "or", "not", "field"))
        return MATCH_ALL

    def _refuse_more(self, first: bool, pointer: str, message: str) -> None:
        if first:
            self.add_error(pointer, "too-many-leaves", message)

    def _group(self, node: JsonMapping, pointer: str, depth: int) -> Node:
        ((name, parts),) = node.items()
        if not isinstance(parts, list) or not parts:
            self.add_error(f"{pointer}/{name}", "invalid-value", "Must be a list with members.")
            return MATCH_ALL
        if len(parts) > MAX_LEAVES:
            self.add_error(f"{pointer}/{name}", "too-many-leaves", f"At most {MAX_LEAVES} conditions.")
            return MATCH_ALL
        inner = tuple(self.read(part, f"{pointer}/{name}/{location}", depth + 1) for location, part in enumerate(parts))
        return And(inner) if name == "and" else Or(inner)

    def _leaf(self, node: JsonMapping, pointer: str) -> Node:
        self.leaves += 1
        if self.leaves > MAX_LEAVES:
            self._refuse_more(self.leaves == MAX_LEAVES + 1, pointer, f"At most {MAX_LEAVES} conditions.")
            return MATCH_ALL
        given = node["value"] if isinstance(node["value"], list) else [node["value"]]
        name, op = node["field"], node.get("op", "any")
        if not isinstance(name, str) or not isinstance(op, str):
            self.add_error(pointer, "invalid-value", "`field` and `op` must be text.")
            return MATCH_ALL
        if len(given) > MAX_VALUES:
            self.add_error(pointer, "too-many-values", f"At most {MAX_VALUES} values.")
            return MATCH_ALL
        values = [_as_text(value) for value in given]
        if not values or None in values:
            message = "Must be text, a number, true or false, or a list of them."
            self.add_error(f"{pointer}/value", "invalid-value", message)
            return MATCH_ALL
        texts = [value for value in values if value is not None]
        return self.parser.condition(name, op, texts, self.location(pointer)) or MATCH_ALL


def _as_text(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int) else None
