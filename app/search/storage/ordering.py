"""All documents in one order, in blocks: a page of any result set is found without sorting it."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, total_ordering
from itertools import chain, groupby, islice
from typing import Any, Protocol

from pyroaring import BitMap

BLOCK = 256
SMALL = 8
"""A result is small, and sorted directly, when there are so many blocks to each of its documents."""

FEW = 10
"""Members of a block that are found are few where they are at most one in so many."""

PART = 8_192
"""Values sorted in one go; meanwhile this process serves no other request."""

STRIDE = 32
"""Blocks whose members are also stored as one set."""


class Comparable(Protocol):
    """What stands in a column: all its values are of one type."""

    def __lt__(self, other: Any, /) -> bool: ...


SortKeys = tuple[Any, ...]
"""Comparable with others that were made from the same columns."""

ValueOf = Callable[[int], Comparable | None]
"""A value by id, None where it is missing."""

OrderColumn = tuple[ValueOf, bool]
"""Values, and whether their order is turned around."""


@total_ordering
class _Descending:
    """Turns the order of a key around; missing keys are handled before."""

    __slots__ = ("key",)

    def __init__(self, key: Comparable) -> None:
        self.key = key

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Descending) and self.key == other.key

    def __lt__(self, other: "_Descending") -> bool:
        return bool(other.key < self.key)

    def __hash__(self) -> int:
        return hash(self.key)


def sort_keys(values: Sequence[Comparable | None], descending: Sequence[bool], ident: int) -> SortKeys:
    """A comparable tuple: missing values last in either direction, ties broken by id."""
    parts: list[object] = []
    for value, down in zip(values, descending, strict=True):
        if value is None:
            parts += (True, 0)
        elif not down:
            parts += (False, value)
        else:
            parts += (False, -value if isinstance(value, int) else _Descending(value))
    return (*parts, ident)


class Block:
    """Up to twice `BLOCK` documents that follow each other."""

    __slots__ = ("_places", "first_keys", "ids", "members")

    def __init__(self, ids: Sequence[int], least: SortKeys) -> None:
        self.ids = array("I", ids)
        self.first_keys = least
        self.members = BitMap(ids)
        self._places: array[int] | None = None

    def in_order(self, found: BitMap) -> Iterable[int]:
        """The members that are found: a few are sorted by their places, many are what is left of all."""
        if len(found) * FEW > len(self.ids):
            return filter(frozenset(found).__contains__, self.ids)
        if self._places is None:
            self._places = array("H", sorted(range(len(self.ids)), key=self.ids.__getitem__))
        rank, places = self.members.rank, self._places
        return sorted(found, key=lambda ident: places[rank(ident) - 1])


class Ordering:
    """An immutable order of ids. `key_response` gives an id's sort keys as they are now."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self.blocks = tuple(blocks)

    @classmethod
    def build(cls, ids: Iterable[int], columns: Sequence[OrderColumn], key_of: Callable[[int], SortKeys]) -> "Ordering":
        """Sorted by one column after the other, the last first: the same order as that of the keys, made faster."""
        ordered = sorted(ids)
        for value_of, descending in reversed(columns):
            values = {ident: value for ident in ordered if (value := value_of(ident)) is not None}
            missing = [ident for ident in ordered if ident not in values]
            ordered = in_order(values, descending=descending) + missing
        starts = range(0, len(ordered), BLOCK)
        return cls([Block(ordered[start : start + BLOCK], key_of(ordered[start])) for start in starts])

    def with_changes(
        self, gone: Iterable[tuple[SortKeys, int]], come: Iterable[int], key_of: Callable[[int], SortKeys]
    ) -> "Ordering":
        """`gone`: old keys and ids to take out; `come`: ids to put in, at their keys of now."""
        blocks = list(self.blocks)
        for keys, ident in gone:
            position = self._place(blocks, keys)
            if position < len(blocks) and ident in blocks[position].members:
                rest = [other for other in blocks[position].ids if other != ident]
                blocks[position : position + 1] = [Block(rest, blocks[position].first_keys)] if rest else []
        for ident in come:
            self._insert(blocks, ident, key_of)
        return Ordering(blocks)

    @staticmethod
    def _place(blocks: Sequence[Block], keys: SortKeys) -> int:
        """The block in which these keys belong."""
        after = bisect_left(blocks, keys, key=lambda block: block.first_keys)
        if after < len(blocks) and blocks[after].first_keys == keys:
            return after
        return max(after - 1, 0)

    def _insert(self, blocks: list[Block], ident: int, key_of: Callable[[int], SortKeys]) -> None:
        keys = key_of(ident)
        if not blocks:
            blocks.append(Block([ident], keys))
            return
        position = self._place(blocks, keys)
        block = blocks[position]
        at = bisect_left(block.ids, keys, key=key_of)
        ids = [*block.ids[:at], ident, *block.ids[at:]]
        least = min(block.first_keys, keys)
        if len(ids) < 2 * BLOCK:
            blocks[position] = Block(ids, least)
        else:
            blocks[position : position + 1] = [Block(ids[:BLOCK], least), Block(ids[BLOCK:], key_of(ids[BLOCK]))]

    def walk(self, within: BitMap, key_of: Callable[[int], SortKeys], *, skip: int = 0) -> Iterator[int]:
        """The ids of `within`, in order, without the first `skip`."""
        if self.is_small(within):
            yield from sorted(within, key=key_of)[skip:]
            return
        for block in self.blocks:
            if skip and (count := block.members.intersection_cardinality(within)) <= skip:
                skip -= count
            elif found := block.members & within:
                yield from islice(block.in_order(found), skip, None)
                skip = 0

    def groups(
        self,
        within: BitMap,
        value_of: ValueOf,
        *,
        descending: bool = False,
        start: Comparable | None = None,
    ) -> Iterator[tuple[Comparable | None, BitMap]]:
        """The ids of `within` that have one value, value by value, from `start` on.

        For orders by one value that nothing in them lacks.
        """
        value, ids = None, BitMap()
        for now, found in self._parts(within, value_of, descending=descending, start=start):
            if ids and now == value:
                ids |= found
                continue
            if ids:
                yield value, ids
            value, ids = now, found
        if ids:
            yield value, ids

    def _parts(
        self,
        within: BitMap,
        value_of: ValueOf,
        *,
        descending: bool,
        start: Comparable | None,
    ) -> Iterator[tuple[Comparable | None, BitMap]]:
        """As `groups`; what goes on in the next block comes apart."""
        blocks = self.blocks
        if start is not None and descending:
            blocks = blocks[: bisect_right(blocks, start, key=lambda block: block.first_keys[1])]
        elif start is not None:
            blocks = blocks[max(bisect_left(blocks, start, key=lambda block: block.first_keys[1]) - 1, 0) :]
        for block in reversed(blocks) if descending else blocks:
            found = block.members & within
            if not found:
                continue
            if value_of(block.ids[0]) == value_of(block.ids[-1]):
                parts = [(value_of(block.ids[0]), found)]
            else:
                own = groupby((ident for ident in block.ids if ident in found), value_of)
                parts = [(value, BitMap(ids)) for value, ids in own]
            for value, ids in reversed(parts) if descending else parts:
                if start is None or value is None or not (start < value if descending else value < start):
                    yield value, ids

    def is_small(self, within: BitMap) -> bool:
        """Whether it is sorted sooner than found in the blocks."""
        return len(within) * SMALL <= len(self.blocks)

    def walk_after(self, within: BitMap, keys: SortKeys, key_of: Callable[[int], SortKeys]) -> Iterator[int]:
        """The ids of `within` whose keys come strictly after `keys`."""
        if self.is_small(within):
            yield from sorted((ident for ident in within if key_of(ident) > keys), key=key_of)
            return
        for block in self.blocks[self._place(self.blocks, keys) :]:
            found = block.members & within
            for ident in block.ids:
                if ident in found and key_of(ident) > keys:
                    yield ident

    def between(self, low: SortKeys | None, high: SortKeys | None, key_of: Callable[[int], SortKeys]) -> BitMap:
        """Ids whose keys are at least `low` and less than `high`."""
        first = self._place(self.blocks, low) if low is not None else 0
        end = len(self.blocks) if high is None else bisect_left(self.blocks, high, key=lambda block: block.first_keys)
        if first >= end:
            return BitMap()
        ids = self.blocks[first].ids
        before = ids[: bisect_left(ids, low, key=key_of)] if low is not None else ids[:0]
        ids = self.blocks[end - 1].ids
        after = ids[bisect_left(ids, high, key=key_of) :] if high is not None else ids[:0]
        members = self._members(first, end)
        for outside in filter(len, (before, after)):
            members -= BitMap(outside)
        return members

    def _members(self, first: int, end: int) -> BitMap:
        """Of the blocks from `first` to before `end`: the sets of whole strides are stored."""
        low, high = -(-first // STRIDE), end // STRIDE
        if low >= high:
            return BitMap.union(*(block.members for block in self.blocks[first:end]))
        ends = chain(self.blocks[first : low * STRIDE], self.blocks[high * STRIDE : end])
        return BitMap.union(self._sums[high] - self._sums[low], *(block.members for block in ends))

    @cached_property
    def _sums(self) -> list[BitMap]:
        """The members of the first so many strides."""
        sums = [BitMap()]
        for start in range(0, len(self.blocks), STRIDE):
            sums.append(BitMap.union(sums[-1], *(block.members for block in self.blocks[start : start + STRIDE])))
        return sums


def in_order(values: Mapping[int, Comparable], *, descending: bool = False) -> list[int]:
    """The ids of `values`, by their values; equal ones stay as they are. In parts that do not take long."""
    if len(values) <= PART:
        return sorted(values, key=values.__getitem__, reverse=descending)
    sample = sorted(value for position, value in enumerate(values.values()) if position % (PART // 16) == 0)
    bounds = sample[16::16]
    parts: list[list[int]] = [[] for _ in range(len(bounds) + 1)]
    for ident, value in values.items():
        parts[bisect_right(bounds, value)].append(ident)
    sorted_parts = [sorted(part, key=values.__getitem__, reverse=descending) for part in parts]
    return list(chain.from_iterable(reversed(sorted_parts) if descending else sorted_parts))
