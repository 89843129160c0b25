"""Whole numbers for any number of documents: added, compared, and the highest picked, exactly.

Two ways of keeping them, which give the same answers: of few documents one by one, of many as a set of documents for
each binary digit.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice, zip_longest
from typing import Final, Self

from pyroaring import BitMap

FEW: Final = 300
"""Documents up to which their numbers are kept one by one."""

NONE: Final = BitMap()

RankedSets = Iterable[tuple[int, BitMap]]
"""Numbers above nought with the documents that have them; none stands in two of the sets."""


class Scores(ABC):
    """Documents that are in no set have nought. Never changed."""

    __slots__ = ()

    @classmethod
    @abstractmethod
    def of(cls, values: RankedSets) -> Self: ...

    @abstractmethod
    def plus(self, other: Self) -> Self: ...

    @abstractmethod
    def or_higher(self, other: Self) -> Self:
        """For each document the higher of two."""

    @abstractmethod
    def highest(self, ids: BitMap, count: int) -> list[int]:
        """The `count` of `ids` with the highest numbers, the highest first; of equal ones the lowest ids."""

    @abstractmethod
    def score(self, ident: int) -> int: ...


def best_for(ids: BitMap) -> type[Scores]:
    """The way in which the numbers of so many documents are best kept."""
    return ListedScores if len(ids) <= FEW else SlicedScores


class ListedScores(Scores):
    __slots__ = ("_numbers",)

    def __init__(self, numbers: Mapping[int, int]) -> None:
        self._numbers = numbers

    @classmethod
    def of(cls, values: RankedSets) -> Self:
        return cls({ident: value for value, ids in values for ident in ids})

    def plus(self, other: Self) -> Self:
        if not self._numbers:
            return other
        added = {ident: self.score(ident) + number for ident, number in other._numbers.items()}
        return type(self)({**self._numbers, **added})

    def or_higher(self, other: Self) -> Self:
        higher = {ident: max(self.score(ident), number) for ident, number in other._numbers.items()}
        return type(self)({**self._numbers, **higher})

    def highest(self, ids: BitMap, count: int) -> list[int]:
        numbers = {**dict.fromkeys(ids, 0), **self._numbers}
        return sorted(ids, key=numbers.__getitem__, reverse=True)[:count]  # equal ones stay as they come

    def score(self, ident: int) -> int:
        return self._numbers.get(ident, 0)


class SlicedScores(Scores):
    """A bit-sliced index (O'Neil & Quass 1997): adding, comparing and picking the highest take a few operations on sets
    for each digit, however many documents there are."""

    __slots__ = ("_digits",)

    def __init__(self, digits: Sequence[BitMap]) -> None:
        """The lowest digit first."""
        self._digits = tuple(digits)

    @classmethod
    def of(cls, values: RankedSets) -> Self:
        digits: list[list[BitMap]] = []
        for value, ids in values:
            if not ids:
                continue
            digits += [[] for _ in range(value.bit_length() - len(digits))]
            for place in range(value.bit_length()):
                if value >> place & 1:
                    digits[place].append(ids)
        return cls([BitMap.union(*sets) if sets else NONE for sets in digits])

    def plus(self, other: Self) -> Self:
        if not self._digits:
            return other
        digits: list[BitMap] = []
        carried = NONE
        for one, two in zip_longest(self._digits, other._digits, fillvalue=NONE):
            either = one ^ two
            digits.append(either ^ carried)
            carried = (one & two) | (carried & either)
        return type(self)([*digits, carried] if carried else digits)

    def or_higher(self, other: Self) -> Self:
        pairs = list(zip_longest(self._digits, other._digits, fillvalue=NONE))
        higher, lower = BitMap(), BitMap()
        for one, two in reversed(pairs):
            higher |= one - two - lower
            lower |= two - one - higher
        return type(self)([(one - lower) | (two & lower) for one, two in pairs])

    def highest(self, ids: BitMap, count: int) -> list[int]:
        sure, open_still = BitMap(), ids
        for digit in reversed(self._digits):
            having = open_still & digit
            if len(sure) + len(having) > count:
                open_still = having
            else:
                sure |= having
                open_still = open_still - having
        chosen = sure | BitMap(islice(open_still, count - len(sure)))
        numbers = dict.fromkeys(chosen, 0)
        for place, digit in enumerate(self._digits):
            for ident in digit & chosen:
                numbers[ident] += 1 << place
        return sorted(numbers, key=numbers.__getitem__, reverse=True)  # equal ones stay as they come

    def score(self, ident: int) -> int:
        return sum(1 << place for place, digit in enumerate(self._digits) if ident in digit)
