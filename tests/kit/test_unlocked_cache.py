from itertools import count

import pytest

from app.kit.containers.unlocked_cache import remember
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
