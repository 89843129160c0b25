"""What is indexed of a document, and what it is filtered and sorted by: the values at dotted paths."""

from typing import Any

import pytest

from app.kit.json_types import JsonObject
from app.search.query.schema import extract_at

DOCUMENT: JsonObject = {
    "title": "A title",
    "empty": "",
    "nothing": None,
    "none": [],
    "nought": 0,
    "online": False,
    "open": True,
    "names": ["one", "", "two"],
    "licence": {"id": "CC-BY-4.0", "urls": ["u", "v"]},
    "terms": {"topic": [{"label": "Trust"}, {"label": "Ethics"}], "stage": [{"label": "Mobilising"}], "format": []},
    "identifiers": [
        {"scheme": "doi", "value": "10.1/a"},
        {"scheme": "isbn", "value": "978", "edition": 2},
        {"scheme": "doi", "value": ""},
    ],
    "funding": [
        {"funder": {"slug": "esrc", "names": ["E", "S"]}, "scheme": "doi"},
        {"funder": None},
        {"funder": {"slug": "nihr", "scheme": "doi"}},
    ],
    "parts": [[{"name": "inner"}], {"name": 3}, "text"],
}


@pytest.mark.parametrize(
    ("paths", "where", "found"),
    [
        (["title"], {}, ["A title"]),
        (["empty"], {}, []),
        (["nothing"], {}, []),
        (["none"], {}, []),
        (["not there"], {}, []),
        (["nought"], {}, ["0"]),
        (["online"], {}, ["false"]),
        (["names"], {}, ["one", "two"]),
        (["title", "open", "nought", "empty", "names"], {}, ["A title", "true", "0", "one", "two"]),
        (["title.more", "licence.nowhere"], {}, []),
        (["licence.id"], {}, ["CC-BY-4.0"]),
        (["licence.urls"], {}, ["u", "v"]),
        (["licence.*"], {}, ["CC-BY-4.0", "u", "v"]),
        (["terms.topic.label"], {}, ["Trust", "Ethics"]),
        (["terms.*.label"], {}, ["Trust", "Ethics", "Mobilising"]),
        (["identifiers.value"], {}, ["10.1/a", "978"]),
        (["identifiers.value"], {"scheme": "doi"}, ["10.1/a"]),
        (["identifiers.value"], {"scheme": "isbn", "value": "978"}, ["978"]),
        (["identifiers.value"], {"scheme": "doi", "value": "10.1/a"}, ["10.1/a"]),
        (["identifiers.value"], {"scheme": "isbn", "value": "10.1/a"}, []),
        (["identifiers.edition"], {}, ["2"]),
        (["funding.funder.slug"], {}, ["esrc", "nihr"]),
        (["funding.funder.names", "title"], {"scheme": "doi"}, ["E", "S", "A title"]),
        (["parts.name"], {}, ["inner", "3"]),
        (["terms.topic.label", "funding.funder.slug"], {}, ["Trust", "Ethics", "esrc", "nihr"]),
    ],
)
def test_the_values_at_some_paths(paths: list[str], where: dict[str, Any], found: list[str]) -> None:
    assert extract_at(*paths, **where)(DOCUMENT) == found
