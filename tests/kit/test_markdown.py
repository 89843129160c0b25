"""Markdown: which of it may be written, as which HTML it is shown, and which words it has."""

import pytest

from app.kit.text.markdown import markdown_problem, markdown_to_html, markdown_to_text

TEXT = """What we *mean* by [innovation](https://example.org/about).

## Two aims

1. people
2. **structures** & systems

> Nothing, `sometimes`.

## Two aims
"""


def test_the_subset_has_sections_lists_quotations_emphasis_code_and_links() -> None:
    assert markdown_problem(TEXT) is None
    assert markdown_to_html(TEXT) == (
        '<p>What we <em>mean</em> by <a href="https://example.org/about" rel="nofollow noopener">innovation</a>.</p>\n'
        '<h2 id="two-aims">Two aims</h2>\n'
        "<ol>\n<li>people</li>\n<li><strong>structures</strong> &amp; systems</li>\n</ol>\n"
        "<blockquote>\n<p>Nothing, <code>sometimes</code>.</p>\n</blockquote>\n"
        '<h2 id="two-aims-2">Two aims</h2>\n'
    )


def test_sections_of_several_texts_on_one_page_are_kept_apart() -> None:
    assert 'id="designing-two-aims"' in markdown_to_html(TEXT, "designing-")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("A <b>bold</b> claim", "HTML"),
        ("first\n\n<script>alert(1)</script>", "HTML"),
        ("![a picture](https://example.org/a.png)", "pictures"),
        ("# The title again", "headings"),
        ("The title again\n===", "headings"),
        ("[here](javascript:alert(1))", "links"),
        ("[here](/v1/publications)", "links"),
        ("[here][1]\n\n[1]: data:text/html,x", "links"),
    ],
)
def test_what_is_outside_the_subset_is_named(text: str, problem: str) -> None:
    assert problem in str(markdown_problem(text))


def test_the_line_of_a_problem_is_reported() -> None:
    assert str(markdown_problem("One.\n\nTwo.\n\n# Three")).startswith("line 5: ")


def test_signs_that_look_like_html_are_text() -> None:
    assert markdown_problem("a < b & c > d, 1<2") is None
    assert markdown_to_html("a < b & c") == "<p>a &lt; b &amp; c</p>\n"


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))", "![x](http://a/b)"],
)
def test_what_was_never_checked_is_harmless_as_html(text: str) -> None:
    shown = markdown_to_html(text)
    assert "<script" not in shown
    assert "<img" not in shown
    assert "javascript:" not in shown


def test_its_words_are_those_that_are_seen() -> None:
    assert markdown_to_text(TEXT).split("\n") == [
        "What we mean by innovation.",
        "Two aims",
        "people",
        "structures & systems",
        "Nothing, sometimes.",
        "Two aims",
    ]


def test_a_paragraph_is_one_line_however_it_was_wrapped() -> None:
    assert markdown_to_text("A Learning and Development\nNetwork.\n\n- one\n  item") == (
        "A Learning and Development Network.\none item"
    )
