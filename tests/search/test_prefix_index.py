"""What is being typed is widened to the words that it may become, the most frequent first."""

from app.search.words.prefixes import expand_prefix
from app.search.words.word_index import WordIndex


def index_of(*names: str) -> WordIndex:
    index = WordIndex()
    for ident, name in enumerate(names, 1):
        index.add(ident, {"title": [name]}, [name])
    return index


def test_a_prefix_is_widened_to_the_most_frequent_words() -> None:
    pairs = [f"s{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"] * 2
    words = index_of(*pairs, "sz sy", "sz", "s").commit()
    several, few = (expand_prefix(words.engine, "s", alone=alone) for alone in (False, True))
    assert several[:2] == few[:2] == ["sz", "sy"]
    assert (len(several), several[-1]) == (25, "s")  # twenty-four, and the word itself
    assert (len(few), few[-1]) == (9, "s")
    assert expand_prefix(words.engine, "sq", alone=True) == ["sq"]
    assert expand_prefix(words.engine, "x", alone=True) == []


def test_a_word_that_went_is_no_more_counted() -> None:
    """The engine goes on counting it: of the others, the next most frequent gets its place."""
    index = index_of("strange", "strange", "strange", "stage", "stage", "stone")
    before = index.commit()
    assert expand_prefix(before.engine, "st", alone=True) == ["strange", "stage", "stone"]
    for ident in (1, 2, 6):
        index.remove(ident)
    after = index.commit()
    assert expand_prefix(after.engine, "st", alone=True) == ["stage", "strange"]
    assert expand_prefix(before.engine, "st", alone=True) == ["strange", "stage", "stone"]


def test_for_completion_few_words_are_not_counted() -> None:
    """Then their order says nothing, and a word that went may be among them: nothing is found by it."""
    index = index_of("strange", "stage", "stage", "sun", "moon sun")
    index.commit()
    index.remove(1)
    words = index.commit()
    assert sorted(words.prefixes.words("st", alone=True)) == ["stage", "strange"]
    assert sorted(words.prefixes.words("s", alone=False)) == ["stage", "strange", "sun"]
    assert words.prefixes.words("x", alone=False) == []


def test_for_completion_many_words_are_the_most_frequent() -> None:
    pairs = [f"s{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"] * 2
    words = index_of(*pairs, "sz", "sb", "s").commit()
    several = words.prefixes.words("s", alone=False)
    assert (several[:2], len(several)) == (["sb", "sz"], 25)
    assert words.prefixes.words("s", alone=False) is several  # remembered
    assert len(words.prefixes.words("s", alone=True)) == 9
