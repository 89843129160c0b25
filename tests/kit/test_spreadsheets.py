"""No cell of ours is a formula, and every cell is read as it was written."""

import csv
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.spreadsheets import csv_row, escape_formula, unescape_formula

APP = Path(__file__).parents[2] / "app"
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


def test_a_row_is_read_as_it_was_written_and_no_cell_of_it_is_a_formula() -> None:
    cells = ["=1+1", 'a "quoted", cell', "two\nlines", "", "plain"]
    row = csv_row(cells)
    assert row.endswith("\r\n")
    (read,) = csv.reader(StringIO(row, newline=""), strict=True)
    assert read == ["'=1+1", *cells[1:]]


def test_every_table_is_made_of_such_rows() -> None:
    """But the one that a workbook becomes, which nobody but our reader of tables sees."""
    writing = {
        path.relative_to(APP).as_posix() for path in APP.rglob("*.py") if "csv.writer" in path.read_text("utf-8")
    }
    assert writing == {"kit/spreadsheets.py", "intake/formats/workbook.py"}
