"""Everything wrong with an input, collected, so that the sender hears it all at once."""

from collections.abc import Iterable

from app.kit.errors import Fault, Invalid
from app.kit.suggest import nearest


class Faults:
    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, pointer: str, code: str, message: str, allowed: Iterable[str] = ()) -> None:
        """`pointer` is an RFC 6901 JSON pointer into the input; `allowed` are nearby right values."""
        self._faults.append(Fault(code, message, pointer=pointer, allowed=tuple(allowed)))

    def unknown(self, pointer: str, what: str, given: str, known: Iterable[str]) -> None:
        """A reference to something that is not there."""
        self.add(pointer, "unknown-reference", f"There is no such {what}.", nearest(given, list(known)))

    def clear(self) -> None:
        self._faults = []

    def check(self) -> None:
        """Raise `Invalid` with everything collected, if anything was."""
        if self._faults:
            raise Invalid(errors=tuple(self._faults))
