"""A licence is shown with the address of its deed where the deed is known for certain."""

import pytest

from app.published.rendering import licence_url


@pytest.mark.parametrize(
    ("token", "url"),
    [
        ("CC0-1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
        ("CC-PDM-1.0", "https://creativecommons.org/publicdomain/mark/1.0/"),
        ("CC-BY-4.0", "https://creativecommons.org/licenses/by/4.0/"),
        ("CC-BY-NC-ND-2.5", "https://creativecommons.org/licenses/by-nc-nd/2.5/"),
        ("CC-BY", None),
        ("MIT", None),
        ("OGL-UK-3.0", None),
    ],
)
def test_the_deed_is_that_of_the_version_and_other_licences_have_none(token: str, url: str | None) -> None:
    assert licence_url(token) == url
