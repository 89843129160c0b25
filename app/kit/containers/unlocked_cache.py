"""Dictionaries that many threads fill without a lock: at worst two of them make the same value."""

from typing import TypeVar

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
