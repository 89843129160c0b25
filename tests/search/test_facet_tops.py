"""The most frequent values, found without counting them all."""

from random import Random
from typing import Any, cast

from hypothesis import example, given
from hypothesis import strategies as st
from pyroaring import BitMap

from app.search.facets import top
from tests.chance import by_chance

VALUES, IDS = "abcdefgh", range(1, 21)


def some(random: Random, *, least: int = 0) -> set[int]:
    return set(random.sample(IDS, random.randint(least, len(IDS))))


SETS = st.dictionaries(st.sampled_from(VALUES), st.sets(st.sampled_from(IDS), min_size=1)) | by_chance(
    lambda random: {value: some(random, least=1) for value in random.sample(VALUES, random.randint(0, len(VALUES)))}
)
FOUND = st.sets(st.sampled_from(IDS)) | by_chance(some)


class Counted:
    """Stands for a snapshot: it knows the documents of each value."""

    def __init__(self, having: dict[str, set[int]]) -> None:
        self.having = having

    def by_size(self, _: Any) -> list[tuple[int, str, BitMap]]:
        ordered = sorted(self.having.items(), key=lambda each: (-len(each[1]), each[0]))
        return [(len(ids), value, BitMap(ids)) for value, ids in ordered]

    def depths(self, _: Any) -> dict[str, int]:
        return {}


@example({"b": {1, 2, 3}, "a": {1, 2}}, {1, 2}, 1, set())
@given(SETS, FOUND, st.integers(1, 9), st.sets(st.sampled_from(VALUES)))
def test_the_most_frequent_are_those_of_a_full_count(
    having: dict[str, set[int]], base: set[int], size: int, chosen: set[str]
) -> None:
    counts = {value: len(ids & base) for value, ids in having.items() if ids & base}
    ranked = sorted(counts, key=lambda value: (-counts[value], value))
    found, truncated = top(cast(Any, Counted(having)), cast(Any, None), BitMap(base), size, chosen)
    assert found == {value: counts[value] for value in ranked[:size]}
    assert truncated == bool(set(ranked[size:]) - chosen)
