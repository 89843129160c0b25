"""The query as a value: which documents, in which order. Independent of HTTP and of the kinds of document."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.kit.json_types import JsonObject

OPERATORS = ("any", "all", "not", "exact", "gte", "lte", "gt", "lt", "within", "exists")
CHOICES = ("any", "exact")
"""Operators for which an additional value finds more."""


@dataclass(frozen=True)
class Leaf:
    """One condition on one field. `values` are canonical texts, sorted where their order means nothing."""

    field: str
    op: str
    values: tuple[str, ...]

    def as_json(self) -> JsonObject:
        value: object = list(self.values) if len(self.values) != 1 else self.values[0]
        if self.op == "exists":
            value = self.values == ("true",)
        return {"field": self.field, "op": self.op, "value": value}


@dataclass(frozen=True)
class And:
    parts: tuple["Node", ...]

    def as_json(self) -> JsonObject:
        return {"and": [part.as_json() for part in self.parts]}


@dataclass(frozen=True)
class Or:
    parts: tuple["Node", ...]

    def as_json(self) -> JsonObject:
        return {"or": [part.as_json() for part in self.parts]}


@dataclass(frozen=True)
class Not:
    part: "Node"

    def as_json(self) -> JsonObject:
        return {"not": self.part.as_json()}


Node = Leaf | And | Or | Not
MATCH_ALL = And(())


OPPOSITE = {"any": "not", "not": "any"}
JOINED: Mapping[type, tuple[str, ...]] = {Or: ("any", "exact", "within"), And: ("all", "not")}
"""Operators whose conditions on one field, in such a group, are one condition with the values of all."""
MAX_VALUES = 200
"""Values of one condition."""


def canonical(node: Node) -> Node:
    """The normal form of equivalent trees: flattened, sorted, without duplicates, values of one condition joined.

    A negated condition is the opposite one; laws that multiply conditions (De Morgan, distribution) are left alone.
    """
    if isinstance(node, Leaf):
        return Leaf(node.field, node.op, tuple(sorted(set(node.values))))
    if isinstance(node, Not):
        return _negated(canonical(node.part))
    kind = type(node)
    parts: set[Node] = set()
    for part in node.parts:
        inner = canonical(part)
        parts.update(inner.parts if isinstance(inner, kind) else (inner,))
    parts = _joined(parts, JOINED[kind])
    if len(parts) == 1:
        return parts.pop()
    return kind(tuple(sorted(parts, key=lambda part: str(part.as_json()))))


def _negated(node: Node) -> Node:
    if isinstance(node, Not):
        return node.part
    if isinstance(node, Leaf) and node.op in OPPOSITE:
        return Leaf(node.field, OPPOSITE[node.op], node.values)
    if isinstance(node, Leaf) and node.op == "exists":
        return Leaf(node.field, "exists", ("false" if node.values == ("true",) else "true",))
    return Not(node)


def _joined(parts: set[Node], operators: Sequence[str]) -> set[Node]:
    """Conditions are not joined where that would exceed the limit of values."""
    values: dict[tuple[str, str], set[str]] = {}
    conditions = 0
    for part in parts:
        if isinstance(part, Leaf) and part.op in operators:
            values.setdefault((part.field, part.op), set()).update(part.values)
            conditions += 1
    if len(values) == conditions:
        return parts
    joined = {key: Leaf(*key, tuple(sorted(found))) for key, found in values.items() if len(found) <= MAX_VALUES}
    kept = {part for part in parts if not (isinstance(part, Leaf) and (part.field, part.op) in joined)}
    return kept | set(joined.values())


def leaves(node: Node) -> Iterator[Leaf]:
    """Every condition in the tree."""
    if isinstance(node, Leaf):
        yield node
    elif isinstance(node, Not):
        yield from leaves(node.part)
    else:
        for part in node.parts:
            yield from leaves(part)


@dataclass(frozen=True)
class Sort:
    field: str
    descending: bool = False

    def __str__(self) -> str:
        return f"-{self.field}" if self.descending else self.field


def parse_sort(text: str) -> tuple[Sort, ...]:
    """`-issued,title`: a hyphen reverses the order."""
    return tuple(Sort(part.removeprefix("-"), part.startswith("-")) for part in text.split(","))


RELEVANCE = Sort("relevance")


@dataclass(frozen=True)
class Query:
    """Queries built by the parsers of this package are equal if they are equivalent."""

    collection: str
    where: Node = MATCH_ALL
    words: str | None = None
    sort: tuple[Sort, ...] = ()

    def as_json(self) -> JsonObject:
        """Canonical JSON: what `meta.query` shows, and what is stored of a saved query."""
        return {
            "collection": self.collection,
            "where": None if self.where == MATCH_ALL else self.where.as_json(),
            "q": self.words,
            "sort": [str(sort) for sort in self.sort],
        }

    @property
    def is_ranked(self) -> bool:
        """Whether what has the words is ordered by them."""
        return self.sort == (RELEVANCE,) and bool(self.words)

    @property
    def conditions(self) -> tuple[Node, ...]:
        """The conditions that all must hold."""
        return self.where.parts if isinstance(self.where, And) else (self.where,)

    def chooses(self, field: str) -> bool:
        """Whether one of the conditions that must hold is a choice of values of `field`."""
        return any(_is_choice(node, field) for node in self.conditions)

    def without_choice(self, field: str) -> Node:
        """The conditions without a choice of values of `field`: those under which a facet of that field is counted."""
        return And(tuple(node for node in self.conditions if not _is_choice(node, field)))


def _is_choice(node: Node, field: str) -> bool:
    return isinstance(node, Leaf) and node.field == field and node.op in CHOICES
