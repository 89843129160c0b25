"""`@string` macros: how much of them is kept, and how much may be put in their place, is settled before it is done.

A macro may be made of others, so a few lines could stand for any amount of text.
"""

from collections.abc import Mapping
from typing import Final

from app.intake.records.dates import MONTHS

MAX_MACROS_SIZE: Final = 2**18
"""Characters of all macros of a file together, their names included."""
MAX_EXPANSION_SIZE: Final = 2**16
"""Characters that macros may put into one entry."""
SPARE_EXPANSION: Final = 2**16
EXPANSION_RATE: Final = 2
"""Characters that macros may put into all entries together: so many, and this many for each character of the file."""


class BrokenRecord(ValueError):
    """What is wrong with an entry, in words without a full stop."""


class Macros:
    """The macros of a file, as far as it was read."""

    def __init__(self) -> None:
        self._texts = {name: str(number) for name, number in MONTHS.items() if len(name) == 3}
        self._kept = 0
        self._allowed = SPARE_EXPANSION
        self._entry = 0

    def passed(self, size: int) -> None:
        """Another block begins, of so many characters."""
        self._allowed += EXPANSION_RATE * size
        self._entry = 0

    def expanded(self, name: str) -> str | None:
        """What stands for the macro; None where there is none. Raises `BrokenRecord` where that would be too much."""
        text = self._texts.get(name.lower())
        if text is None:
            return None
        if self._entry + len(text) > MAX_EXPANSION_SIZE:
            raise BrokenRecord(f"Its macros expand to more than {MAX_EXPANSION_SIZE} characters")
        if len(text) > self._allowed:
            raise BrokenRecord("The macros of the file expand to much more than the file contains")
        self._entry += len(text)
        self._allowed -= len(text)
        return text

    def define(self, fields: Mapping[str, str]) -> None:
        """Keep these; a later one takes the place of an earlier one. Raises `BrokenRecord` where there are too many."""
        for name, text in fields.items():
            before = self._texts.get(name)
            kept = self._kept + len(text) + len(name) - (0 if before is None else len(before) + len(name))
            if kept > MAX_MACROS_SIZE:
                raise BrokenRecord(f"The macros of the file together have more than {MAX_MACROS_SIZE} characters")
            self._texts[name], self._kept = text, max(kept, 0)
