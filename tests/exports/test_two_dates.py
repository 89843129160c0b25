"""What was first public in one year and stands in an issue of another: a citation has the date of the issue, whose
volume and pages it names; what can tell both tells both."""

from dataclasses import replace

import pytest

from app.exports.formats import FORMATS
from app.kit.values.partial_dates import PartialDate
from tests.exports.whole_record import ARTICLE, CONTEXT

IN_AN_ISSUE = replace(ARTICLE, issued=PartialDate("2022"), cover_date=PartialDate("2023-07"))

SAID = {
    "csl": ('"issued": {"date-parts": [[2023, 7]]}', '"available-date": {"date-parts": [[2022]]}'),
    "bibtex": ("year = {2023}",),
    "biblatex": ("date = {2023-07}",),
    "ris": ("PY  - 2023\r\n", "DA  - 2023/07//\r\n", "N1  - First public: 2022\r\n"),
    "citation": ("(2023)",),
    "datacite": (
        '"publicationYear": "2022"',
        '{"date": "2022", "dateType": "Available"}',
        '{"date": "2023-07", "dateType": "Issued"}',
    ),
    "datacite-xml": ('<date dateType="Available">2022</date>', '<date dateType="Issued">2023-07</date>'),
    "dc": ("<dc:date>2022</dc:date>", "<dc:date>2023-07</dc:date>"),
    "marcxml": ('<subfield code="c">2022</subfield>', '<subfield code="g">53(5) (2023-07), 2768-2786</subfield>'),
    "mods": (">2022</dateIssued>", '<date encoding="w3cdtf">2023-07</date>'),
    "jsonld": ('"datePublished": "2022"', '"datePublished": "2023-07"'),
    "csv": (",2022,", ",2023-07\r\n"),
}


@pytest.mark.parametrize("name", SAID)
def test_both_dates_are_reported(name: str) -> None:
    text = FORMATS[name].render([IN_AN_ISSUE], CONTEXT)
    assert [date for date in SAID[name] if date not in text] == [], text


@pytest.mark.parametrize("name", SAID)
def test_one_date_is_given_once(name: str) -> None:
    text = FORMATS[name].render([ARTICLE], CONTEXT)
    assert [other for other in ("available-date", "Available", "First public", "2023") if other in text] == []
