"""Dates as people and programs write them, as EDTF level 0: a year, a month or a day."""

import re
from collections.abc import Mapping
from typing import Final

from app.kit.values.partial_dates import partial_date

_MONTH_NAMES = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
MONTHS: Final[Mapping[str, int]] = {
    short: number for number, name in enumerate(_MONTH_NAMES, start=1) for short in (name, name[:3], name[:4])
}

_NUMBERS = re.compile(r"([0-9]{4})(?:[-/.]([0-9]{1,2})(?:[-/.]([0-9]{1,2}))?)?(?=$|[T /.-])(.*)", re.DOTALL)
_EMPTY_PARTS = re.compile(r"[/ -]*")
_TIME = re.compile(r"T[0-9:.]+(?:Z|[+-][0-9:]+)?")
_RANGE = re.compile(r"([0-9]{4}(?:-[0-9]{2}){0,2})\s*(?:/|--?|\u2013)\s*([0-9]{4}(?:-[0-9]{2}){0,2}|\.\.)?")
_DAY_FIRST = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})")
_WORDS = re.compile(r"[0-9]+|[^\W\d_]+")
_YEAR = re.compile(r"(?<![0-9])(1[0-9]{3}|20[0-9]{2})(?![0-9])")


def partial(text: str) -> tuple[str, str | None]:
    """The date, and in words what of the text is not in it. Raises ValueError where no year can be seen."""
    given = " ".join(text.split()).strip("[](){}")
    found = _RANGE.fullmatch(given)
    if found and (found[2] or given.endswith("/")):
        return partial_date(found[1]), "this is a range; its first date is used"
    for read in (_numbers, _day_first, _words):
        date = read(given)
        if date is not None:
            return date
    year = _YEAR.search(given)
    if not year:
        raise ValueError("this is not a date")
    return year[1], "only the year can be read with certainty"


def _joined(*parts: int | None) -> str | None:
    """As exact as the parts that are known; None for a month or a day that does not exist."""
    known = []
    for part in parts:
        if not part:
            break
        known.append(part)
    try:
        return partial_date("-".join(f"{part:0{4 if position == 0 else 2}}" for position, part in enumerate(known)))
    except ValueError:
        return None


def _numbers(text: str) -> tuple[str, str | None] | None:
    """2022, 2022-9-5, 2022/09/29/, 2022///, 2022-09-29T10:00:00Z; what follows in RIS is a season or the like."""
    found = _NUMBERS.fullmatch(text)
    if not found:
        return None
    date = _joined(*(int(part) if part else None for part in found.groups()[:3]))
    rest = found[4]
    if date is None:
        return None
    if _EMPTY_PARTS.fullmatch(rest) or _TIME.fullmatch(rest.strip()):
        return date, None
    month = MONTHS.get(rest.strip(" /-.").lower()) if len(date) == 4 else None
    return (f"{date}-{month:02}", None) if month else (date, "this contains more than a date")


def _day_first(text: str) -> tuple[str, str | None] | None:
    """29/09/2022; where day and month could change places only the year is certain."""
    found = _DAY_FIRST.fullmatch(text)
    if not found:
        return None
    first, second, year = (int(part) for part in found.groups())
    if first > 12:
        first, second = second, first
    elif second <= 12 and first != second:
        return found[3], "day and month could be the other way round, so only the year is used"
    date = _joined(year, first, second)
    return (date, None) if date else None


def _words(text: str) -> tuple[str, str | None] | None:
    """29 September 2022, September 29th, 2022, Sept. 2022."""
    words = [word.lower() for word in _WORDS.findall(text)]
    months = [MONTHS[word] for word in words if word in MONTHS]
    years = [int(word) for word in words if len(word) == 4 and word.isdecimal()]
    days = [int(word) for word in words if len(word) < 3 and word.isdecimal()]
    others = [word for word in words if not word.isdecimal() and word not in MONTHS and word not in _ORDINALS]
    if len(months) != 1 or len(years) != 1 or len(days) > 1 or others:
        return None
    date = _joined(years[0], months[0], *days)
    return (date, None) if date else None


_ORDINALS = frozenset({"st", "nd", "rd", "th", "of"})
