"""How large an answer may be: somebody who reads slowly, or not at all, makes the service hold all of it."""

from collections.abc import Iterable
from typing import Final

from app.kit.errors import BadQuery, ErrorDetail
from app.search.query.condition_parser import ErrorLocation

MAX_SIZE: Final = 2 * 2**20
"""Bytes of an answer that is not streamed."""

SAFETY_MARGIN: Final = 0.7
"""Of what would fit if all documents were of one size."""


class TooManyBytes(Exception):
    """The answer would have `size` bytes, for `name` was `number`."""

    def __init__(self, size: int, name: str | None = None, number: int = 0) -> None:
        self.size = size
        self.name = name
        self.number = number


class LinkBudget:
    """What is left of an answer for addresses: each repeats the whole question."""

    def __init__(self) -> None:
        self._left = MAX_SIZE

    def consume(self, size: int, name: str, number: int) -> None:
        """Raises `TooManyBytes` where there is no room left: half of `number` leaves some."""
        self._left -= size
        if self._left < 0:
            raise TooManyBytes(2 * MAX_SIZE, name, number)


def check_size(sizes: Iterable[int], name: str | None = None, number: int = 0) -> None:
    """Raises `TooManyBytes`."""
    size = sum(sizes)
    if size > MAX_SIZE:
        raise TooManyBytes(size, name, number)


def size_error(error: TooManyBytes, name: str, number: int, location: ErrorLocation) -> BadQuery:
    """What would fit, in words; `name` and `number` are what decides where the error does not say it."""
    name, number = error.name or name, error.number or number
    fitting = int(number * MAX_SIZE / error.size * SAFETY_MARGIN)
    message = "The response would be larger than 2 MB."
    if fitting < 1:
        return BadQuery(
            errors=[
                ErrorDetail(
                    "answer-too-large",
                    f"{message} Request fewer members with `select`.",
                    allowed=(),
                    **location("select"),
                )
            ]
        )
    message = f"{message} Use `{name}={fitting}` instead."
    return BadQuery(
        errors=[ErrorDetail("answer-too-large", message, allowed=(), suggestion=str(fitting), **location(name))]
    )
