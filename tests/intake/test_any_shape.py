"""Registries' JSON in any other shape than the one agreed: nothing breaks, and no word of it is lost."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from app.intake.formats import csl, datacite
from app.intake.records.parsed_record import ParsedRecord
from tests.intake.conftest import found
from tests.intake.test_json_import import CROSSREF, DATACITE

MARK = "Quincetree"
SHAPES: list[Any] = [
    None, True, 5, MARK, [], [MARK], [[MARK]], {}, {"x": MARK}, [{"x": MARK}], [None], [{}], {"x": {"y": [MARK]}},
    {"name": MARK}, [{"name": MARK}], {"date-parts": MARK}, [5, MARK],
]  # fmt: skip
INNER = frozenset({"sequence", "content-version", "nameType"})
"""Members of members that say how a registry keeps its record."""
PLAIN_CSL: dict[str, Any] = {
    "type": "book", "title": "T", "original-title": "U", "short-title": "S", "archive": "Box 12", "source": "A shelf",
    "status": "forthcoming", "citation-key": "t2020", "relation": {"is-review-of": [{"id": "10.1234/x"}]},
    "accepted": {"date-parts": [[2020, 1]]}, "event-date": {"raw": "2020"}, "custom": {"licence": "CC-BY-4.0"},
    "author": [{"family": "Berg", "affiliation": ["A university"], "ORCID": "none"}], "keyword": "a, b",
}  # fmt: skip
RECORDS = {"csl": PLAIN_CSL, "crossref": CROSSREF, "datacite": DATACITE}


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """To every member of an object and every item of a list."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield (*path, key)
        yield from places(inner, (*path, key))


def reshaped(record: Any, path: tuple[Any, ...], schema: Any) -> Any:
    copy = json.loads(json.dumps(record))
    part = copy
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = schema
    return copy


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_of_any_shape_is_read_and_the_next_one_too(name: str) -> None:
    for path in places(RECORDS[name]):
        for schema in SHAPES:
            read = found("csl", json.dumps([reshaped(RECORDS[name], path, schema), {"title": "Next"}]))
            assert isinstance(read[-1], ParsedRecord), (path, schema)
            assert read[-1].values["title"] == "Next"


@pytest.mark.parametrize("name", RECORDS)
def test_no_word_is_lost(name: str) -> None:
    kept_out = csl.IGNORED_MEMBERS | datacite.IGNORED_MEMBERS | INNER
    lost = []
    for path in places(RECORDS[name]):
        for schema in SHAPES if kept_out.isdisjoint(path) else ():
            [reading] = found("csl", json.dumps(reshaped(RECORDS[name], path, schema)))
            if isinstance(reading, ParsedRecord) and MARK in str(schema) and MARK.lower() not in str(reading).lower():
                lost.append((path, schema))
    assert lost == []


def test_what_csl_knows_and_a_publication_does_not_is_noted() -> None:
    [reading] = found("csl", json.dumps(PLAIN_CSL))
    assert isinstance(reading, ParsedRecord)
    assert {each.name: each.value for each in reading.notes} == {
        "original-title": "U", "short-title": "S", "archive": "Box 12", "source": "A shelf", "status": "forthcoming",
        "citation-key": "t2020", "relation": "is-review-of: id: 10.1234/x", "affiliation of Berg": "A university",
        "accepted": "date-parts: 2020, 1",
        "ORCID of Berg": "none",
    }  # fmt: skip
