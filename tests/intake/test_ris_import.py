"""RIS, as it is found."""

import pytest

from app.intake.records.dates import partial
from app.intake.records.names import NO_COMMA_WARNING
from tests.intake.conftest import notes, one, people, titles


def test_a_record() -> None:
    reading = one(
        "ris",
        """TY  - JOUR
AU  - van der Berg, Jan
AU  - King, Martin Luther, Jr.
A1  - Research in Practice
TI  - A title
JO  - Journal
PY  - 2022
DA  - 2022/09/29/
VL  - 53
SP  - 1
EP  - 10
SN  - 0045-3102
SN  - 9781447367253
DO  - https://doi.org/10.1093/bjsw/bcac183
UR  - https://example.org/a;https://example.org/b
KW  - one
KW  - two
AB  - A long abstract
which goes on here.
C1  - custom
ER  -
""",
    )
    values = {key: str(value) for key, value in reading.values.items()}
    assert values == {
        "type": "article-journal", "issued": "2022-09-29", "pages": "1-10", "container_title": "Journal",
        "title": "A title", "volume": "53", "issn": "0045-3102", "isbns": "('9781447367253',)",
        "doi": "10.1093/bjsw/bcac183", "url": "https://example.org/a", "keywords": "('one', 'two')",
        "abstract": "A long abstract which goes on here.",
    }  # fmt: skip
    assert people(reading) == [
        ("van der Berg", "Jan", None),
        ("King", "Martin Luther", None),
        ("", None, "Research in Practice"),
    ]
    assert reading.credits[1].suffix == "Jr."
    assert reading.links == ["https://example.org/b"]
    assert notes(reading) == {"C1": "custom"}
    assert reading.origin["issued"] == "DA"
    assert reading.line == 1


def test_missing_ends_blank_lines_and_noise() -> None:
    text = "Provider: somebody\n\nTY  - BOOK\nTI  - One\n\n"
    text += "TY  - BOOK\nTI  - Two\nER  - \nnoise\nTY - BOOK\nTI - Three\nER -"
    assert titles("ris", text) == ["One", "Two", "9: This line belongs to no record.", "Three"]
    assert titles("ris", "TY  - BOOK\nAU  - A, B\nER  - \nTY  - BOOK\nTI  - Two\n") == [
        "1: The record has no title (TI).",
        "Two",
    ]


def test_a_missing_end_is_said() -> None:
    assert one("ris", "TY  - BOOK\nTI  - One").warnings == [
        "The record is not closed (ER): it is assumed to end where the next begins."
    ]


def test_an_unknown_type_and_a_name_without_comma_are_said() -> None:
    reading = one("ris", "TY  - WHAT\nTI  - One\nAU  - Ada Lovelace\nER  - ")
    assert reading.record().type == "document"
    assert notes(reading) == {"TY": "WHAT"}
    assert reading.warnings == [
        "TY: this type is not known; it is kept in the notes.",
        f"AU: {NO_COMMA_WARNING}",
    ]


def test_two_values_for_one_field_are_not_lost() -> None:
    reading = one("ris", "TY  - JOUR\nTI  - One\nT1  - Other\nT2  - Journal\nJO  - J.\nN1  - a\nN1  - b\nER  - ")
    assert [(each.name, each.value) for each in reading.notes] == [("JO", "J."), ("T1", "Other"), ("N1", "b")]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "utf-8"])
def test_encodings(encoding: str) -> None:
    text = "TY  - BOOK\r\nTI  - Café “quoted”\r\nER  - \r\n"
    assert one("ris", text.encode(encoding)).values["title"] == "Café “quoted”"


def test_line_ends_across_blocks_do_not_shift_lines() -> None:
    text = "".join(f"TY  - BOOK\r\nTI  - {'x' * (number % 97)}{number}\r\nER  - \r\n" for number in range(9000))
    text += "TY  - BOOK\r\nER  - \r\n"
    assert titles("ris", text)[-1] == "27001: The record has no title (TI)."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2022", "2022"), ("2022-9", "2022-09"), ("2022/09/29/", "2022-09-29"), ("2022///", "2022"),
        ("2022/09//", "2022-09"), ("29 September 2022", "2022-09-29"), ("September 29th, 2022", "2022-09-29"),
        ("Sept. 2022", "2022-09"), ("2022-09-29T10:00:00Z", "2022-09-29"), ("[2020]", "2020"),
        ("29/09/2022", "2022-09-29"),
        ("09/29/2022", "2022-09-29"), ("2022 Sep", "2022-09"), ("20 Mar 1999", "1999-03-20"),
    ],
)  # fmt: skip
def test_dates(text: str, expected: str) -> None:
    assert partial(text) == (expected, None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2019/2021", "2019"), ("03/04/2022", "2022"), ("c. 2020", "2020"), ("2022/Spring", "2022"),
        ("31 February 2020", "2020"), ("2020a", "2020"), ("2020-13-01", "2020"),
    ],
)  # fmt: skip
def test_dates_of_which_something_is_left(text: str, expected: str) -> None:
    date, remark = partial(text)
    assert (date, bool(remark)) == (expected, True)


@pytest.mark.parametrize("text", ["", "in press", "n.d.", "20222", "0000"])
def test_no_date(text: str) -> None:
    with pytest.raises(ValueError, match="not a date"):
        partial(text)
