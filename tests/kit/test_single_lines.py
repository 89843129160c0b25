"""Any text on one line, as line-based formats have it."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.kit.text.characters import single_line

TEXTS = st.text(st.characters() | st.sampled_from(" \t\r\n\x00\x85\xa0\u2028\u3000"), max_size=20)


@given(TEXTS)
@example("a\u2029b")
@example("a\u200bb")
def test_words_are_kept_and_one_space_stands_between_them(text: str) -> None:
    line = single_line(text)
    assert line.split(" ") == (line.split() or [""])
    assert not any(unicodedata.category(character) == "Cc" for character in line)
    kept = [each for each in text if not each.isspace() and unicodedata.category(each) != "Cc"]
    assert [each for each in line if each != " "] == kept


@pytest.mark.parametrize(
    "text", ["One line", " One\tline ", "One\r\n\r\nline", "One  line", "One\u2028line", "One\xa0line"]
)
def test_a_break_of_any_sort_is_a_space(text: str) -> None:
    assert single_line(text) == "One line"
