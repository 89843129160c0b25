"""Titles are filed as a library files them."""

import pytest

from app.kit.text.slugs import filing_key


@pytest.mark.parametrize(
    ("title", "key"),
    [
        ("The end and the beginning: ecocycles", "end and the beginning ecocycles"),
        ("'Known to services' or 'Known by professionals'", "known to services or known by professionals"),
        ("[Introduction]", "introduction"),
        ("A local authority's journey", "local authoritys journey"),
        ("“An” éclair", "eclair"),
        ("Analysis", "analysis"),
        ("The", "the"),
        ("???", "???"),
        ("能力", "能力"),
    ],
)
def test_punctuation_case_accents_and_a_leading_article_do_not_count(title: str, key: str) -> None:
    assert filing_key(title) == key
