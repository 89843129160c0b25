"""A word that stands nowhere is put right by the nearest one that does."""

import pytest

from app.search.text.english_words import is_english
from app.search.words.word_index import WordIndex, WordSearcher

KNOWN = ("innovation", "ethics", "trust", "stage", "stages", "transitional", "base", "camps", "can", "hsc", "psw")


def index_of(*names: str) -> WordIndex:
    index = WordIndex()
    for ident, name in enumerate(names, 1):
        index.add(ident, {"title": [name]}, [name], is_entry=True)
    return index


@pytest.fixture(scope="module")
def words() -> WordSearcher:
    index = index_of(*KNOWN, "stages of trust")
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
        ("bsae", "base"),
        ("inavations", "innovation"),
    ],
)
def test_letters_left_out_put_in_changed_and_swapped(words: WordSearcher, typed: str, meant: str) -> None:
    assert words.corrections.correct(typed) == meant


TOO_MANY = ("cna", "tuts", "trts", "stg", "ehtcs", "inavatian", "inavotian", "inavationx")


@pytest.mark.parametrize("typed", [*TOO_MANY, "innovation", "", "1234567"])
def test_too_many_slips_are_not_forgiven(words: WordSearcher, typed: str) -> None:
    """None in a word of up to three letters, one in a word of up to five, two in longer ones; a swap is one slip."""
    assert words.corrections.correct(typed) is None


@pytest.mark.parametrize("typed", ["basw", "camhs", "ican", "dhsc", "pswn", "gscc", "scie"])
def test_an_acronym_in_small_letters_is_no_misspelling(words: WordSearcher, typed: str) -> None:
    """No document knows the Association of Social Workers: then none is found, rather than what has a base."""
    assert words.corrections.correct(f"{typed} conference") is None


def test_of_equally_near_words_the_more_frequent_is_meant(words: WordSearcher) -> None:
    assert words.corrections.correct("stagss") == "stages"


def test_a_rare_word_is_meant_where_all_that_were_more_frequent_went() -> None:
    index = index_of(*["batter", "fatter", "hatter", "latter", "matter"] * 2, "tatter")
    index.commit()
    for ident in range(1, 11):
        index.remove(ident)
    assert index.commit().corrections.correct("xatter") == "tatter"


def test_words_that_went_are_not_meant_and_those_that_are_left_are_counted() -> None:
    """The engine goes on counting what went."""
    index = index_of("hatter", "hatter", "hatter", "matter", "matter", "trust", "trust")
    before = index.commit()
    assert before.corrections.correct("xatter") == "hatter"
    assert before.corrections.correct("trsut") == "trust"
    for ident in (1, 2, 6, 7):
        index.remove(ident)
    after = index.commit()
    assert after.corrections.correct("xatter") == "matter"
    assert after.corrections.correct("trsut") is None
    assert before.corrections.correct("trsut") == "trust"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("transi of trust", "transient of trust"),
        ("inno of trust", "innovation of trust"),
        ("inn of trust", None),
        ("scien of trust", "scientists of trust"),
        ("scie of trust", None),
    ],
)
def test_a_word_broken_off_goes_on_as_the_most_frequent(typed: str, meant: str | None) -> None:
    """From four letters on; in a word of four, which may be an acronym, as one that an entry says."""
    index = index_of("transcript", "transitional", "transient", "transient", "innovation", "trust")
    index.add(99, {"title": ["scientists"]}, ["scientists"])
    assert index.commit().corrections.correct(typed) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("superbowl", "super bowl"),
        ("fostercare", "foster care"),
        ("fostercare of kites", "foster care of kites"),
        ("kitesfoster", None),
        ("taxof", None),
        ("oftax", None),
        ("aaaaaaaaaaaa", None),
    ],
)
def test_two_words_written_as_one_are_those_that_stand_so_most_often(typed: str, meant: str | None) -> None:
    """Each of at least three letters; of many ways to take a word apart the first three are tried."""
    parts = ("aaaa", "aaaaa", "aaaaaa", "aaaaaaa", "aaaaaaaa", "aaaaaaa aaaaa")
    names = ("super bowl", "super bowl", "superb owl", "foster care", "kites", "tax of tax", *parts)
    assert index_of(*names).commit().corrections.correct(typed) == meant


def test_they_may_be_all_that_is_known() -> None:
    assert index_of("foster care").commit().corrections.correct("fostercare") == "foster care"


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
    assert index_of("treaty", "treaty", "care of trees", "law").commit().corrections.correct(typed) == meant
