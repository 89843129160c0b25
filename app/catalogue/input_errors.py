"""Everything wrong with an input, collected, so that the sender hears it all at once."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from app.kit.error_collector import ErrorCollector
from app.kit.errors import ErrorDetail, Invalid
from app.kit.text.suggestions import closest_matches


def _at(error: ErrorDetail, pointer: str) -> ErrorDetail:
    about = f"`{error.parameter}`: " if error.parameter else ""
    return replace(error, message=about + error.message, parameter=None, pointer=pointer)


class InputErrors:
    def __init__(self) -> None:
        self._errors = ErrorCollector()

    def add(self, pointer: str, code: str, message: str, allowed: Iterable[str] = ()) -> None:
        """`pointer` is an RFC 6901 JSON pointer into the input; `allowed` are nearby right values."""
        self._errors.add(ErrorDetail(code, message, pointer=pointer, allowed=tuple(allowed)))

    def unknown(self, pointer: str, what: str, given: str, known: Callable[[], Iterable[str]]) -> None:
        """A reference to something unknown; `known` is called for the known names, if one is to be suggested."""
        error = ErrorDetail("unknown-reference", f"There is no such {what}.", pointer=pointer)
        self._errors.add(error, lambda: closest_matches(given, known()))

    def merge(self, errors: ErrorCollector, pointer: str) -> None:
        """What is wrong with a part, all of it at `pointer`; a message names the parameter that it is about."""
        self._errors.merge(errors, lambda error: _at(error, pointer))

    def clear(self) -> None:
        self._errors = ErrorCollector()

    def check(self) -> None:
        """Raise `Invalid` with what was collected, if anything was."""
        self._errors.check(Invalid)
