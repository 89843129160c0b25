"""Which version a client has seen, and what is refused where it says so in two ways, or in none that can be known."""

import pytest

from app.kit.errors import AppError, BadQuery, Invalid, PreconditionRequired, Stale
from app.staff.auth.preconditions import expected_version


@pytest.mark.parametrize(("if_match", "version"), [('"3"', None), (None, 3), ('"3"', 3), (' "3" ', None)])
def test_it_is_said_by_header_or_body(if_match: str | None, version: int | None) -> None:
    assert expected_version(if_match, version) == 3


@pytest.mark.parametrize(
    ("if_match", "version", "refused"),
    [
        (None, None, PreconditionRequired),
        ('"3"', 4, Invalid),
        ('W/"3"', None, Stale),
        ('"of-another-resource"', None, Stale),
        ("*", None, BadQuery),
        ('"3", "4"', None, BadQuery),
        ("3", None, BadQuery),
    ],
)
def test_what_names_no_version_is_refused(if_match: str | None, version: int | None, refused: type[AppError]) -> None:
    with pytest.raises(refused):
        expected_version(if_match, version)
