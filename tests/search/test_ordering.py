"""An order kept in blocks is the sorted list, however it came about."""

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from app.search.storage import ordering
from app.search.storage.ordering import Ordering, SortKeys, sort_keys
from tests.chance import by_chance

Values = tuple[int | None, str | None]
Table = dict[int, Values]


def some_ids(random: Random, most: int = 60) -> list[int]:
    return random.sample(range(1, 81), random.randint(0, most))


def a_row(random: Random) -> Values:
    return random.choice([None, *range(-3, 4)]), random.choice([None, *"abc"])


ROWS = st.tuples(st.none() | st.integers(-3, 3), st.none() | st.sampled_from("abc"))
TABLES = by_chance(lambda random: {ident: a_row(random) for ident in some_ids(random)})
SETS = by_chance(lambda random: set(some_ids(random, 80)))
CHANGES = by_chance(lambda random: {ident: random.choice([None, a_row(random)]) for ident in some_ids(random, 12)})
NUMBERS = by_chance(lambda random: {ident: random.randint(-3, 3) for ident in some_ids(random)})
TEXTS = by_chance(lambda random: ["".join(random.choices("abc", k=random.randint(0, 2))) for _ in some_ids(random)])
DIRECTIONS = st.tuples(st.booleans(), st.booleans())
MANY = settings(max_examples=80, deadline=None)


