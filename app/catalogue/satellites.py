"""Rows kept equal to what was asked for, by key: kept rows keep their identity, so no constraint is tripped."""

from collections.abc import Callable, Hashable, Iterable, MutableSequence
from typing import Any, TypeVar

R = TypeVar("R")


def sync(
    rows: MutableSequence[R],
    wanted: Iterable[tuple[Hashable, dict[str, Any]]],
    key: Callable[[R], Hashable],
    make: Callable[..., R],
) -> None:
    """Make `rows` say `wanted` (key, attributes), in that order; a key asked for twice counts once."""
    present = {key(row): row for row in rows}
    result: dict[Hashable, R] = {}
    for identity, attributes in wanted:
        if identity in result:
            continue
        row = present.get(identity)
        if row is None:
            row = make(**attributes)
        else:
            for name, value in attributes.items():
                if getattr(row, name) != value:
                    setattr(row, name, value)
        result[identity] = row
    if list(result.values()) != list(rows):
        rows[:] = list(result.values())
