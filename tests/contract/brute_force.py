"""What a question means, worked out document by document from the grammar of the API, without any index."""

import re
from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from app.search.query.schema import Field
from app.search.query.value_types import BOUNDS

Document = Mapping[str, Any]
Narrower = Mapping[str, set[str]]
"""For each term (`scheme/slug`) its slug and the slugs of all narrower ones."""


def narrower_of(terms: Mapping[str, Sequence[Document]]) -> Narrower:
    """From the documents of the terms, by vocabulary."""
    found: dict[str, set[str]] = {}
    for scheme, documents in terms.items():
        broader = {each["slug"]: each["broader"]["slug"] if each["broader"] else None for each in documents}
        for slug in broader:
            above: str | None = slug
            while above is not None:
                found.setdefault(f"{scheme}/{above}", set()).add(slug)
                above = broader[above]
    return found


def holds(node: Mapping[str, Any], document: Document, fields: Mapping[str, Field], narrower: Narrower) -> bool:
    """Whether a tree of `and`, `or`, `not` and conditions is true of a document."""
    if "and" in node:
        return all(holds(part, document, fields, narrower) for part in node["and"])
    if "or" in node:
        return any(holds(part, document, fields, narrower) for part in node["or"])
    if "not" in node:
        return not holds(node["not"], document, fields, narrower)
    field = fields[node["field"]]
    values = node["value"] if isinstance(node["value"], list) else [node["value"]]
    return _condition(node.get("op", "any"), values, field, field.values(document), narrower)


def _condition(op: str, values: Sequence[Any], field: Field, own: Sequence[str], narrower: Narrower) -> bool:
    if op == "exists":
        return bool(own) == (values[0] in (True, "true"))
    if op in BOUNDS:
        if not own:
            return False
        (low, high), (first, last) = interval(field, values[0]), interval(field, own[0])
        return bool({"gte": last >= low, "lte": first <= high, "gt": first > high, "lt": last < low}[op])
    if op == "within":
        first, last = interval(field, own[0]) if own else (None, None)
        return bool(own) and any(
            low <= first and last <= high for low, high in (interval(field, each) for each in values)
        )
    met = [_is(field, value, own, {} if op == "exact" else narrower) for value in values]
    if op == "not":
        return not any(met)
    return all(met) if op == "all" else any(met)


def _is(field: Field, wanted: Any, own: Sequence[str], narrower: Narrower) -> bool:
    if field.type.name == "term":
        return bool(narrower.get(f"{field.name}/{wanted}", {wanted}) & set(own))
    low, high = interval(field, wanted)
    return any(first <= high and low <= last for first, last in (interval(field, value) for value in own))


def interval(field: Field, value: Any) -> tuple[Any, Any]:
    """The first and the last thing that a value may mean."""
    return MEANINGS[field.type.name](str(value).lower() if isinstance(value, bool) else str(value))


def _days(text: str) -> tuple[date, date]:
    year, month, day = (*(int(part) for part in text.split("-")), 0, 0)[:3]
    first = date(year, month or 1, day or 1)
    last_month = month or 12
    return first, date(year, last_month, day or monthrange(year, last_month)[1])


def _stretch(text: str) -> tuple[date, date]:
    parts = text.split("/")
    return _days(parts[0])[0], _days(parts[-1])[1]


def _moments(text: str) -> tuple[datetime, datetime]:
    if "T" in text:
        moment = datetime.fromisoformat(text)
        return moment, moment
    first, last = _days(text)
    return datetime(first.year, first.month, first.day, tzinfo=UTC), datetime(
        last.year, last.month, last.day, 23, 59, 59, tzinfo=UTC
    )


def _seconds(text: str) -> tuple[int, int]:
    units = {"H": 3600, "M": 60, "S": 1}
    total = sum(int(number) * units[unit] for number, unit in re.findall(r"(\d+)([HMS])", text))
    return total, total


def _same(text: str) -> tuple[str, str]:
    return text, text


def _number(text: str) -> tuple[int, int]:
    return int(text), int(text)


MEANINGS: Mapping[str, Callable[[str], tuple[Any, Any]]] = {
    "keyword": _same,
    "boolean": lambda text: (text.lower(), text.lower()),
    "text": lambda text: (text.lower(), text.lower()),
    "integer": _number,
    "year": lambda text: _number(text[:4]),
    "date": _days,
    "period": _stretch,
    "instant": _moments,
    "duration": _seconds,
}
