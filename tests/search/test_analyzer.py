"""Many threads take texts apart at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.search.text.languages import stems_in
from app.search.text.query_parser import STEMS, SURFACE
from tests.garbage import at_each_collection


@pytest.mark.parametrize("analyze", [STEMS.analyze, SURFACE.analyze, lambda text: stems_in("de", text)])
def test_another_thread_may_ask_while_the_list_of_words_is_made(analyze: Callable[[str], list[str]]) -> None:
    here, there = list[list[str]](), list[list[str]]()
    with (
        ThreadPoolExecutor(1) as other,
        at_each_collection(lambda: there.append(other.submit(analyze, "young people").result())),
    ):
        for _ in range(500):  # the first lists are made of what lists before have left, and collect nothing
            here.append(analyze("young people"))
    assert there
    assert {tuple(words) for words in (*here, *there)} == {tuple(here[0])}
