"""Whole numbers for any number of documents: added, compared, and the highest picked, exactly.

Two ways of keeping them, which give the same answers: of few documents one by one, of many as a set of documents for
each binary digit. What nothing is added to stays as it was given, in sets: the highest are seen there.
"""

from abc import ABC, abstractmethod
from collections import defaultdict
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

    __slots__ = ("_sets",)

    def __init__(self, sets: RankedSets = ()) -> None:
        self._sets: Sequence[tuple[int, BitMap]] | None = [(value, ids) for value, ids in sets if value and ids]

    def plus(self, other: Self) -> Self:
        if not (self.is_zero or other.is_zero):
            return self._plus(other)
        return other if self.is_zero else self

    @property
    def is_zero(self) -> bool:
        """Whether no document has more than nought."""
        return self._sets is not None and not self._sets

    @abstractmethod
    def or_higher(self, other: Self) -> Self:
        """For each document the higher of two."""

    def highest(self, ids: BitMap, count: int) -> list[int]:
        """The `count` of `ids` with the highest numbers, the highest first; of equal ones the lowest ids."""
        return self._highest(ids, count) if self._sets is None else _first(self._sets, ids, count)

    @abstractmethod
    def score(self, ident: int) -> int: ...

    @abstractmethod
    def _plus(self, other: Self) -> Self: ...

    @abstractmethod
    def _highest(self, ids: BitMap, count: int) -> list[int]: ...


def _first(sets: RankedSets, ids: BitMap, count: int) -> list[int]:
    by_value = defaultdict[int, list[BitMap]](list)
    for value, having in sets:
        by_value[value].append(having)
    found: list[int] = []
    rest = ids
    for value in sorted(by_value, reverse=True):
        having = rest & BitMap.union(*by_value[value])
        found += islice(having, count - len(found))
        if len(found) == count:
            return found
        rest = rest - having
    return [*found, *islice(rest, count - len(found))]


def best_for(ids: BitMap) -> type[Scores]:
    """The way in which the numbers of so many documents are best kept."""
    return ListedScores if len(ids) <= FEW else SlicedScores


class ListedScores(Scores):
    __slots__ = ("_numbers",)

    def __init__(self, sets: RankedSets = (), *, numbers: Mapping[int, int] | None = None) -> None:
        """`numbers` by document, where sums were made, stand in the place of sets."""
        super().__init__(sets)
        self._numbers = numbers
        if numbers is not None:
            self._sets = None

    @property
    def numbers(self) -> Mapping[int, int]:
        if self._numbers is None:
            self._numbers = {ident: value for value, ids in self._sets or () for ident in ids}
        return self._numbers

    def or_higher(self, other: Self) -> Self:
        higher = {ident: max(self.score(ident), number) for ident, number in other.numbers.items()}
        return type(self)(numbers={**self.numbers, **higher})

    def score(self, ident: int) -> int:
        return self.numbers.get(ident, 0)

    def _plus(self, other: Self) -> Self:
        added = {ident: self.score(ident) + number for ident, number in other.numbers.items()}
        return type(self)(numbers={**self.numbers, **added})

    def _highest(self, ids: BitMap, count: int) -> list[int]:
        numbers = {**dict.fromkeys(ids, 0), **self.numbers}
        return sorted(ids, key=numbers.__getitem__, reverse=True)[:count]  # equal ones stay as they come


class SlicedScores(Scores):
    """A bit-sliced index (O'Neil & Quass 1997): adding, comparing and picking the highest take a few operations on sets
    for each digit, however many documents there are. The lowest digit comes first."""

    __slots__ = ("_digits",)

    def __init__(self, sets: RankedSets = (), *, digits: Sequence[BitMap] | None = None) -> None:
        """`digits`, where sums were made, stand in the place of sets."""
        super().__init__(sets)
        self._digits = digits
        if digits is not None:
            self._sets = None

    @property
    def digits(self) -> Sequence[BitMap]:
        if self._digits is None:
            self._digits = _digits_of(self._sets or ())
        return self._digits

    def or_higher(self, other: Self) -> Self:
        pairs = list(zip_longest(self.digits, other.digits, fillvalue=NONE))
        higher, lower = BitMap(), BitMap()
        for one, two in reversed(pairs):
            higher |= one - two - lower
            lower |= two - one - higher
        return type(self)(digits=[(one - lower) | (two & lower) for one, two in pairs])

    def score(self, ident: int) -> int:
        return sum(1 << place for place, digit in enumerate(self.digits) if ident in digit)

    def _plus(self, other: Self) -> Self:
        digits: list[BitMap] = []
        carried = NONE
        for one, two in zip_longest(self.digits, other.digits, fillvalue=NONE):
            either = one ^ two
            digits.append(either ^ carried)
            carried = (one & two) | (carried & either)
        return type(self)(digits=[*digits, carried] if carried else digits)

    def _highest(self, ids: BitMap, count: int) -> list[int]:
        sure, open_still = BitMap(), ids
        for digit in reversed(self.digits):
            having = open_still & digit
            if len(sure) + len(having) > count:
                open_still = having
            else:
                sure |= having
                open_still = open_still - having
        chosen = sure | BitMap(islice(open_still, count - len(sure)))
        numbers = dict.fromkeys(chosen, 0)
        for place, digit in enumerate(self.digits):
            for ident in digit & chosen:
                numbers[ident] += 1 << place
        return sorted(numbers, key=numbers.__getitem__, reverse=True)  # equal ones stay as they come


def _digits_of(sets: RankedSets) -> Sequence[BitMap]:
    digits: list[list[BitMap]] = []
    for value, ids in sets:
        digits += [[] for _ in range(value.bit_length() - len(digits))]
        for place in range(value.bit_length()):
            if value >> place & 1:
                digits[place].append(ids)
    return [BitMap.union(*having) if having else NONE for having in digits]
