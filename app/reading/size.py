"""How large an answer may be: somebody who reads slowly, or not at all, makes the service hold all of it."""

from collections.abc import Iterable
from typing import Final

from app.kit.errors import BadQuery, Fault
from app.search.parsing import Place

LARGEST: Final = 2 * 2**20
"""Bytes of an answer that is not streamed."""

AMPLE: Final = 0.7
"""Of what would fit if all documents were of one size."""


class TooManyBytes(Exception):
    """The answer would have `size` bytes, for `name` was `number`."""

    def __init__(self, size: int, name: str | None = None, number: int = 0) -> None:
        self.size = size
        self.name = name
        self.number = number


class Room:
    """What is left of an answer for addresses: each repeats the whole question."""

    def __init__(self) -> None:
        self._left = LARGEST

    def take(self, size: int, name: str, number: int) -> None:
        """Raises `TooManyBytes` where there is no room left: half of `number` leaves some."""
        self._left -= size
        if self._left < 0:
            raise TooManyBytes(2 * LARGEST, name, number)


def check_size(sizes: Iterable[int], name: str | None = None, number: int = 0) -> None:
    """Raises `TooManyBytes`."""
    size = sum(sizes)
    if size > LARGEST:
        raise TooManyBytes(size, name, number)


def as_refusal(error: TooManyBytes, name: str, number: int, place: Place) -> BadQuery:
    """What would fit, in words; `name` and `number` are what decides where the error does not say it."""
    name, number = error.name or name, error.number or number
    fitting = int(number * LARGEST / error.size * AMPLE)
    message = "The answer would have more than 2 MB."
    if fitting < 1:
        return BadQuery(
            errors=[Fault("answer-too-large", f"{message} Ask for less by `select`.", allowed=(), **place("select"))]
        )
    message = f"{message} With `{name}={fitting}` it has less."
    return BadQuery(errors=[Fault("answer-too-large", message, allowed=(), suggestion=str(fitting), **place(name))])
