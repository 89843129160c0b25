"""Large examples for properties."""

from collections.abc import Callable
from random import Random
from typing import TypeVar

from hypothesis import strategies as st

Drawn = TypeVar("Drawn")


def by_chance(draw: Callable[[Random], Drawn]) -> st.SearchStrategy[Drawn]:
    """As large as they may be, by numbers that are drawn: Hypothesis alone begins with what is small, and few examples
    come to nothing else."""
    return st.integers(0, 10**6).map(lambda seed: draw(Random(seed)))
