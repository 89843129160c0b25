"""Dates known to the year, the month or the day (EDTF level 0, ISO 8601-2:2019)."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date

_SHAPE = re.compile(r"[0-9]{4}(?:-[0-9]{2}){0,2}")
_EXAMPLES = "2022, 2022-09 or 2022-09-29"


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date as written; it stands for the whole interval from `start` to `end`.

    Raises ValueError for anything but a real year (0001 to 9999), month or day.
    """

    text: str

    def __post_init__(self) -> None:
        if not _SHAPE.fullmatch(self.text):
            raise ValueError(f"must be a year, a month or a day, for example {_EXAMPLES}")
        try:
            self._first_day()
        except ValueError:
            raise ValueError(f"must be a valid date, for example {_EXAMPLES}") from None

    @classmethod
    def parse(cls, text: str) -> "PartialDate":
        return cls(text)

    @property
    def parts(self) -> tuple[int, ...]:
        """Year, month and day, as many of them as are known."""
        return tuple(int(part) for part in self.text.split("-"))

    @property
    def start(self) -> date:
        """The first day it may mean."""
        return self._first_day()

    @property
    def end(self) -> date:
        """The last day it may mean."""
        first = self.start
        if len(self.parts) == 1:
            return first.replace(month=12, day=31)
        if len(self.parts) == 2:
            return first.replace(day=monthrange(first.year, first.month)[1])
        return first

    def _first_day(self) -> date:
        return date(*(*self.parts, 1, 1)[:3])

    def __str__(self) -> str:
        return self.text


def partial_date(value: str) -> str:
    """The canonical text of a partial date; raises ValueError. For use as a Pydantic validator."""
    return PartialDate(value).text
