"""No cell of ours is a formula, and every cell is read as it was written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.spreadsheets import escape_formula, unescape_formula

BEGINNINGS = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"


@pytest.mark.parametrize("sign", BEGINNINGS)
def test_what_begins_like_a_formula_is_text(sign: str) -> None:
    assert escape_formula(f"{sign}1+1") == f"'{sign}1+1"
    assert escape_formula(f"'{sign}1+1") == f"''{sign}1+1"


@pytest.mark.parametrize("text", ["", "a=1", "'", "'s-Hertogenbosch", " =1", "1-1", "o'clock"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert escape_formula(text) == unescape_formula(text) == text


@given(st.text(st.sampled_from(f"'a1 {BEGINNINGS}"), max_size=8) | st.text(max_size=20))
def test_what_was_guarded_is_read_as_it_was(text: str) -> None:
    assert unescape_formula(escape_formula(text)) == text
    assert escape_formula(text)[:1] not in [*BEGINNINGS]
