"""A query in plain English, so that its sender sees what was understood."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from app.kit.text.characters import sentence_case
from app.search.index.snapshot import Snapshot
from app.search.query.model import RELEVANCE, And, Leaf, Node, Not, Or, Query, Sort
from app.search.query.schema import Field

BOUND_WORDS: Final = {"gte": "from", "lte": "to", "gt": "after", "lt": "before"}


def describe_query(snapshot: Snapshot, query: Query) -> str:
    """As `publications with topic Ethics, containing "trust", newest first`."""
    parts = [query.collection]
    if query.conditions and query.where != And(()):
        parts.append("with " + _conditions(snapshot, query, query.where, top=True))
    text = " ".join(parts)
    if query.words:
        text += f" containing {query.words!r}" if len(query.words) < 200 else " containing the words given"
    order = _order(query.sort) if query.sort else ""
    return f"{text}, {order}" if order else text


def query_title(snapshot: Snapshot, query: Query) -> str:
    """What a query finds, whatever the order, as a title."""
    return sentence_case(describe_query(snapshot, replace(query, sort=())))


def _conditions(snapshot: Snapshot, query: Query, node: Node, *, top: bool = False) -> str:
    if isinstance(node, Leaf):
        return _leaf(snapshot, snapshot.fields(query.collection)[node.field], node)
    if isinstance(node, Not):
        return f"not ({_conditions(snapshot, query, node.part, top=True)})"
    word = " or " if isinstance(node, Or) else " and "
    inner = word.join(_conditions(snapshot, query, part) for part in node.parts)
    return inner if top else f"({inner})"


def _leaf(snapshot: Snapshot, queried: Field, leaf: Leaf) -> str:
    name = queried.name.replace("_", " ")
    values = [_label(snapshot, queried, value) for value in leaf.values]
    if leaf.op == "exists":
        return f"any {name}" if leaf.values == ("true",) else f"no {name}"
    if leaf.op in BOUND_WORDS:
        return f"{name} {BOUND_WORDS[leaf.op]} {values[0]}"
    if leaf.op == "within":
        return f"{name} within {_list(values, 'or')}"
    if leaf.op == "not":
        return f"{name} none of {_list(values, 'or')}"
    joined = _list(values, "and" if leaf.op == "all" else "or")
    return f"{name} exactly {joined}" if leaf.op == "exact" else f"{name} {joined}"


def _label(snapshot: Snapshot, queried: Field, value: str) -> str:
    for collection in queried.collections:
        row = snapshot.row(collection, value)
        if row is not None:
            return row.label
    return value


def _list(values: Sequence[str], word: str) -> str:
    return values[0] if len(values) == 1 else f"{', '.join(values[:-1])} {word} {values[-1]}"


def _order(sorts: Sequence[Sort]) -> str:
    if sorts == (RELEVANCE,):
        return "best match first"
    return "by " + ", then ".join(
        f"{sort.field.replace('_', ' ')}{' (descending)' if sort.descending else ''}" for sort in sorts
    )
