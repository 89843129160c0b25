"""Everything wrong with a request, collected within bounds, so that its sender learns of all of it at once."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from app.kit.errors import MAX_ERRORS, AppError, BadQuery, ErrorDetail

MAX_SUGGESTIONS = 5
"""Errors for which the nearest right names are looked for: each search costs as much as a query."""

Suggest = Callable[[], Sequence[str]]
"""Finds the right names most like what was sent, the nearest first."""


class ErrorCollector:
    """However much is wrong, it costs no more than `MAX_ERRORS` errors and `MAX_SUGGESTIONS` searches.

    Suggestions are looked for at the end, by `resolved`, which may therefore take some milliseconds.
    """

    def __init__(self) -> None:
        self._errors: list[tuple[ErrorDetail, Suggest | None, Sequence[str]]] = []

    def __bool__(self) -> bool:
        return bool(self._errors)

    def add(self, error: ErrorDetail, near: Suggest | None = None, otherwise: Sequence[str] = ()) -> None:
        """An error that does not say what is allowed says what is `near`, or `otherwise` where nothing is.

        One more than is shown is kept, to know that there are more.
        """
        if len(self._errors) <= MAX_ERRORS:
            self._errors.append((error, near, otherwise))

    def extend(self, errors: Iterable[ErrorDetail]) -> None:
        for error in errors:
            self.add(error)

    def merge(self, other: "ErrorCollector", moved: Callable[[ErrorDetail], ErrorDetail]) -> None:
        """Add the errors of a part, each `moved` to its location in the whole."""
        for error, near, otherwise in other._errors:
            self.add(moved(error), near, otherwise)

    def resolved(self) -> tuple[ErrorDetail, ...]:
        """The errors, with suggestions."""
        left = MAX_SUGGESTIONS
        errors = []
        for error, near, otherwise in self._errors:
            names: Sequence[str] = ()
            if near is not None and left:
                left -= 1
                names = near()
            suggestion = names[0] if names else error.suggestion
            errors.append(replace(error, allowed=error.allowed or tuple(names or otherwise), suggestion=suggestion))
        return tuple(errors)

    def check(self, error_type: type[AppError] = BadQuery, detail: str | None = None) -> None:
        """Raise what was collected, if anything was."""
        if self._errors:
            raise error_type(detail, errors=self.resolved())
