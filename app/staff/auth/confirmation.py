"""Typed confirmation of what cannot be undone in one step: the name of the resource must be typed."""

from typing import Final

from app.kit.errors import BadQuery, ErrorDetail, Invalid

MEMBER: Final = "confirm"
"""Of a body, or of a query where there is no body."""
DESCRIPTION: Final = "Typed confirmation: {name}. If it is given, it must match."
_MISMATCH: Final = "This is not its name: check whether it is the one that you mean."


def check_confirmation(given: str | None, name: str) -> None:
    """Raises `Invalid` where the member of a body is not this name; case and spaces aside."""
    if not _is_confirmed(given, name):
        raise Invalid(errors=[ErrorDetail("not-confirmed", _MISMATCH, pointer=f"/{MEMBER}")])


def check_confirmation_in_query(given: str | None, name: str) -> None:
    """As `check_confirmation`, of a parameter. Raises `BadQuery`."""
    if not _is_confirmed(given, name):
        raise BadQuery(errors=[ErrorDetail("not-confirmed", _MISMATCH, MEMBER)])


def _is_confirmed(given: str | None, name: str) -> bool:
    return given is None or _comparable(given) == _comparable(name)


def _comparable(text: str) -> str:
    return " ".join(text.split()).casefold()


def quantity(count: int, noun: str) -> str:
    """As `1 entry` or `3 subscribers`; the plural is the noun with an s."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
