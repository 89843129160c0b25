import json
from dataclasses import fields, replace
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.exports.formats import FORMATS
from app.exports.record import CslRole, ItemType, Name, Record

render = FORMATS["csl"].render

# The properties of `csl-data.json` of CSL 1.0.2 that are used here; it allows no others.
# fmt: off
NAMES = {
    "author", "chair", "collection-editor", "compiler", "composer", "container-author", "contributor",
    "curator", "director", "editor", "editorial-director", "executive-producer", "guest", "host",
    "illustrator", "interviewer", "narrator", "organizer", "original-author", "performer", "producer",
    "recipient", "reviewed-author", "script-writer", "series-creator", "translator",
}
OTHERS = {
    "DOI", "ISBN", "ISSN", "URL", "abstract", "collection-title", "container-title", "custom", "dimensions",
    "edition", "event-date", "event-place", "event-title", "genre", "id", "issue", "issued", "keyword",
    "language", "medium", "note", "number", "page", "publisher", "publisher-place", "title", "type", "volume",
}
# fmt: on


def items(*records: Record) -> list[dict[str, Any]]:
    parsed: list[dict[str, Any]] = json.loads(render(records))
    return parsed


def test_an_article(article: Record) -> None:
    assert items(article) == [
        {
            "id": "directional-map",
            "type": "article-journal",
            "title": "A map of DEISC & other stages",
            "author": [{"family": "Lefevre", "given": "Michelle"}, {"literal": "Research in Practice"}],
            "editor": [{"family": "Hampson", "given": "Martha"}],
            "illustrator": [{"family": "Goldsmith", "given": "Carlie"}],
            "issued": {"date-parts": [[2022, 9, 29]]},
            "container-title": "The British Journal of Social Work",
            "volume": "53",
            "issue": "5",
            "page": "2768\u20132786",
            "number": "bcac183",
            "publisher": "Oxford University Press",
            "DOI": "10.1093/bjsw/bcac183",
            "ISSN": "0045-3102",
            "URL": "https://kb.example/v1/a_b?x=1;y=2",
            "abstract": "Six stages,\nfrom 0 to 100%.",
            "keyword": "innovation; social care",
            "language": "en",
            "custom": {
                "licence": "CC-BY-4.0",
                "licence_url": "https://creativecommons.org/licenses/by/4.0/",
                "updated_at": "2026-01-02T03:04:05Z",
            },
        }
    ]


def test_a_recording(webinar: Record) -> None:
    assert items(webinar) == [
        {
            "id": "Webinar 1",
            "type": "motion_picture",
            "title": "A webinar",
            "issued": {"date-parts": [[2021, 3]]},
            "ISBN": "9781447367253 9781447367260",
            "genre": "Webinar",
            "medium": "Video",
            "dimensions": "PT1H5M",
            "event-title": "Spring series",
            "event-place": "Brighton",
            "event-date": {"date-parts": [[2021]]},
            "note": "First of two",
        }
    ]


def test_no_records_are_an_empty_array() -> None:
    assert render([]) == "[]"


@pytest.mark.parametrize("role", get_args(CslRole))
def test_every_role_is_a_name_variable_of_the_schema(role: CslRole) -> None:
    [item] = items(Record(id="a", type="book", title="A", names=(Name(literal="B", role=role),)))
    assert item[role] == [{"literal": "B"}]
    assert role in NAMES


def test_only_properties_of_the_schema_are_used(article: Record, webinar: Record) -> None:
    whole = replace(webinar, **{f.name: value for f in fields(article) if (value := getattr(article, f.name))})
    rest = replace(whole, collection_title="Series", edition="2", publisher_place="Oxford")
    [item] = items(rest)
    assert set(item) == {"author", "editor", "illustrator"} | OTHERS


def test_the_item_types_are_the_45_of_the_schema(article: Record) -> None:
    types = get_args(ItemType)
    assert len(types) == len(set(types)) == 45
    assert [item["type"] for item in items(*(replace(article, type=each) for each in types))] == list(types)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_text_comes_back_as_it_was(text: str) -> None:
    [item] = items(Record(id="a", type="book", title=text))
    assert item["title"] == text
