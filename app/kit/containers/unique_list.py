"""A list in which nothing stands twice."""

from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")


class UniqueList(list[T]):
    """Filled by `add`, which takes constant time whatever is in it; `append` and the like are not for it."""

    def __init__(self, values: Iterable[T] = ()) -> None:
        super().__init__(dict.fromkeys(values))
        self._seen = set(self)

    def add(self, value: T) -> bool:
        """Whether it is new."""
        if value in self._seen:
            return False
        self._seen.add(value)
        self.append(value)
        return True
