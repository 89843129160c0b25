import pytest
import rispy
from hypothesis import given
from hypothesis import strategies as st

from app.exports.formats import FORMATS
from app.exports.record import ItemType, Name, Record
from app.kit.text.characters import single_line
from app.kit.values.partial_dates import PartialDate

render = FORMATS["ris"].render

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


def test_an_article(article: Record) -> None:
    assert render([article]).split("\r\n") == [
        "TY  - JOUR",
        "ID  - directional-map",
        "TI  - A map of DEISC & other stages",
        "T2  - The British Journal of Social Work",
        "AU  - Lefevre, Michelle",
        "AU  - Research in Practice",
        "A2  - Hampson, Martha",
        "A4  - Goldsmith, Carlie",
        "PY  - 2022",
        "DA  - 2022/09/29/",
        "VL  - 53",
        "IS  - 5",
        "SP  - 2768",
        "EP  - 2786",
        "C7  - bcac183",
        "PB  - Oxford University Press",
        "SN  - 0045-3102",
        "DO  - 10.1093/bjsw/bcac183",
        "UR  - https://kb.example/v1/a_b?x=1%3By=2",
        "KW  - innovation",
        "KW  - social care",
        "LA  - en",
        "AB  - Six stages, from 0 to 100%.",
        "N1  - Licence: CC-BY-4.0 https://creativecommons.org/licenses/by/4.0/",
        "ER  - ",
        "",
        "",
    ]


def test_a_recording(webinar: Record) -> None:
    assert render([webinar]).split("\r\n") == [
        "TY  - VIDEO",
        "ID  - Webinar 1",
        "TI  - A webinar",
        "T2  - Spring series",
        "PY  - 2021",
        "DA  - 2021/03//",
        "CY  - Brighton",
        "SN  - 9781447367253",
        "SN  - 9781447367260",
        "M3  - Webinar",
        "N1  - First of two",
        "N1  - Duration: PT1H5M",
        "ER  - ",
        "",
        "",
    ]


def test_an_event_does_not_happen_at_itself() -> None:
    event = Record(id="a", type="event", title="A day", event_title="A day")
    assert render([event]) == "TY  - GEN\r\nID  - a\r\nTI  - A day\r\nER  - \r\n\r\n"


def test_a_year_alone_has_no_date_line() -> None:
    text = render([Record(id="a", type="book", title="A", issued=PartialDate("0044"))])
    assert text == "TY  - BOOK\r\nID  - a\r\nTI  - A\r\nPY  - 0044\r\nER  - \r\n\r\n"


@pytest.mark.parametrize(
    ("item_type", "tag"), [("chapter", "CHAP"), ("report", "RPRT"), ("webpage", "ELEC"), ("event", "GEN")]
)
def test_types(item_type: ItemType, tag: str) -> None:
    assert render([Record(id="a", type=item_type, title="A")]).startswith(f"TY  - {tag}\r\n")


@given(TEXT, TEXT, st.lists(TEXT, max_size=3))
def test_rispy_reads_any_text_back_on_one_line(title: str, abstract: str, keywords: list[str]) -> None:
    record = Record(
        id="a",
        type="book",
        title=f"T{title}",
        abstract=f"ER  - {abstract}",
        keywords=tuple(keywords),
        names=(Name(f"F{title}", f"G{abstract}"),),
    )
    text = render([record, record])
    expected = {
        "type_of_reference": "BOOK",
        "id": "a",
        "title": single_line(f"T{title}"),
        "authors": [single_line(f"F{title}, G{abstract}")],
        "abstract": single_line(f"ER  - {abstract}"),
        "keywords": [single_line(word) for word in keywords if single_line(word)],
    }
    if not expected["keywords"]:
        del expected["keywords"]
    assert rispy.loads(text, newline="\r\n") == [expected, expected]
    assert text.splitlines() == text.split("\r\n")[:-1]
