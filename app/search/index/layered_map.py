"""A mapping that never changes, and is cheap to change: the small layer on top is copied, the large one shared."""

from collections.abc import Iterator
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class LayeredMap(Generic[K, V]):
    """`None` as a change takes the key out."""

    __slots__ = ("_base", "_over")

    def __init__(self, base: dict[K, V | None] | None = None, over: dict[K, V | None] | None = None) -> None:
        self._base: dict[K, V | None] = {} if base is None else base
        self._over: dict[K, V | None] = {} if over is None else over

    def get(self, key: K) -> V | None:
        if self._over and key in self._over:
            return self._over[key]
        return self._base.get(key)

    def __getitem__(self, key: K) -> V:
        """Raises KeyError."""
        found = self._over[key] if self._over and key in self._over else self._base.get(key)
        if found is None:
            raise KeyError(key)
        return found

    def __contains__(self, key: K) -> bool:
        return self.get(key) is not None

    def items(self) -> Iterator[tuple[K, V]]:
        for key, value in self._base.items():
            if value is not None and key not in self._over:
                yield key, value
        for key, changed in self._over.items():
            if changed is not None:
                yield key, changed

    def with_changes(self, changes: dict[K, V | None]) -> "LayeredMap[K, V]":
        """A new mapping, to which `changes` belongs from now on; the layers are merged when the upper one has grown
        to an eighth of the lower."""
        if not changes:
            return self
        if not self._base and not self._over:
            return LayeredMap(changes)
        over = {**self._over, **changes}
        if len(over) * 8 < len(self._base) + 1024:
            return LayeredMap(self._base, over)
        return LayeredMap(dict(LayeredMap(self._base, over).items()))
