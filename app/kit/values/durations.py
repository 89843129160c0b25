"""Durations of hours, minutes and seconds (ISO 8601-1:2019, 5.5.2), as `PT1H5M`."""

import re

_SHAPE = re.compile(r"PT(?=[0-9])(?:([0-9]{1,6})H)?(?:([0-9]{1,6})M)?(?:([0-9]{1,6})S)?")


def to_seconds(text: str) -> int:
    """The length in seconds; raises ValueError for days, fractions and whatever else is not H, M, S."""
    found = _SHAPE.fullmatch(text)
    if not found:
        raise ValueError("must be hours, minutes and seconds, for example PT45M or PT1H5M (ISO 8601)")
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds


def from_seconds(seconds: int) -> str:
    """The canonical text: minutes and seconds below 60, parts that are nought left out, `PT0S` for none."""
    if seconds < 0:
        raise ValueError("a duration cannot be negative")
    minutes, rest = divmod(seconds, 60)
    parts = zip((*divmod(minutes, 60), rest), "HMS", strict=True)
    return "PT" + ("".join(f"{number}{unit}" for number, unit in parts if number) or "0S")


def duration(value: str) -> str:
    """The canonical text of a duration; raises ValueError. For use as a Pydantic validator."""
    return from_seconds(to_seconds(value))
