"""Values within a number of bytes."""

from collections import OrderedDict
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class LruByteCache(Generic[K, V]):
    """The least recently used go first. `complete` until one had to go, was too large to stay, or was left out.

    For one thread at a time.
    """

    def __init__(self, max_bytes: int) -> None:
        self.bytes = 0
        self.complete = True
        self._max_bytes = max_bytes
        self._kept: OrderedDict[K, tuple[V, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: K) -> V | None:
        found = self._kept.get(key)
        if found is None:
            return None
        self._kept.move_to_end(key)
        return found[0]

    def put(self, key: K, value: V, size: int) -> None:
        """In the place of what was there; `size` is in bytes."""
        self._drop(key)
        if size > self._max_bytes:
            self.complete = False
            return
        self._kept[key] = (value, size)
        self.bytes += size
        while self.bytes > self._max_bytes:
            self._drop(next(iter(self._kept)))
            self.complete = False

    def has_room(self, size: int) -> bool:
        """Whether nothing has to go for so many bytes."""
        return self.bytes + size <= self._max_bytes

    def clear(self) -> None:
        self._kept.clear()
        self.bytes = 0
        self.complete = True

    def _drop(self, key: K) -> None:
        _, size = self._kept.pop(key, (None, 0))
        self.bytes -= size
