"""A mapping that never changes, and is cheap to change: the small layer on top is copied, the large ones are shared."""

from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar

K = TypeVar("K")
V = TypeVar("V")
Kept = TypeVar("Kept", covariant=True)
Asked = TypeVar("Asked")


class StoredMap(Protocol[Asked, Kept]):
    """What lies below all layers, in a file."""

    def get(self, key: Asked, /) -> Kept | None: ...

    def items(self) -> "Iterator[tuple[Asked, Kept]]": ...


class LayeredMap(Generic[K, V]):
    """`None` as a change takes the key out."""

    __slots__ = ("_base", "_over", "_stored")

    def __init__(
        self,
        base: dict[K, V | None] | None = None,
        over: dict[K, V | None] | None = None,
        stored: StoredMap[K, V] | None = None,
    ) -> None:
        self._base: dict[K, V | None] = {} if base is None else base
        self._over: dict[K, V | None] = {} if over is None else over
        self._stored = stored

    def get(self, key: K) -> V | None:
        if self._over and key in self._over:
            return self._over[key]
        if self._stored is None or key in self._base:
            return self._base.get(key)
        return self._stored.get(key)

    def __getitem__(self, key: K) -> V:
        """Raises KeyError."""
        found = self.get(key)
        if found is None:
            raise KeyError(key)
        return found

    def __contains__(self, key: K) -> bool:
        return self.get(key) is not None

    def items(self) -> Iterator[tuple[K, V]]:
        for key, kept in self._stored.items() if self._stored is not None else ():
            if key not in self._base and key not in self._over:
                yield key, kept
        for key, value in self._base.items():
            if value is not None and key not in self._over:
                yield key, value
        for key, changed in self._over.items():
            if changed is not None:
                yield key, changed

    def with_changes(self, changes: dict[K, V | None]) -> "LayeredMap[K, V]":
        """A new mapping, to which `changes` belongs from now on; the layers in memory are merged when the upper one has
        grown to an eighth of the lower."""
        if not changes:
            return self
        if not self._base and not self._over:
            return LayeredMap(changes, stored=self._stored)
        over = {**self._over, **changes}
        if len(over) * 8 < len(self._base) + 1024:
            return LayeredMap(self._base, over, self._stored)
        if self._stored is not None:  # what is taken out still hides what is stored
            return LayeredMap({**self._base, **over}, stored=self._stored)
        return LayeredMap(dict(LayeredMap(self._base, over).items()))
