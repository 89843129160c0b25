"""The cyclic garbage collector, told what kind of process this is (docs.python.org/3/library/gc.html)."""

import gc

_NEW_OBJECTS = 50_000


def collect_seldom() -> None:
    """For processes that make many objects which stay, or which counting references frees: a quarter faster."""
    gc.set_threshold(_NEW_OBJECTS, 20, 50)


def keep_what_is_there() -> None:
    """Never look again at what the process has now: with a large index one look takes as long as many requests."""
    gc.collect()
    gc.freeze()
