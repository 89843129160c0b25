"""A word that stands nowhere is put right by the nearest one that does."""

import pytest

from app.search.text.english_words import is_english
from app.search.words.word_index import WordIndex, WordSearcher

KNOWN = ("innovation", "ethics", "trust", "stage", "stages", "transitional", "base", "camps", "can", "hsc", "psw")


@pytest.fixture(scope="module")
def words() -> WordSearcher:
    index = WordIndex()
    for ident, text in enumerate((*KNOWN, "stages of trust"), 1):
        index.add(ident, {"title": [text]}, [text], is_entry=True)
    for ident, ring in ((98, "scientists"), (99, "classmates")):
        index.add(ident, {"title": [ring]}, [ring])
    return index.commit()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("inovation", "innovation"),
        ("innovvation", "innovation"),
        ("ehtics", "ethics"),
        ("tranisitonal", "transitional"),
        ("stagse", "stages"),
        ("trast", "trust"),
        ("trsut", "trust"),
    ],
)
def test_letters_left_out_put_in_changed_and_swapped(words: WordSearcher, typed: str, meant: str) -> None:
    assert words.corrections.correct(typed) == meant


@pytest.mark.parametrize("typed", ["tuts", "trts", "stg", "inavotian", "innovation", "", "1234567"])
def test_too_many_slips_are_not_forgiven(words: WordSearcher, typed: str) -> None:
    """None in a word of up to three letters, one in a word of up to five, two in longer ones; a swap is one slip."""
    assert words.corrections.correct(typed) is None


@pytest.mark.parametrize("typed", ["basw", "camhs", "ican", "dhsc", "pswn", "gscc", "scie"])
def test_an_acronym_in_small_letters_is_no_misspelling(words: WordSearcher, typed: str) -> None:
    """No document knows the Association of Social Workers: then none is found, rather than what has a base."""
    assert words.corrections.correct(f"{typed} conference") is None


def test_of_equally_near_words_the_more_frequent_is_meant(words: WordSearcher) -> None:
    assert words.corrections.correct("stagss") == "stages"


def test_only_the_strange_words_of_a_text_change(words: WordSearcher) -> None:
    assert words.corrections.correct("stages of inovation") == "stages of innovation"


@pytest.mark.parametrize("typed", ["trusty", "innovations", "trust's", "stag", "1999 stages", "stages2", "st4ge"])
def test_english_words_and_numbers_were_meant(words: WordSearcher, typed: str) -> None:
    assert words.corrections.correct(typed) is None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("trust tra", "trust transitional"), ("tra trust", None), ("in", None), ("tra", "transitional"), ("cla", None)],
)
def test_the_last_word_is_finished(words: WordSearcher, typed: str, meant: str | None) -> None:
    assert words.corrections.correct(typed) == meant


@pytest.mark.parametrize("word", ["organise", "organize", "organisations", "analysing", "behaviours", "colour", "dont"])
def test_both_spellings_are_english(word: str) -> None:
    assert is_english(word)


@pytest.mark.parametrize("word", ["inovation", "fimrin", "", "a\nb", "\n"])
def test_slips_and_names_are_not(word: str) -> None:
    assert not is_english(word)


@pytest.mark.parametrize(
    ("typed", "meant"), [("tre", "treaty"), ("care of tre", "care of trees"), ("law of tre", "law of treaty")]
)
def test_the_last_word_is_finished_as_in_a_name_with_those_before(typed: str, meant: str) -> None:
    index = WordIndex()
    for ident, text in enumerate(("treaty", "treaty", "care of trees", "law"), 1):
        index.add(ident, {"title": [text]}, [text], is_entry=True)
    assert index.commit().corrections.correct(typed) == meant
