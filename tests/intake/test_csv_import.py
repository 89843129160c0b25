"""CSV with a header."""

import pytest

from app.intake.formats.csv_table import template
from tests.intake.conftest import notes, one, people, titles


def test_the_template_can_be_imported_as_it_is() -> None:
    reading = one("csv", template())
    assert reading.values["title"] == "Example: put a record of your own in this row"
    assert people(reading) == [("Example", "Ada", None), ("van der Berg", "Jan", None), ("", None, "Example Trust")]
    assert (reading.notes, reading.line) == ([], 2)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_any_order_any_separator_other_names(separator: str) -> None:
    text = 'Year,Title,Author,Shelf\r\n2020,One,"Lovelace, Ada",B3\r\n'.replace(",", separator).replace(
        f"Lovelace{separator} Ada", "Lovelace, Ada"
    )
    reading = one("csv", text)
    assert (reading.values["title"], reading.values["issued"].text) == ("One", "2020")
    assert people(reading) == [("Lovelace", "Ada", None)]
    assert notes(reading) == {"Shelf": "B3"}


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("before", ["", "\ufeff", "\n \n", "sep={}\n"], ids=["", "mark", "empty lines", "Excel"])
def test_everything_may_be_quoted(separator: str, before: str) -> None:
    rows = [["Title", "Author, or another", "Year"], ["One; two", "Lovelace, Ada", "2020"]]
    text = "\r\n".join(separator.join(f'"{cell}"' for cell in row) for row in rows)
    reading = one("csv", before.format(separator) + text)
    assert (reading.values["title"], reading.values["issued"].text) == ("One; two", "2020")
    assert notes(reading) == {"Author, or another": "Lovelace, Ada"}


def test_of_two_columns_for_one_field_neither_is_lost() -> None:
    reading = one("csv", "title,keywords,tags,year,date\nOne,a,b,2020,2021-05\n")
    assert reading.values["keywords"] == ("a", "b")
    assert (reading.values["issued"].text, notes(reading)) == ("2020", {"issued": "2021-05"})


def test_rows_that_cannot_be_read_are_refused_alone() -> None:
    text = 'title,year\nOne,2020\n"Two,2020\nThree,2020\n,2020\n\nFour,2021,beyond\n'
    assert titles("csv", text) == [
        "One",
        "3: The row cannot be read: a quotation mark is out of place or never closed.",
        "Three",
        "5: The row has no title.",
        "Four",
    ]


def test_cells_of_several_lines_keep_the_count() -> None:
    text = 'title,abstract\nOne,"a\nb"\nTwo,\n,x\n'
    assert titles("csv", text) == ["One", "Two", "5: The row has no title."]


def test_a_guard_against_formulas_is_taken_off() -> None:
    assert one("csv", "title\n'=1+1\n").values["title"] == "=1+1"
    assert one("csv", "title\n'tis\n").values["title"] == "'tis"


def test_no_header() -> None:
    assert titles("csv", "") == ["1: There is no header."]
    assert titles("csv", "a,b\n1,2\n") == ["1: The header has no column `title`."]
