from typing import Any

import pytest

from app.exports.record import Name, Record


@pytest.mark.parametrize(
    ("pages", "span"),
    [
        (None, None),
        ("432-445", ("432", "445")),
        ("S1 \u2013 S10", ("S1", "S10")),
        ("432--445", ("432", "445")),
        ("17", ("17", None)),
        ("1-5, 9-12", ("1-5, 9-12", None)),
    ],
)
def test_pages_are_one_range_or_one_text(pages: str | None, span: tuple[str, str | None] | None) -> None:
    assert Record(id="a", type="book", title="A", pages=pages).page_range == span


def test_names_are_found_by_role_in_their_order(article: Record) -> None:
    assert [name.inverted for name in article.names_of("author")] == [
        "Lefevre, Michelle",
        "Research in Practice",
    ]
    assert [name.inverted for name in article.names_but("author", "editor")] == ["Goldsmith, Carlie"]


@pytest.mark.parametrize("parts", [{}, {"family": "A", "literal": "B"}, {"given": "A"}, {"given": "A", "literal": "B"}])
def test_a_name_is_a_family_name_or_a_literal(parts: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="family name"):
        Name(**parts)
