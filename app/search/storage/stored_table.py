"""A table of keys and values in a file that never changes: mapped into memory, so that processes share the pages
they have read, and values are read on demand."""

import mmap
import struct
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from app.kit.system.private_files import write_private

_END: Final = struct.Struct("=QQQ")
"""The last bytes of the file: how many keys there are, where they begin, and where their offsets do."""

MAPPED_READS: Final = 64
"""Values of a large table that are read until the pages that they lie in are unmapped. The system keeps them in its
cache, shared by all processes; but what is mapped counts as memory of each, and with every value sixteen pages are.
Unmapping takes some 2 µs a value, all at once: a request that meets it should not notice."""

LARGE: Final = 16_000_000
"""Bytes of the values of such a table."""

_OFFSET: Final = "Q"
_WIDTH: Final = array(_OFFSET).itemsize


def write_table(path: Path, items: Iterable[tuple[bytes, bytes]]) -> None:
    """`items` in the order of their keys, each of which comes once. In the file: values, keys, the offsets of both."""
    keys, key_ends, value_ends = bytearray(), array(_OFFSET, (0,)), array(_OFFSET, (0,))
    with write_private(path, "wb") as file:
        for key, value in items:
            file.write(value)
            keys += key
            key_ends.append(len(keys))
            value_ends.append(value_ends[-1] + len(value))
        file.write(keys)
        file.write(value_ends.tobytes() + key_ends.tobytes())
        file.write(_END.pack(len(key_ends) - 1, value_ends[-1], value_ends[-1] + len(keys)))


def number_key(number: int) -> bytes:
    """A key of a `NumberedTable`, whose items are in the order of their numbers."""
    return number.to_bytes(_WIDTH, sys.byteorder)


class StoredTable:
    """For any number of threads."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        if hasattr(mmap, "MADV_RANDOM"):  # what lies beside a value is not wanted with it
            self._map.madvise(mmap.MADV_RANDOM)
        self._count: int
        self._count, self._keys, offsets = _END.unpack(self._map[-_END.size :])
        self._reads, self._unmaps = 0, hasattr(mmap, "MADV_DONTNEED") and self._keys > LARGE
        size = (self._count + 1) * _WIDTH
        view = memoryview(self._map)
        self._value_ends = view[offsets : offsets + size].cast(_OFFSET)
        self._key_ends = view[offsets + size : offsets + 2 * size].cast(_OFFSET)

    def __len__(self) -> int:
        return self._count

    def get(self, key: bytes) -> bytes | None:
        place = self._place(key)
        return self._value(place) if place < self._count and self._key(place) == key else None

    def items(self, prefix: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Those whose keys begin so, in order."""
        for place in range(self._place(prefix), self._count):
            key = self._key(place)
            if not key.startswith(prefix):
                return
            yield key, self._value(place)

    def _place(self, key: bytes) -> int:
        return bisect_left(range(self._count), key, key=self._key)

    def _key(self, place: int) -> bytes:
        return self._map[self._keys + self._key_ends[place] : self._keys + self._key_ends[place + 1]]

    def _value(self, place: int) -> bytes:
        self._reads += 1  # threads that count at once unmap a little later
        if self._reads >= MAPPED_READS and self._unmaps:
            self._reads = 0
            self._map.madvise(mmap.MADV_DONTNEED, 0, self._keys)  # what is read again is mapped again
        return self._map[self._value_ends[place] : self._value_ends[place + 1]]


class NumberedTable(StoredTable):
    """One whose keys are numbers: they are found ten times as fast."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        keys = memoryview(self._map)[self._keys : self._keys + self._count * _WIDTH]
        self._numbers: Sequence[int] = keys.cast(_OFFSET)

    def get_number(self, number: int) -> bytes | None:
        place = bisect_left(self._numbers, number)
        return self._value(place) if place < self._count and self._numbers[place] == number else None

    def numbered_items(self) -> Iterator[tuple[int, bytes]]:
        for place, number in enumerate(self._numbers):
            yield number, self._value(place)
