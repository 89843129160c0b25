"""What is remembered of words and texts is what the analyser says of them."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.search.text import stemming
from app.search.text.query_parser import STEMS, joined, plain
from app.search.text.stemming import Stemmer

STRANGE = "abcXYZ019 _-'\t\n.,;\x00\x1f\x7f\u00e9\u00df\u0130\u2019\u200b\u0301"

TEXTS = st.text(max_size=200) | st.text(STRANGE, max_size=200) | st.text(STRANGE[:19], max_size=200)


@given(st.lists(TEXTS, max_size=6))
@example(["Children's children", "children's CHILDREN"])
@example(["co-production of co-designed tools", "Caf\u00e9-culture", "x" * 59, "x" * 60 + " y", "y " * 30 + "x" * 60])
def test_every_text_is_taken_apart_as_the_analyser_does_it_at_the_first_time_and_the_second(texts: list[str]) -> None:
    stemmer = Stemmer()
    for text in (*texts, *texts):
        lines = [STEMS.analyze(each) for each in (plain(text), *joined(plain(text)))]
        analysed = stemmer.analyse(text)
        assert analysed.text == plain(text)
        assert analysed.stems == [stem for line in lines for stem in line]
        assert analysed.lines == [" ".join(line) for line in lines]


def test_a_limited_number_of_words_and_texts_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stemming, "MAX_REMEMBERED", 3)
    stemmer = Stemmer()
    for number in range(20):
        assert stemmer.analyse(f"trusting word{number}").stems == ["trust", f"word{number}"]
        assert len(stemmer._words) <= 3
        assert len(stemmer._texts) <= 3
    assert stemmer.analyse("trusting " + "x" * 1_000).stems == ["trust"]
    assert max(map(len, stemmer._words)) < 60
