"""Whole numbers for any number of documents, kept as a set of documents for each binary digit.

A bit-sliced index (O'Neil & Quass 1997): adding, comparing and picking the highest take a few operations on sets for
each digit, however many documents there are, and are exact.
"""

from collections.abc import Iterable, Sequence
from heapq import nsmallest
from itertools import islice, zip_longest

from pyroaring import BitMap

NONE = BitMap()


class Scores:
    """Documents that are in no set have nought. Never changed."""

    __slots__ = ("_digits",)

    def __init__(self, digits: Sequence[BitMap] = ()) -> None:
        """The lowest digit first."""
        self._digits = tuple(digits)

    @classmethod
    def of(cls, values: Iterable[tuple[int, BitMap]]) -> "Scores":
        """Each number with the documents that have it; none stands in two of the sets."""
        digits: list[list[BitMap]] = []
        for value, ids in values:
            digits += [[] for _ in range(value.bit_length() - len(digits))]
            for place in range(value.bit_length()):
                if value >> place & 1:
                    digits[place].append(ids)
        return cls([BitMap.union(*sets) if sets else NONE for sets in digits])

    def plus(self, other: "Scores") -> "Scores":
        digits: list[BitMap] = []
        carried = NONE
        for one, two in zip_longest(self._digits, other._digits, fillvalue=NONE):
            either = one ^ two
            digits.append(either ^ carried)
            carried = (one & two) | (carried & either)
        return Scores([*digits, carried] if carried else digits)

    def within(self, ids: BitMap) -> "Scores":
        """Nought for all others."""
        return Scores([digit & ids for digit in self._digits])

    def or_higher(self, other: "Scores") -> "Scores":
        """For each document the higher of two."""
        pairs = list(zip_longest(self._digits, other._digits, fillvalue=NONE))
        higher, lower = BitMap(), BitMap()
        for one, two in reversed(pairs):
            higher |= one - two - lower
            lower |= two - one - higher
        return Scores([(one - lower) | (two & lower) for one, two in pairs])

    def highest(self, ids: BitMap, count: int) -> list[int]:
        """The `count` of `ids` with the highest numbers, the highest first; of equal ones the lowest ids."""
        sure, open_still = BitMap(), ids
        for digit in reversed(self._digits):
            having = open_still & digit
            if len(sure) + len(having) > count:
                open_still = having
            else:
                sure |= having
                open_still = open_still - having
        chosen = [*sure, *islice(open_still, count - len(sure))]
        return nsmallest(len(chosen), chosen, key=lambda ident: (-self.score(ident), ident))

    def score(self, ident: int) -> int:
        return sum(1 << place for place, digit in enumerate(self._digits) if ident in digit)