@pytest.fixture(autouse=True, scope="module")
def small_blocks() -> Iterator[None]:
    """So few to a block, and to a stride, that every case has several, and one of a block is few."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ordering, "BLOCK", 4)
        patch.setattr(ordering, "STRIDE", 3)
        patch.setattr(ordering, "FEW", 2)
        patch.setattr(ordering, "SMALL", 2)
        yield


class Sorted:
    """A table in an order: with blocks, and by `sorted`."""

    def __init__(self, table: Table, down: tuple[bool, bool]) -> None:
        self.table = table
        self.down = down
        columns = [(lambda ident, place=place: table[ident][place], down[place]) for place in range(2)]
        self.ordering = Ordering.build(table, columns, self.keys)

    def keys(self, ident: int) -> SortKeys:
        return sort_keys(self.table[ident], self.down, ident)

    @property
    def expected(self) -> list[int]:
        return in_order(self.table, self.down)


def in_order(table: Table, down: tuple[bool, bool]) -> list[int]:
    """By the rules as they are written: missing values last in either direction, ties by id."""
    ids = sorted(table)
    for place in (1, 0):
        there = [ident for ident in ids if table[ident][place] is not None]
        absent = [ident for ident in ids if table[ident][place] is None]

        def value(ident: int, place: int = place) -> Any:
            return table[ident][place]

        ids = sorted(there, key=value, reverse=down[place]) + absent
    return ids


@given(TABLES, DIRECTIONS, SETS, st.integers(0, 30))
@MANY
def test_a_walk_gives_the_sorted_list(table: Table, down: tuple[bool, bool], some: set[int], skip: int) -> None:
    made = Sorted(table, down)
    within = BitMap(some & table.keys())
    expected = [ident for ident in made.expected if ident in within]
    assert list(made.ordering.walk(within, made.keys, skip=skip)) == expected[skip:]
    assert list(made.ordering.walk(BitMap(table), made.keys)) == made.expected


@given(TABLES, DIRECTIONS, SETS, ROWS, st.integers(0, 81))
@MANY
def test_a_walk_goes_on_after_any_place(
    table: Table, down: tuple[bool, bool], some: set[int], row: Values, ident: int
) -> None:
    made = Sorted(table, down)
    within = BitMap(some & table.keys())
    for keys in (sort_keys(row, down, ident), *map(made.keys, within)):
        expected = [each for each in made.expected if each in within and made.keys(each) > keys]
        assert list(made.ordering.walk_after(within, keys, made.keys)) == expected


@given(TABLES, DIRECTIONS, ROWS, ROWS)
@MANY
def test_a_range_is_all_between_two_places(table: Table, down: tuple[bool, bool], low: Values, high: Values) -> None:
    made = Sorted(table, down)
    first, last = sort_keys(low, down, -1), sort_keys(high, down, 100)
    for lower, upper in ((first, last), (None, last), (first, None), (None, None)):
        found = made.ordering.between(lower, upper, made.keys)
        assert set(found) == {
            ident
            for ident in table
            if (lower is None or made.keys(ident) >= lower) and (upper is None or made.keys(ident) < upper)
        }


@given(TABLES, st.lists(CHANGES, max_size=6), DIRECTIONS)
@MANY
def test_a_changed_order_is_the_one_rebuilt(
    table: Table, rounds: list[dict[int, Values | None]], down: tuple[bool, bool]
) -> None:
    before = Sorted(table, down)
    kept = before.ordering
    for changes in rounds:
        after = {**before.table, **changes}
        made = Sorted({ident: row for ident, row in after.items() if row is not None}, down)
        moved = [ident for ident in changes if before.table.get(ident) != made.table.get(ident)]
        gone = [(before.keys(ident), ident) for ident in moved if ident in before.table]
        come = [ident for ident in moved if ident in made.table]
        earlier = [ident for block in kept.blocks for ident in block.ids]
        following = kept.with_changes(gone, come, made.keys)
        assert [ident for block in kept.blocks for ident in block.ids] == earlier
        kept, before = following, made
        assert [ident for block in kept.blocks for ident in block.ids] == made.expected
        assert all(set(block.members) == set(block.ids) for block in kept.blocks)
        assert list(kept.walk(BitMap(made.table), made.keys)) == made.expected


@given(NUMBERS, SETS, st.integers(-4, 4))
@MANY
def test_groups_are_those_of_one_value(table: dict[int, int], some: set[int], start: int) -> None:
    def keys(ident: int) -> SortKeys:
        return sort_keys((table[ident],), (False,), ident)

    order, within = Ordering.build(table, [(table.__getitem__, False)], keys), BitMap(some & table.keys())
    for down in (False, True):
        for begin in (None, start):
            wanted = [value for value in sorted(set(table.values()), reverse=down) if reached(value, begin, down=down)]
            expected = [(value, {each for each in within if table[each] == value}) for value in wanted]
            found = order.groups(within, table.__getitem__, descending=down, start=begin)
            assert [(value, set(ids)) for value, ids in found] == [each for each in expected if each[1]]


def reached(value: int, start: int | None, *, down: bool) -> bool:
    return start is None or (value <= start if down else value >= start)


@given(TEXTS, st.booleans())
@MANY
def test_what_is_sorted_in_parts_is_sorted(texts: list[str], down: bool) -> None:
    values = dict(enumerate(texts))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ordering, "PART", 16)
        assert ordering.in_order(values, descending=down) == sorted(values, key=values.__getitem__, reverse=down)


@given(
    by_chance(
        lambda random: {
            ident: (random.choice([None, 1, 2]), random.choice([None, *"ab"]), random.choice([None, -3, 0, 3]))
            for ident in some_ids(random)
        }
    ),
    st.tuples(st.booleans(), st.booleans(), st.booleans()),
)
def test_keys_sort_by_one_column_after_the_other(
    table: dict[int, tuple[int | None, str | None, int | None]], down: tuple[bool, bool, bool]
) -> None:
    """What is missing comes last, whichever way, and what is equal by id."""
    expected = sorted(table)
    for place in reversed(range(3)):
        there = {ident: value for ident in expected if (value := table[ident][place]) is not None}
        missing = [ident for ident in expected if ident not in there]
        expected = [*sorted(there, key=lambda ident: there[ident], reverse=down[place]), *missing]
    assert sorted(table, key=lambda ident: sort_keys(table[ident], down, ident)) == expected
