"""When and where something takes place, in words."""

from calendar import month_name
from collections.abc import Mapping
from typing import Any


def when_and_where(body: Mapping[str, Any]) -> str:
    """As `3 to 5 March 2027, Bristol`, from the JSON of an entry; empty for what takes place at no time."""
    start, end, place = (body.get(name) for name in ("start", "end", "place"))
    if not start:
        return ""
    days = day(start) if end in (None, start) else f"{_beginning(start, end)} to {day(end)}"
    where = place or ("online" if body.get("online") else "")
    return f"{days}, {where}" if where else days


def day(date: str) -> str:
    """A partial date (`2027`, `2027-03`, `2027-03-05`) as people write it."""
    year, *rest = date.split("-")
    words = [year, *(month_name[int(month)] for month in rest[:1]), *(str(int(number)) for number in rest[1:])]
    return " ".join(reversed(words))


def _beginning(start: str, end: str) -> str:
    """Without what the end says again: the year, or month and year."""
    words = day(start).split()
    if len(start) != len(end) or start[:4] != end[:4]:
        return " ".join(words)
    return " ".join(words[: -2 if start[:7] == end[:7] else -1])
