"""Numbers kept digit by digit are added, compared and chosen from as numbers are."""

from hypothesis import given
from hypothesis import strategies as st
from pyroaring import BitMap

from app.search.scoring.scores import Scores
from app.search.scoring.threshold import smallest

IDS = st.integers(0, 40)
NUMBERS = st.dictionaries(IDS, st.integers(0, 300))


def kept(numbers: dict[int, int]) -> Scores:
    values: dict[int, BitMap] = {}
    for ident, value in numbers.items():
        values.setdefault(value, BitMap()).add(ident)
    return Scores.of(values.items())


@given(NUMBERS, NUMBERS, st.sets(IDS))
def test_sums_the_higher_and_some(one: dict[int, int], two: dict[int, int], some: set[int]) -> None:
    total, higher, few = kept(one).plus(kept(two)), kept(one).or_higher(kept(two)), kept(one).within(BitMap(some))
    for ident in range(41):
        first, second = one.get(ident, 0), two.get(ident, 0)
        assert total.score(ident) == first + second
        assert higher.score(ident) == max(first, second)
        assert few.score(ident) == (first if ident in some else 0)


@given(NUMBERS, st.sets(IDS), st.integers(0, 45))
def test_the_highest_come_first_and_equal_ones_by_id(numbers: dict[int, int], ids: set[int], count: int) -> None:
    expected = sorted(ids, key=lambda ident: (-numbers.get(ident, 0), ident))[:count]
    assert kept(numbers).highest(BitMap(ids), count) == expected


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.booleans())), st.integers(1, 5))
def test_the_smallest_are_found_without_asking_for_all(keys: list[tuple[int, int, bool]], most: int) -> None:
    """Each key is at least what it might be; some turn out not to be there."""
    possible = sorted((low, place) for place, (low, _, _) in enumerate(keys))
    asked = []

    def actual(key: tuple[int, int]) -> tuple[int, int] | None:
        asked.append(key)
        low, more, there = keys[key[1]]
        return (low + more, key[1]) if there else None

    expected = sorted((low + more, place) for place, (low, more, there) in enumerate(keys) if there)[:most]
    assert smallest(most, possible, actual) == expected
    assert len({*asked}) == len(asked)
