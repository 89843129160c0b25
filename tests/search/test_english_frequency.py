"""What is frequent in English at large tells less than what is not, however few of a small collection have it."""

import pytest
from pyroaring import BitMap

from app.search.text.english_frequency import max_weight
from app.search.text.query_parser import parse_text
from app.search.words.word_index import WordIndex


def ranked(titles: list[str], text: str) -> list[int]:
    index = WordIndex()
    for ident, title in enumerate(titles):
        index.add(ident, {"title": [title]}, [title], is_entry=True)
    words = index.commit()
    return words.ranked(parse_text(text), BitMap(range(len(titles))), len(titles), text=text, some=True)


class TestTheWordsOfAText:
    @pytest.mark.parametrize("titles", [["A lighthouse", "A day"], ["A day", "A lighthouse"]])
    def test_the_one_that_is_rarer_in_english_is_more_distinctive(self, titles: list[str]) -> None:
        """One title has each of them."""
        assert titles[ranked(titles, "day lighthouse")[0]] == "A lighthouse"

    def test_are_distinguished_by_their_frequency_there_too(self) -> None:
        assert ranked(["People", "Police"], "people police") == [1, 0]

    def test_one_that_nearly_every_text_has_is_still_the_least_distinctive(self) -> None:
        titles = ["A lighthouse", "Lighthouses", "The lighthouse", "Our lighthouse", "A day"]
        assert ranked(titles, "day lighthouse")[0] == 4


class TestHowMuchAStemTells:
    def test_all_it_can_where_english_hardly_has_it(self) -> None:
        assert max_weight("safeguard") == 1
        assert max_weight("haus") == 1

    def test_a_fifth_where_it_is_among_the_hundred_most_frequent_and_a_fifth_more_to_each_tenfold_rank(self) -> None:
        assert max_weight("peopl") == 0.2
        assert max_weight("child") == pytest.approx(0.33, abs=0.01)

    def test_as_the_most_frequent_of_its_words_does(self) -> None:
        """`Being` is rarer than `be`."""
        assert max_weight("be") == 0.2
