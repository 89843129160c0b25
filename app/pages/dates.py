"""Dates, durations and events in words."""

from calendar import month_name

from app.kit.json_types import JsonMapping
from app.kit.values.durations import to_seconds


def format_day(date: str) -> str:
    """A partial date (`2027`, `2027-03`, `2027-03-05`) as people write it."""
    year, *rest = date.split("-")
    words = [year, *(month_name[int(month)] for month in rest[:1]), *(str(int(number)) for number in rest[1:])]
    return " ".join(reversed(words))


def format_period(start: str | None, end: str | None) -> str:
    """As `3 to 5 March 2027`, `from 2021` or `to May 2022`, from partial dates."""
    if start and end and start != end:
        return f"{_beginning(start, end)} to {format_day(end)}"
    if start:
        return format_day(start) if start == end else f"from {format_day(start)}"
    return f"to {format_day(end)}" if end else ""


def format_event(body: JsonMapping) -> str:
    """As `3 to 5 March 2027, Bristol`, from the JSON of an entry; empty for what takes place at no time."""
    start, end, place = (body.get(name) for name in ("start", "end", "place"))
    if not start:
        return ""
    days = format_period(start, end or start)
    where = place or ("online" if body.get("online") else "")
    return f"{days}, {where}" if where else days


def format_duration(duration: str) -> str:
    """ISO 8601 hours, minutes and seconds: `PT1H5M` as `1 hour 5 minutes`."""
    minutes, seconds = divmod(to_seconds(duration), 60)
    hours, minutes = divmod(minutes, 60)
    numbers = ((hours, "hour"), (minutes, "minute"), (seconds, "second"))
    return " ".join(f"{number} {unit}{'' if number == 1 else 's'}" for number, unit in numbers if number)


def _beginning(start: str, end: str) -> str:
    """Without what the end says again: the year, or month and year."""
    words = format_day(start).split()
    if len(start) != len(end) or start[:4] != end[:4]:
        return " ".join(words)
    return " ".join(words[: -2 if start[:7] == end[:7] else -1])
