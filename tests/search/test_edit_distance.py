"""How many slips lie between two words."""

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.search.words import edit_distance

WORDS = st.text("abc", max_size=7)


def slips(one: str, other: str) -> int:
    """Optimal string alignment, as it is defined."""

    @cache
    def between(left: int, right: int) -> int:
        if not left or not right:
            return left + right
        best = min(
            between(left - 1, right) + 1,
            between(left, right - 1) + 1,
            between(left - 1, right - 1) + (one[left - 1] != other[right - 1]),
        )
        if left > 1 and right > 1 and one[left - 1] == other[right - 2] and one[left - 2] == other[right - 1]:
            best = min(best, between(left - 2, right - 2) + 1)
        return best

    return between(len(one), len(other))


@given(WORDS, WORDS, st.integers(0, 3))
def test_it_is_the_defined_distance_or_nothing(one: str, other: str, most: int) -> None:
    distance = slips(one, other)
    assert edit_distance(one, other, most) == (distance if distance <= most else None)


@pytest.mark.parametrize(
    ("one", "other", "distance"),
    [
        ("innovation", "inovation", 1),
        ("ethics", "ehtics", 1),
        ("trust", "trusts", 1),
        ("stage", "stag3", 1),
        ("", "ab", 2),
    ],
)
def test_examples(one: str, other: str, distance: int) -> None:
    assert edit_distance(one, other, 2) == distance
