"""Many threads take texts apart at once."""

import gc
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from app.search.text.languages import stems_in
from app.search.text.query_parser import STEMS, SURFACE


@contextmanager
def at_each_collection(work: Callable[[], object]) -> Iterator[None]:
    """Work that is done whenever this thread collects garbage, which is as often as can be."""
    here, before = threading.get_ident(), gc.get_threshold()

    def collecting(phase: str, _: dict[str, int]) -> None:
        if phase == "start" and threading.get_ident() == here:
            work()

    gc.callbacks.append(collecting)
    gc.set_threshold(1)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.callbacks.remove(collecting)


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
