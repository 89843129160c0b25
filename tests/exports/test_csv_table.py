import csv
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.exports.context import ExportContext
from app.exports.csv_table import COLUMNS, FIRST_OWN, OWN
from app.exports.formats import FORMATS
from app.exports.record import Award, Record, RelatedItem, SubjectTerm, WebLink
from app.kit.values.partial_dates import PartialDate

render = FORMATS["csv"].render
CONTEXT = ExportContext(vocabularies=("stage", "topic"))
HEADER = (*COLUMNS, *FIRST_OWN, "stage", "topic", *OWN)


def rows(*records: Record) -> list[dict[str, str]]:
    text = render(records, CONTEXT)
    assert text.startswith("\ufeff")
    return list(csv.DictReader(StringIO(text[1:], newline=""), strict=True))


def filled(record: Record) -> dict[str, str]:
    [row] = rows(record)
    return {column: cell for column, cell in row.items() if cell}


def test_an_article(article: Record) -> None:
    assert filled(article) == {
        "id": "directional-map",
        "type": "article-journal",
        "title": "A map of DEISC & other stages",
        "authors": "Lefevre, Michelle; Research in Practice",
        "editors": "Hampson, Martha",
        "contributors": "Goldsmith, Carlie (illustrator)",
        "issued": "2022-09-29",
        "container_title": "The British Journal of Social Work",
        "volume": "53",
        "issue": "5",
        "pages": "2768\u20132786",
        "number": "bcac183",
        "publisher": "Oxford University Press",
        "doi": "10.1093/bjsw/bcac183",
        "issn": "0045-3102",
        "url": "https://kb.example/v1/a_b?x=1;y=2",
        "language": "en",
        "licence_id": "CC-BY-4.0",
        "licence_url": "https://creativecommons.org/licenses/by/4.0/",
        "keywords": "innovation; social care",
        "abstract": "Six stages,\nfrom 0 to 100%.",
        "updated_at": "2026-01-02T03:04:05Z",
    }


def test_a_recording(webinar: Record) -> None:
    assert filled(webinar) == {
        "id": "Webinar 1",
        "type": "motion_picture",
        "title": "A webinar",
        "issued": "2021-03",
        "isbns": "9781447367253; 9781447367260",
        "genre": "Webinar",
        "medium": "Video",
        "duration": "PT1H5M",
        "event_title": "Spring series",
        "event_place": "Brighton",
        "event_date": "2021",
        "note": "First of two",
        "place": "Brighton",
    }


def test_no_records_are_a_header() -> None:
    assert render([], CONTEXT) == "\ufeff" + ",".join(HEADER) + "\r\n"


def test_our_own_columns_come_after_those_of_a_citation() -> None:
    record = Record(
        id="sites/a",
        type="document",
        title="A",
        kind="site",
        slug="a",
        page_url="https://kb.example/v1/sites/a",
        subjects=(
            SubjectTerm("topic", "ethics", "Ethics", "https://kb.example/v1/topics/ethics"),
            SubjectTerm("topic", "trust", "Trust", "https://kb.example/v1/topics/trust"),
        ),
        nation="Scotland",
        methods=("interviews", "observation"),
        start=PartialDate("2021"),
        end=PartialDate("2022-03"),
        event_place="Leeds",
        is_online=False,
        links=(WebLink("full_text", "https://example.org/a", None), WebLink("watch", "https://example.org/b", "B")),
        related=(RelatedItem("IsPartOf", "event", "E", "https://kb.example/events/e"),),
        awards=(Award("A council", "ES/1", None, None), Award("A trust", None, None, None)),
    )
    [row] = rows(record)
    assert tuple(row) == HEADER
    assert {name: row[name] for name in HEADER[len(COLUMNS) :]} == {
        "kind": "site",
        "slug": "a",
        "stage": "",
        "topic": "Ethics; Trust",
        "nation": "Scotland",
        "methods": "interviews; observation",
        "start": "2021",
        "end": "2022-03",
        "place": "Leeds",
        "online": "no",
        "page_url": "https://kb.example/v1/sites/a",
        "links": "full_text: https://example.org/a; watch: https://example.org/b",
        "related": "IsPartOf: https://kb.example/events/e",
        "funding": "A council ES/1; A trust",
        "cover_date": "",
    }


def test_quotes_are_doubled_and_lines_end_with_cr_lf() -> None:
    text = render([Record(id="a", type="book", title='"A", b')], CONTEXT)
    assert text.split("\r\n")[1:] == ['a,book,"""A"", b"' + "," * (len(HEADER) - 3), ""]


@pytest.mark.parametrize("start", list("=+-@\t\r\n"))
def test_a_cell_is_never_a_formula(start: str) -> None:
    [row] = rows(Record(id="a", type="book", title=f"{start}1+1", keywords=(f"{start}A1", "b")))
    assert (row["title"], row["keywords"]) == (f"'{start}1+1", f"'{start}A1; b")


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_comes_back(text: str) -> None:
    [row] = rows(Record(id="a", type="book", title=f"T{text}", abstract=f"A{text}"))
    assert (row["title"], row["abstract"]) == (f"T{text}", f"A{text}")
