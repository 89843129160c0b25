"""The best of many by what is expensive to know, where the best that it can be is known (Fagin, Lotem & Naor 2003)."""

from bisect import insort
from collections.abc import Callable, Iterable
from typing import TypeVar

K = TypeVar("K", bound=tuple[object, ...])


def smallest(most: int, possible: Iterable[K], actual: Callable[[K], K | None]) -> list[K]:
    """At most `most` actual keys, the smallest first. `possible` keys come in order, and none is larger than the
    actual one, which is computed only where it can matter; None: there is none."""
    found: list[K] = []
    for key in possible:
        if len(found) >= most and key >= found[most - 1]:
            break
        known = actual(key)
        if known is not None:
            insort(found, known)
    return found[:most]
