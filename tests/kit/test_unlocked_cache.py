from itertools import count

import pytest

from app.kit.containers.unlocked_cache import UnlockedCache, remember
from tests.garbage import at_each_collection


@pytest.mark.parametrize(("freed", "left"), [(1, "bcd"), (2, "cd")])
def test_the_oldest_go_where_there_are_as_many_as_may_be(freed: int, left: str) -> None:
    kept = dict.fromkeys("abc", 0)
    remember(kept, "d", 1, 3, freed=freed)
    assert "".join(kept) == left


def test_what_several_threads_added_beyond_that_goes_as_well() -> None:
    kept = dict.fromkeys("abcde", 0)
    remember(kept, "f", 1, 3)
    assert "".join(kept) == "def"


def test_another_thread_may_add_something_while_the_oldest_are_listed() -> None:
    kept, others, steps = dict.fromkeys(range(8), 0), count(100), count(1000)
    with at_each_collection(lambda: kept.setdefault(next(others), 0)):
        for step in steps:
            made = [[each] for each in range(step % 7)]  # so that collections come at every step of it in turn
            remember(kept, step, len(made), 8, freed=4)
            if step > 1500:
                break
    assert next(others) > 200


def test_where_they_are_too_many_bytes_the_oldest_go_until_half_is_left() -> None:
    kept: UnlockedCache[str, int] = UnlockedCache(100)
    for number, key in enumerate("abcde"):
        kept.put(key, number, 20)
    assert [kept.get(key) for key in "abcde"] == [0, 1, 2, 3, 4]
    kept.put("f", 5, 1)
    assert [key for key in "abcdef" if key in kept] == ["d", "e", "f"]
    for key in "ghi":
        kept.put(key, 6, 19)
    assert "d" in kept  # 98 bytes
    kept.put("j", 7, 3)
    assert [key for key in "defghij" if key in kept] == ["h", "i", "j"]


def test_what_is_too_large_is_not_kept() -> None:
    kept: UnlockedCache[str, int] = UnlockedCache(100)
    kept.put("a", 1, 101)
    assert kept.get("a") is None
    kept.put("b", 2, 100)
    assert kept.get("b") == 2


def test_what_is_made_twice_is_counted_once_when_the_oldest_go() -> None:
    kept: UnlockedCache[str, int] = UnlockedCache(100)
    for _ in range(6):
        kept.put("a", 1, 20)
    for key in "bcd":
        kept.put(key, 2, 20)
    assert [key for key in "abcd" if key in kept] == ["a", "b", "c", "d"]


def test_another_thread_may_put_something_while_the_oldest_go() -> None:
    kept: UnlockedCache[int, int] = UnlockedCache(80)
    others, steps = count(10_000), count()
    with at_each_collection(lambda: kept.put(next(others), 0, 10)):
        for step in steps:
            made = [[each] for each in range(step % 7)]
            kept.put(step, len(made), 10)
            if step > 1500:
                break
    assert next(others) > 10_200
