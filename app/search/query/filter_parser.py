"""From URL parameters or a JSON tree to a `Query`. Nothing is clamped, dropped or ignored."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Protocol

from app.kit.error_collector import ErrorCollector, Suggest
from app.kit.errors import BadQuery, ErrorDetail
from app.kit.json_types import JsonMapping
from app.kit.text.characters import MAX_LENGTH, exceeds_length
from app.kit.text.suggestions import closest_matches
from app.search.query.model import (
    MATCH_ALL,
    MAX_VALUES,
    OPERATORS,
    RELEVANCE,
    And,
    Leaf,
    Node,
    Not,
    Or,
    Query,
    Sort,
    canonical,
    parse_sort,
)
from app.search.query.schema import Field
from app.search.query.value_types import TERM

MAX_DEPTH = 8
MAX_LEAVES = 200
MAX_NODES = 500
MAX_VALUES_IN_ALL = 1_000
MAX_SORTS = 5


class QuerySchema(Protocol):
    """What a parser must know of what is there: the fields of a collection, the terms of a vocabulary."""

    def fields(self, collection: str) -> Mapping[str, Field]:
        """Raises KeyError for a collection that is not there."""

    def default_sort(self, collection: str) -> str: ...

    def resolve_term(self, field: Field, slug: str) -> str | None: ...

    def near_terms(self, field: Field, text: str) -> Sequence[str]: ...


ErrorLocation = Callable[[str], Mapping[str, str]]
"""From the name of a parameter to where a fault of it lies."""


def in_url(name: str) -> Mapping[str, str]:
    return {"parameter": name}


def in_body(name: str) -> Mapping[str, str]:
    """A JSON Pointer (RFC 6901)."""
    return {"pointer": f"/{name}"}


class FilterParser:
    """Reads conditions, words and orders; what is wrong with them goes to `errors`.

    Raises `BadQuery` for a collection that is not there, as that of a stored query may be.
    """

    def __init__(self, catalogue: QuerySchema, collection: str, errors: ErrorCollector) -> None:
        self.catalogue = catalogue
        self.collection = collection
        self.errors = errors
        self.values = 0
        try:
            self.known = catalogue.fields(collection)
        except KeyError:
            raise BadQuery(errors=[ErrorDetail("unknown-collection", "Unknown collection.")]) from None

    def add_error(
        self,
        location: Mapping[str, str],
        code: str,
        message: str,
        allowed: Sequence[str] = (),
        near: Suggest | None = None,
        otherwise: Sequence[str] = (),
    ) -> None:
        """As `ErrorCollector.add`; `near` finds the right names most like what was sent."""
        self.errors.add(ErrorDetail(code, message, allowed=tuple(allowed), **location), near, otherwise)

    def leaf(self, name: str, op: str, values: Sequence[str], location: Mapping[str, str]) -> Leaf | None:
        """One condition, its values brought into canonical form; None after a fault."""
        found = self.known.get(name)
        if found is None:
            self.add_error(location, "unknown-field", "Unknown field.", near=partial(closest_matches, name, self.known))
            return None
        if op not in found.type.operators:
            message = f"This operator does not apply to the field, which is a {found.type.name}."
            self.add_error(location, "unknown-operator", message, found.type.operators)
            return None
        if len(values) > MAX_VALUES:
            self.add_error(location, "too-many-values", f"At most {MAX_VALUES} values.")
            return None
        self.values += len(values)
        if self.values > MAX_VALUES_IN_ALL:
            self.add_error(
                location, "too-many-values", f"At most {MAX_VALUES_IN_ALL} values in all conditions together."
            )
            return None
        if op in ("gte", "lte", "exists") and len(values) != 1:
            self.add_error(location, "repeated", "This takes exactly one value.")
            return None
        if op == "exists":
            if values[0] not in ("true", "false"):
                self.add_error(location, "invalid-value", "Must be true or false.", ("true", "false"))
                return None
            return Leaf(name, op, tuple(values))
        known = [self._value(found, value, location) for value in values]
        return Leaf(name, op, tuple(value for value in known if value is not None))

    def _value(self, found: Field, value: str, location: Mapping[str, str]) -> str | None:
        try:
            text = _canonical(found, value)
        except ValueError as error:
            self.add_error(location, "invalid-value", str(error))
            return None
        if found.type is TERM:
            slug = self.catalogue.resolve_term(found, text)
            if slug is None:
                alike = partial(self.catalogue.near_terms, found, text)
                self.add_error(location, "unknown-term", "Unknown term.", near=alike)
            return slug
        if found.choices and text not in found.choices:
            near = partial(closest_matches, text, found.choices)
            self.add_error(location, "unknown-value", "The field cannot have this value.", found.choices, near)
            return None
        return text

    def sorts(self, text: str, location: Mapping[str, str], *, words: bool) -> tuple[Sort, ...]:
        """`-issued,title`: descending with a hyphen. `relevance` needs words, and stands alone."""
        if text.count(",") >= MAX_SORTS:
            self.add_error(location, "too-many-values", f"At most {MAX_SORTS} sort fields.")
            return ()
        result: list[Sort] = []
        sortable = [name for name, known in self.known.items() if known.sortable]
        for sort in parse_sort(text):
            if sort == RELEVANCE:
                if not words:
                    self.add_error(location, "relevance-without-q", "Sorting by relevance needs `q`.", sortable)
            elif sort.field not in sortable:
                near = partial(closest_matches, sort.field, sortable)
                self.add_error(location, "unknown-sort", "Unknown sort field.", (), near, sortable)
            if any(sort.field == other.field for other in result):
                self.add_error(location, "repeated", "A sort field is repeated.")
            result.append(sort)
        if RELEVANCE in result and len(result) > 1:
            self.add_error(location, "relevance-alone", "`relevance` cannot be combined with other sort fields.")
        return tuple(result)

    def query(self, where: Node, words: str | None, sort: str | None, location: ErrorLocation) -> Query:
        if words is not None and exceeds_length(words):
            self.add_error(location("q"), "too-long", f"At most {MAX_LENGTH} characters.")
            words = None
        cleaned = " ".join(words.split()) if words else None
        if sort is None:
            sort = "relevance" if cleaned else self.catalogue.default_sort(self.collection)
        return Query(self.collection, where, cleaned or None, self.sorts(sort, location("sort"), words=bool(cleaned)))


def _canonical(field: Field, value: str) -> str:
    """The one spelling of a value. Raises ValueError in words for the sender."""
    if not value:
        raise ValueError("must not be empty")
    if exceeds_length(value):
        raise ValueError(f"may have at most {MAX_LENGTH} characters")
    text = field.parse(value) if field.parse else value
    field.type.interval(text)
    return field.type.canonical(text)


def parse_parameters(catalogue: QuerySchema, collection: str, pairs: Iterable[tuple[str, str]]) -> Query:
    """As `read_parameters`. Raises `BadQuery` with what is wrong."""
    errors = ErrorCollector()
    query = read_parameters(errors, catalogue, collection, pairs)
    errors.check()
    return query


def read_parameters(
    errors: ErrorCollector, catalogue: QuerySchema, collection: str, pairs: Iterable[tuple[str, str]]
) -> Query:
    """URL parameters (decoded, in order) that belong to the query: filters, `q`, `sort`.

    What is wrong goes to `errors`; the query is of use where there are none.
    """
    parser = FilterParser(catalogue, collection, errors)
    grouped: dict[str, list[str]] = {}
    for name, value in pairs:
        grouped.setdefault(name, []).append(value)
    single = {name: single_value(parser, name, grouped.pop(name, [])) for name in ("q", "sort")}
    conditions = [leaf for name, values in grouped.items() if (leaf := _parameter(parser, name, values)) is not None]
    return parser.query(canonical(And(tuple(conditions))), single["q"], single["sort"], in_url)


def _parameter(parser: FilterParser, name: str, values: list[str]) -> Leaf | None:
    """The condition of one parameter, as `topic__not`."""
    base, _, op = name.partition("__")
    location = in_url(name)
    if base not in parser.known:
        near = partial(closest_matches, base, [*parser.known, *RESERVED])
        parser.add_error(location, "unknown-parameter", "Unknown parameter.", near=near)
        return None
    if op not in OPERATORS[1:] and name != base:
        operators = [each for each in parser.known[base].type.operators if each != "any"]
        parser.add_error(location, "unknown-operator", "Unknown operator.", operators)
        return None
    return parser.leaf(base, op or "any", values, location)


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
    "as",
)
"""Parameters that are not fields; none may be the name of a vocabulary."""


def single_value(parser: FilterParser, name: str, values: list[str]) -> str | None:
    if len(values) > 1:
        parser.add_error({"parameter": name}, "repeated", "This parameter may be given only once.")
    return values[0] if values else None


def parse_tree(catalogue: QuerySchema, collection: str, body: JsonMapping) -> Query:
    """As `read_tree`. Raises `BadQuery` with what is wrong."""
    errors = ErrorCollector()
    query = read_tree(errors, catalogue, collection, body)
    errors.check()
    return query


def read_tree(errors: ErrorCollector, catalogue: QuerySchema, collection: str, body: JsonMapping) -> Query:
    """The JSON form: `where` (a tree of and, or, not and leaves), `q`, `sort`.

    What is wrong goes to `errors`; the query is of use where there are none.
    """
    parser = FilterParser(catalogue, collection, errors)
    tree = TreeReader(parser)
    where = tree.read(body["where"], "/where", 1) if body.get("where") is not None else MATCH_ALL
    words, sort = (tree.text(body.get(name), f"/{name}") for name in ("q", "sort"))
    return parser.query(canonical(where), words, sort, in_body)


class TreeReader:
    """Reads the JSON tree within its limits of depth and leaves."""

    def __init__(self, parser: FilterParser) -> None:
        self.parser = parser
        self.leaves = 0
        self.nodes = 0

    def text(self, value: object, pointer: str) -> str | None:
        if isinstance(value, list) and len(value) > MAX_SORTS:
            self.parser.add_error({"pointer": pointer}, "too-many-values", f"At most {MAX_SORTS} sort fields.")
            return None
        if isinstance(value, list) and pointer == "/sort" and all(isinstance(part, str) for part in value):
            return ",".join(value) or None
        if value is not None and not isinstance(value, str):
            self.parser.add_error({"pointer": pointer}, "invalid-value", "Must be text.")
            return None
        return value

    def read(self, node: object, pointer: str, depth: int) -> Node:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            self._refuse_more(self.nodes == MAX_NODES + 1, pointer, f"At most {MAX_NODES} groups and conditions.")
        elif depth > MAX_DEPTH:
            self.parser.add_error({"pointer": pointer}, "too-deep", f"At most {MAX_DEPTH} levels.")
        elif not isinstance(node, dict):
            self.parser.add_error({"pointer": pointer}, "invalid-value", "Must be an object.")
        elif set(node) == {"not"}:
            return Not(self.read(node["not"], f"{pointer}/not", depth + 1))
        elif set(node) in ({"and"}, {"or"}):
            return self._group(node, pointer, depth)
        elif set(node) <= {"field", "op", "value"} and {"field", "value"} <= set(node):
            return self._leaf(node, pointer)
        else:
            message = "Must be one of and, or, not, or a field with op and value."
            self.parser.add_error({"pointer": pointer}, "invalid-node", message, ("and", "or", "not", "field"))
        return MATCH_ALL

    def _refuse_more(self, first: bool, pointer: str, message: str) -> None:
        if first:
            self.parser.add_error({"pointer": pointer}, "too-many-leaves", message)

    def _group(self, node: JsonMapping, pointer: str, depth: int) -> Node:
        ((name, parts),) = node.items()
        if not isinstance(parts, list) or not parts:
            self.parser.add_error({"pointer": f"{pointer}/{name}"}, "invalid-value", "Must be a list with members.")
            return MATCH_ALL
        if len(parts) > MAX_LEAVES:
            self.parser.add_error(
                {"pointer": f"{pointer}/{name}"}, "too-many-leaves", f"At most {MAX_LEAVES} conditions."
            )
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
            self.parser.add_error({"pointer": pointer}, "invalid-value", "`field` and `op` must be text.")
            return MATCH_ALL
        if len(given) > MAX_VALUES:
            self.parser.add_error({"pointer": pointer}, "too-many-values", f"At most {MAX_VALUES} values.")
            return MATCH_ALL
        values = [_as_text(value) for value in given]
        if not values or None in values:
            message = "Must be text, a number, true or false, or a list of them."
            self.parser.add_error({"pointer": f"{pointer}/value"}, "invalid-value", message)
            return MATCH_ALL
        texts = [value for value in values if value is not None]
        return self.parser.leaf(name, op, texts, {"pointer": pointer}) or MATCH_ALL


def _as_text(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int) else None
