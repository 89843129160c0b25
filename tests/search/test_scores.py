"""Numbers of documents are added, compared and chosen from as numbers are, in whichever way they are kept."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroaring import BitMap

from app.search.scoring.scores import FEW, ListedScores, Scores, SlicedScores, best_for
from app.search.scoring.threshold import smallest
from tests.chance import by_chance

IDS = range(41)


def some(random: Random) -> list[int]:
    return random.sample(IDS, random.randint(0, len(IDS)))


NUMBERS = st.dictionaries(st.sampled_from(IDS), st.integers(0, 300)) | by_chance(
    lambda random: {ident: random.randint(0, random.choice([3, 300])) for ident in some(random)}
)
SETS = st.sets(st.sampled_from(IDS)) | by_chance(lambda random: set(some(random)))
POSSIBLE = st.tuples(st.integers(0, 9), st.integers(0, 9), st.booleans())
KEYS = st.lists(POSSIBLE) | by_chance(
    lambda random: [(random.randint(0, 9), random.randint(0, 9), random.random() < 0.7) for _ in some(random)]
)

either_way = pytest.mark.parametrize("kind", [ListedScores, SlicedScores])


def kept(kind: type[Scores], numbers: dict[int, int]) -> Scores:
    values: dict[int, BitMap] = {1000: BitMap()}  # first, and of none
    for ident, value in numbers.items():
        values.setdefault(value, BitMap()).add(ident)
    return kind(values.items())


@either_way
@given(NUMBERS, NUMBERS)
def test_sums_and_the_higher(kind: type[Scores], one: dict[int, int], two: dict[int, int]) -> None:
    total, higher = (how(kept(kind, one), kept(kind, two)) for how in (kind.plus, kind.or_higher))
    for ident in IDS:
        first, second = one.get(ident, 0), two.get(ident, 0)
        assert total.score(ident) == first + second
        assert higher.score(ident) == max(first, second)


@either_way
@given(NUMBERS, SETS, st.integers(0, 45))
def test_the_highest_come_first_and_equal_ones_by_id(
    kind: type[Scores], numbers: dict[int, int], ids: set[int], count: int
) -> None:
    expected = sorted(ids, key=lambda ident: (-numbers.get(ident, 0), ident))[:count]
    assert kept(kind, numbers).highest(BitMap(ids), count) == expected


def test_few_are_kept_one_by_one_and_many_as_sets() -> None:
    assert best_for(BitMap(range(FEW))) is ListedScores
    assert best_for(BitMap(range(FEW + 1))) is SlicedScores


@given(KEYS, st.integers(1, 5))
def test_the_smallest_are_found_without_asking_for_all(keys: list[tuple[int, int, bool]], most: int) -> None:
    """Each key is at least what it might be; some turn out not to be there."""
    possible = sorted((low, place) for place, (low, _, _) in enumerate(keys))
    calls: list[tuple[int, int]] = []

    def actual(key: tuple[int, int]) -> tuple[int, int] | None:
        known = [(low + more, place) for _, place in calls for low, more, there in [keys[place]] if there]
        assert sum(each <= key for each in known) < most, "it cannot be among the smallest any more"
        calls.append(key)
        low, more, there = keys[key[1]]
        return (low + more, key[1]) if there else None

    expected = sorted((low + more, place) for place, (low, more, there) in enumerate(keys) if there)[:most]
    assert smallest(most, possible, actual) == expected
    assert len({*calls}) == len(calls)
