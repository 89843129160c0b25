"""What happens while Python collects garbage, at a moment that nobody chose."""

import gc
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


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
