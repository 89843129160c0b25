"""Types of values in queries: how a document's value and a query's text become comparable keys."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from app.kit.text.characters import fold
from app.kit.text.slugs import filing_key
from app.kit.values.durations import duration, to_seconds
from app.kit.values.partial_dates import PartialDate

SortKey = str | int
Interval = tuple[SortKey, SortKey]

INSTANT_FORM = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
EPOCH = date(1970, 1, 1).toordinal()
DAY = 86_400
MANY = 8192
"""Dates remembered: documents share them."""

ANY_OF = ("any", "all", "not", "exists")
BOUNDS = ("gte", "lte", "gt", "lt")
"""Operators with one value that what is found must not fall short of, or exceed."""
RANGE = ("any", "not", *BOUNDS, "exists")
SPAN = ("any", "not", *BOUNDS, "within", "exists")


@dataclass(frozen=True)
class ValueType:
    """`interval` gives the lowest and highest key that a text stands for; it raises ValueError on a bad one."""

    name: str
    operators: tuple[str, ...]
    example: str
    interval: Callable[[str], Interval]
    canonical: Callable[[str], str] = str
    """The one spelling of a value, for a text that `interval` accepts."""
    spans: bool = False
    """Whether a value is a stretch of time: it matches what it overlaps, and is `within` what holds all of it."""

    @property
    def ranged(self) -> bool:
        """Whether it is compared by order rather than looked up."""
        return "gte" in self.operators

    def key(self, value: str) -> SortKey:
        """The key a document's value is sorted by."""
        return self.interval(value)[0]


def _same(text: str) -> Interval:
    return text, text


def _folded(text: str) -> Interval:
    key = fold(text)
    return key, key


def _filed(text: str) -> Interval:
    key = filing_key(text)
    return key, key


def _integer(text: str) -> Interval:
    if not text.removeprefix("-").isascii() or not text.removeprefix("-").isdigit() or len(text) > 18:
        raise ValueError("must be a whole number")
    return int(text), int(text)


@lru_cache(maxsize=MANY)
def _date(text: str) -> Interval:
    parsed = PartialDate.parse(text)
    return parsed.start.toordinal(), parsed.end.toordinal()


@lru_cache(maxsize=MANY)
def _period(text: str) -> Interval:
    first, slash, last = text.partition("/")
    begin, end = PartialDate.parse(first).start, PartialDate.parse(last if slash else first).end
    if end < begin:
        raise ValueError("must not end before it begins")
    return begin.toordinal(), end.toordinal()


@lru_cache(maxsize=MANY)
def _year(text: str) -> Interval:
    year = PartialDate.parse(text).parts[0]
    return year, year


@lru_cache(maxsize=MANY)
def _instant(text: str) -> Interval:
    if len(text) <= 10:
        day = PartialDate.parse(text)
        midnight = (day.start.toordinal() - EPOCH) * DAY
        return midnight, (day.end.toordinal() - EPOCH + 1) * DAY - 1
    if not INSTANT_FORM.fullmatch(text):
        raise ValueError("must be a date, or a time in UTC such as 2026-01-31T12:00:00Z")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("must be a date, or a time in UTC such as 2026-01-31T12:00:00Z") from None
    return int(moment.timestamp()), int(moment.timestamp())


def _duration(text: str) -> Interval:
    return to_seconds(text), to_seconds(text)


def _boolean(text: str) -> Interval:
    lowered = text.lower()
    if lowered not in ("true", "false"):
        raise ValueError("must be true or false")
    return lowered, lowered


KEYWORD = ValueType("keyword", ANY_OF, "text", _same)
TERM = ValueType("term", (*ANY_OF, "exact"), "slug of a term", _same)
TEXT = ValueType("text", (), "text", _folded)
TITLE = ValueType("text", (), "text", _filed)
"""Text in the order of an index of titles."""
INTEGER = ValueType("integer", RANGE, "3", _integer, lambda text: str(int(text)))
YEAR = ValueType("year", RANGE, "2022", _year, lambda text: text[:4])
DATE = ValueType("date", SPAN, "2022-09", _date, spans=True)
PERIOD = ValueType("period", SPAN, "2021-06", _period, spans=True)
"""From one date to another (EDTF level 0, `2021-05/2022`), or one date."""
INSTANT = ValueType("instant", RANGE, "2026-01-31T12:00:00Z", _instant)
DURATION = ValueType("duration", RANGE, "PT45M", _duration, duration)
BOOLEAN = ValueType("boolean", ("any", "not", "exists"), "true", _boolean, str.lower)
