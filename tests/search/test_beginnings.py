"""Words of names, kept from one state of the index to the next, are those that a fresh listing gives."""

from app.search.beginnings import list_words, widened
from app.search.words import WordIndex, Words


def index_of(*names: str) -> WordIndex:
    index = WordIndex()
    for ident, name in enumerate(names, 1):
        index.add(ident, {"title": [name]}, [name])
    return index


def words_of(words: Words) -> set[str]:
    return {word for word, _ in words.vocabulary}


def test_words_that_come_are_found_in_the_next_state() -> None:
    index = index_of("Trust", "Ethics")
    assert words_of(index.commit()) == {"trust", "ethics"}
    index.add(3, {"title": ["Ethnography"]}, ["Ethnography of trust"])
    later = index.commit()
    assert words_of(later) == {"trust", "ethics", "ethnography", "of"}
    assert list(later.vocabulary) == sorted(later.vocabulary)
    assert words_of(later) == {word for word, _ in list_words(later.searcher)}


def test_an_earlier_state_is_as_it_was() -> None:
    index = index_of("Trust")
    before = index.commit()
    assert words_of(before) == {"trust"}
    index.add(2, {"title": ["Ethics"]}, ["Ethics"])
    assert words_of(index.commit()) == {"trust", "ethics"}
    assert words_of(before) == {"trust"}


def test_a_prefix_is_widened_to_the_most_frequent_words() -> None:
    pairs = [f"s{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"] * 2
    words = index_of(*pairs, "sz sy", "sz", "s").commit()
    several, few = (widened(words.vocabulary, "s", alone=alone) for alone in (False, True))
    assert several[:2] == few[:2] == ["sz", "sy"]
    assert (len(several), several[-1]) == (25, "s")  # twenty-four, and the word itself
    assert (len(few), few[-1]) == (9, "s")
    assert widened(words.vocabulary, "sq", alone=True) == ["sq"]
    assert widened(words.vocabulary, "x", alone=True) == []
