"""Choices beside a list."""

from app.pages.view_models.facet_view import in_tree
from app.search.facets import FacetCount


def value(slug: str, parent: str | None = None) -> FacetCount:
    return FacetCount(slug=slug, label=slug.title(), count=1, selected=False, parent=parent)


def test_a_choice_stands_below_the_one_that_it_belongs_to() -> None:
    """Those that are counted more often come first, whatever they belong to: on a page each follows its own."""
    counted = [value("to-read"), value("to-use"), value("blog-post", "to-read"), value("tool", "to-use")]
    assert [each.slug for each in in_tree(counted)] == ["to-read", "blog-post", "to-use", "tool"]
    assert [each.slug for each in in_tree([value("tool", "to-use"), value("a")])] == ["tool", "a"]
