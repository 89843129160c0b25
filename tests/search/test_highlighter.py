"""Fragments around the words that were searched: cut between words, each word marked once, everything escaped."""

import pytest

from app.search.text.highlighter import AROUND, MAX_FRAGMENTS, MAX_PHRASES, SearchedWords, highlight
from app.search.text.languages import stemmed_language
from app.search.text.query_parser import parse_text

FILL = "abcd " * 40
"""Longer than what is shown on one side."""


def marked(words: str, *texts: str, language: str = "en") -> list[str]:
    return highlight(texts, SearchedWords(parse_text(words)), language)


@pytest.mark.parametrize(
    ("words", "text", "fragment"),
    [
        ("trust", "Trusting, and trusted.", "<mark>Trusting</mark>, and <mark>trusted</mark>."),
        ("trust", "A <b> & trust", "A &lt;b&gt; &amp; <mark>trust</mark>"),
        ("children", "Children's, childrens", "<mark>Children&#x27;s</mark>, <mark>childrens</mark>"),
        ('"social care"', "Social workers in social care", "Social workers in <mark>social</mark> <mark>care</mark>"),
        ('"social care" social', "Social care", "<mark>Social</mark> <mark>care</mark>"),
        ('"trust"', "Trusts", "<mark>Trusts</mark>"),
        ("co-production", "Production, co-operation", "<mark>Production</mark>, <mark>co</mark>-operation"),
        ("trust OR harm", "Harm, trust", "<mark>Harm</mark>, <mark>trust</mark>"),
        ("trust -harm", "Harm, trust", "Harm, <mark>trust</mark>"),
    ],
)
def test_words_and_phrases_are_marked(words: str, text: str, fragment: str) -> None:
    assert marked(words, text) == [fragment]


def test_a_fragment_is_cut_between_words() -> None:
    side = "abcd " * (AROUND // 5)
    assert marked("trust", f"{FILL}trust {FILL}") == [f"…{side}<mark>trust</mark> {side.rstrip()[:-4]}…"]
    assert marked("trust", f"{side}trust {side.rstrip()}") == [f"{side}<mark>trust</mark> {side.rstrip()}"]
    assert marked("trust", f"x{side}trust") == [f"x{side}<mark>trust</mark>"]
    assert marked("trust", " x trust") == [" x <mark>trust</mark>"]
    assert marked("trust", f" {side}trust") == [f"…{side}<mark>trust</mark>"]
    assert marked("trust", f"{FILL}x trust") == [f"…{side}x <mark>trust</mark>"]


def test_words_far_from_each_other_have_a_fragment_each() -> None:
    found = marked("trust", f"trust {FILL}trust {FILL}", FILL, *["trust"] * MAX_FRAGMENTS)
    assert len(found) == MAX_FRAGMENTS
    assert [each.count("<mark>trust</mark>") for each in found] == [1, 1, 1]
    assert [(each.startswith("…"), each.endswith("…")) for each in found] == [
        (False, True),
        (True, True),
        (False, False),
    ]


def test_a_word_that_does_not_fit_beside_it_is_left_out() -> None:
    assert marked("trust", f"trust-{'x' * 2 * AROUND}") == ["<mark>trust</mark>…"]


def test_nothing_is_marked_where_nothing_is_found() -> None:
    assert marked("trust", "harm") == []
    assert not SearchedWords(parse_text("-trust"))
    assert SearchedWords(parse_text("trust -harm"))


def test_so_many_phrases_that_begin_alike_are_marked() -> None:
    second = [f"in{letter}" for letter in "abcdefghijkl"[: MAX_PHRASES + 1]]
    phrases = " ".join(f'"trust {word}"' for word in second)
    expected = [[f"<mark>trust</mark> <mark>{word}</mark>"] for word in second[:-1]]
    assert [marked(phrases, f"trust {word}") for word in second] == [*expected, []]


@pytest.mark.parametrize(
    ("tag", "language"), [("de", "de"), ("de-AT", "de"), ("DE-at-1996", "de"), ("en", None), ("cy", None), ("", None)]
)
def test_the_language_of_a_tag(tag: str, language: str | None) -> None:
    assert stemmed_language(tag) == language


def test_words_are_marked_in_the_language_of_the_text_and_in_english() -> None:
    assert marked("Kinder", "Den Kindern, Trust", language="de-AT") == ["Den <mark>Kindern</mark>, Trust"]
    assert marked("trust", "Den Kindern, trusts", language="de") == ["Den Kindern, <mark>trusts</mark>"]
    assert marked("Kinder", "Den Kindern", language="cy") == []
