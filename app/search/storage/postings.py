"""The documents that have a value of a field, as sets of ids. What is in the index is never changed in place."""

from collections.abc import Mapping, Sequence

from pyroaring import BitMap

from app.search.storage.layered_map import LayeredMap

Posting = int | BitMap
"""One id, or many: most values of identifiers stand in one document only."""


def as_bitmap(posting: Posting | None) -> BitMap:
    if posting is None:
        return BitMap()
    return BitMap((posting,)) if isinstance(posting, int) else posting


def posting_of(postings: Mapping[str, LayeredMap[str, Posting]], name: str, value: str) -> BitMap:
    """That of one value of a field, by name; an empty set where nothing has it."""
    values = postings.get(name)
    return as_bitmap(values.get(value)) if values else BitMap()


def union(sets: Sequence[BitMap]) -> BitMap:
    """A single one is its own union, and is not copied."""
    return sets[0] if len(sets) == 1 else BitMap.union(BitMap(), *sets)
