"""One condition of a query at a time: names, operators and values checked, the values in their one spelling."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Protocol

from app.kit.error_collector import ErrorCollector, Suggest
from app.kit.errors import BadQuery, ErrorDetail
from app.kit.text.characters import MAX_LENGTH, exceeds_length
from app.kit.text.suggestions import closest_matches
from app.search.query.model import (
    JOINED,
    MAX_VALUES,
    OPERATORS,
    RELEVANCE,
    And,
    Leaf,
    Node,
    Or,
    Query,
    Sort,
    parse_sort,
)
from app.search.query.schema import Field
from app.search.query.value_types import BOUNDS, TERM, ValueType

MAX_VALUES_IN_ALL = 1_000
MAX_SORTS = 5


class QuerySchema(Protocol):
    """What a parser must know of what is there: the fields of a collection, the terms of a vocabulary."""

    def fields(self, collection: str) -> Mapping[str, Field]:
        """Raises KeyError for a collection that is not there."""

    def default_sort(self, collection: str) -> str: ...

    def resolve_term(self, field: Field, slug: str) -> tuple[str, str] | None:
        """The name of the field and the slug that a term has now."""

    def near_terms(self, field: Field, text: str) -> Sequence[str]: ...

    def resolve_value(self, field: Field, value: str) -> str | None: ...

    def near_values(self, field: Field, text: str) -> Sequence[str]: ...


ErrorLocation = Callable[[str], Mapping[str, str]]
"""From the name of a parameter to where a fault of it lies."""


def in_url(name: str) -> Mapping[str, str]:
    return {"parameter": name}


def in_body(name: str) -> Mapping[str, str]:
    """A JSON Pointer (RFC 6901)."""
    return {"pointer": f"/{name}"}


class FilterParser:
    """Parses conditions, words and sort orders; errors go to `errors`. With `is_stored`, a value that no document has
    is allowed: one may have it again.

    Raises `BadQuery` for a collection that is not there, as that of a stored query may be.
    """

    def __init__(
        self, catalogue: QuerySchema, collection: str, errors: ErrorCollector, *, is_stored: bool = False
    ) -> None:
        self.catalogue = catalogue
        self.collection = collection
        self.errors = errors
        self.values = 0
        self.is_stored = is_stored
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

    def condition(self, name: str, op: str, values: Sequence[str], location: Mapping[str, str]) -> Node | None:
        """One condition with canonical values; None after an error. Terms that have moved to another vocabulary are
        matched in the field of that vocabulary."""
        found = self.known.get(name)
        if found is None:
            self.add_error(location, "unknown-field", "Unknown field.", near=partial(closest_matches, name, self.known))
            return None
        if op not in found.type.operators:
            self.refuse_operator(found.type, op, found.type.operators, location)
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
        if op in (*BOUNDS, "exists") and len(values) != 1:
            self.add_error(location, "repeated", "This takes exactly one value.")
            return None
        if op == "exists":
            if values[0] not in ("true", "false"):
                self.add_error(location, "invalid-value", "Must be true or false.", ("true", "false"))
                return None
            return Leaf(name, op, tuple(values))
        known = [self._value(found, value, location) for value in values]
        return _grouped(name, op, [each for each in known if each is not None])

    def refuse_operator(self, found: ValueType, op: str, allowed: Sequence[str], location: Mapping[str, str]) -> None:
        if not allowed:
            message = "Lists are sorted by this field, not filtered; search for words with `q`."
        elif op in OPERATORS:
            message = f"This operator does not apply to a field of type {found.name}."
        else:
            message = "Unknown operator."
        self.add_error(location, "unknown-operator", message, allowed)

    def _value(self, found: Field, value: str, location: Mapping[str, str]) -> tuple[str, str] | None:
        """A value in its one spelling, with the name of the field that has it: of a moved term it is another one."""
        try:
            text = _canonical(found, value)
        except ValueError as error:
            self.add_error(location, "invalid-value", str(error))
            return None
        if found.type is TERM:
            term = self.catalogue.resolve_term(found, text)
            if term is None:
                self._refuse_unknown("term", self.catalogue.near_terms, found, text, location)
            return term
        if found.choices and text not in found.choices:
            near = partial(closest_matches, text, found.choices)
            self.add_error(location, "unknown-value", "The field cannot have this value.", found.choices, near)
            return None
        known = self._known(found, text, location) if found.is_closed and not found.choices else text
        return (found.name, known) if known is not None else None

    def _known(self, found: Field, text: str, location: Mapping[str, str]) -> str | None:
        """A value that something has, as it is called now."""
        value = self.catalogue.resolve_value(found, text)
        if value is None and self.is_stored:
            return text
        if value is None:
            self._refuse_unknown("value", self.catalogue.near_values, found, text, location)
        return value

    def _refuse_unknown(
        self,
        what: str,
        find_near: Callable[[Field, str], Sequence[str]],
        found: Field,
        text: str,
        location: Mapping[str, str],
    ) -> None:
        if "," in text:
            message = f"This is not a known {what}: for several, repeat the parameter."
            self.add_error(location, f"unknown-{what}", message)
        else:
            near = partial(find_near, found, text)
            self.add_error(location, f"unknown-{what}", f"This is not a known {what}.", near=near)

    def sorts(self, text: str, location: Mapping[str, str], *, words: bool) -> tuple[Sort, ...]:
        """`-issued,title`: descending with a hyphen. `relevance` needs words, and stands alone."""
        if text.count(",") >= MAX_SORTS:
            self.add_error(location, "too-many-values", f"At most {MAX_SORTS} sort fields.")
            return ()
        result: list[Sort] = []
        for sort in parse_sort(text):
            if sort == RELEVANCE:
                if not words:
                    self.add_error(location, "relevance-without-q", "Sorting by relevance needs `q`.", self._sortable())
            elif not self._is_sortable(sort.field):
                sortable = self._sortable()
                near = partial(closest_matches, sort.field, sortable)
                self.add_error(location, "unknown-sort", "Unknown sort field.", (), near, sortable)
            if any(sort.field == other.field for other in result):
                self.add_error(location, "repeated", "A sort field is repeated.")
            result.append(sort)
        if RELEVANCE in result and len(result) > 1:
            self.add_error(location, "relevance-alone", "`relevance` cannot be combined with other sort fields.")
        return tuple(result)

    def _sortable(self) -> list[str]:
        return [name for name in self.known if self._is_sortable(name)]

    def _is_sortable(self, name: str) -> bool:
        known = self.known.get(name)
        return known is not None and known.sortable

    def query(self, where: Node, words: str | None, sort: str | None, location: ErrorLocation) -> Query:
        if words is not None and exceeds_length(words):
            self.add_error(location("q"), "too-long", f"At most {MAX_LENGTH} characters.")
            words = None
        cleaned = " ".join(words.split()) if words else None
        if sort is None:
            sort = "relevance" if cleaned else self.catalogue.default_sort(self.collection)
        return Query(self.collection, where, cleaned or None, self.sorts(sort, location("sort"), words=bool(cleaned)))


def _grouped(name: str, op: str, values: Sequence[tuple[str, str]]) -> Node:
    """One condition for each field, together as the values of one are."""
    fields = dict.fromkeys(field for field, _ in values) or (name,)
    leaves = [Leaf(field, op, tuple(value for own, value in values if own == field)) for field in fields]
    group = And if op in JOINED[And] else Or
    return leaves[0] if len(leaves) == 1 else group(tuple(leaves))


def _canonical(field: Field, value: str) -> str:
    """The one spelling of a value. Raises ValueError in words for the sender."""
    if not value:
        raise ValueError("must not be empty")
    if exceeds_length(value):
        raise ValueError(f"may have at most {MAX_LENGTH} characters")
    text = field.parse(value) if field.parse else value
    field.type.interval(text)
    return field.type.canonical(text)
