"""A layered mapping says what a plain one would, and never changes."""

from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.search.storage.layered_map import LayeredMap
from tests.chance import by_chance


class Stored:
    """Stands for a file."""

    def __init__(self, values: dict[int, int]) -> None:
        self._values = values

    def get(self, key: int) -> int | None:
        return self._values.get(key)

    def items(self) -> Iterator[tuple[int, int]]:
        return iter(self._values.items())


def some(random: Random) -> list[int]:
    return random.sample(range(41), random.randint(0, 25))


CHANGES = st.dictionaries(st.integers(0, 40), st.none() | st.integers(0, 9), max_size=25) | by_chance(
    lambda random: {key: random.choice([None, *range(5)]) for key in some(random)}
)
STORED = st.none() | by_chance(lambda random: {key: random.randint(0, 9) for key in some(random)})


@given(STORED, st.lists(CHANGES, max_size=8))
def test_every_layer_says_what_a_plain_mapping_would(
    stored: dict[int, int] | None, rounds: list[dict[int, int | None]]
) -> None:
    layered: LayeredMap[int, int] = LayeredMap(stored=None if stored is None else Stored(stored))
    plain: dict[int, int] = dict(stored or {})
    history = []
    for changes in rounds:
        history.append((layered, dict(plain)))
        layered = layered.with_changes(changes)
        plain |= {key: value for key, value in changes.items() if value is not None}
        plain = {key: value for key, value in plain.items() if changes.get(key, value) is not None}
    for mapping, expected in [*history, (layered, plain)]:
        assert dict(mapping.items()) == expected
        assert all(mapping.get(key) == expected.get(key) for key in range(41))
        assert all((key in mapping) == (key in expected) for key in range(41))


@pytest.mark.parametrize("is_stored", [False, True])
def test_a_large_layer_is_merged_and_still_the_same(is_stored: bool) -> None:
    numbers = {number: number for number in range(20_000)}
    base = LayeredMap[int, int](stored=Stored(numbers)) if is_stored else LayeredMap[int, int]({**numbers})
    changed = base.with_changes({number: None if number % 2 else -number for number in range(0, 9_000)})
    assert len(dict(changed.items())) == 15_500
    assert changed.get(8) == -8
    assert changed.get(9) is None
    assert base.get(9) == 9
    later = changed.with_changes({number: None if number % 3 else 1 for number in range(0, 6_000)})
    assert len(dict(later.items())) == 14_500
    assert (later.get(9), later.get(8), later.get(9_998)) == (1, None, 9_998)
    assert (changed.get(9), changed.get(8)) == (None, -8)


def test_what_is_not_there_is_an_error_where_it_must_be() -> None:
    layered = LayeredMap[str, int]().with_changes({"a": 1, "b": 2}).with_changes({"b": None})
    assert layered["a"] == 1
    with pytest.raises(KeyError):
        layered["b"]
