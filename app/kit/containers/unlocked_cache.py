"""What many threads remember without a lock: at worst two of them make the same value."""

from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


def remember(kept: dict[K, V], key: K, value: V, most: int, *, freed: int = 1) -> None:
    """Add a value; where there are `most` already, the `freed` oldest go first.

    Keys are listed in one step of the interpreter: an iterator that outlives one fails where another thread adds some.
    """
    excess = len(kept) - most
    if excess >= 0:
        for oldest in list(kept)[: excess + freed]:
            kept.pop(oldest, None)
    kept[key] = value


class UnlockedCache(Generic[K, V]):
    """Values within about `max_bytes`: where they are more, the oldest go until there is half of it.

    A size that two threads add at once may be counted once, until the oldest go: then all are counted anew.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._kept: dict[K, tuple[V, int]] = {}

    def __contains__(self, key: K) -> bool:
        return key in self._kept

    def get(self, key: K) -> V | None:
        found = self._kept.get(key)
        return None if found is None else found[0]

    def put(self, key: K, value: V, size: int) -> None:
        """`size` is in bytes."""
        self._kept[key] = value, size
        self._bytes += size
        if self._bytes > self._max_bytes:
            self._shrink()

    def _shrink(self) -> None:
        kept = [(key, found[1]) for key in list(self._kept) if (found := self._kept.get(key)) is not None]
        left = sum(size for _, size in kept)
        for key, size in kept:
            if left <= self._max_bytes // 2:
                break
            self._kept.pop(key, None)
            left -= size
        self._bytes = left
