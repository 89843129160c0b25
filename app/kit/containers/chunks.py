"""Many values in groups that are small enough for one SQL statement."""

from collections.abc import Iterable, Iterator
from typing import Final, TypeVar

SIZE: Final = 400
"""With pairs this makes 800 parameters: older builds of SQLite allow 999 in a statement."""

T = TypeVar("T")


def chunks(values: Iterable[T], size: int = SIZE) -> Iterator[list[T]]:
    """The values in their order, at most `size` at a time."""
    listed = list(values)
    for start in range(0, len(listed), size):
        yield listed[start : start + size]
