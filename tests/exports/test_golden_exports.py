"""Exports byte for byte, as they were found to be good: of records with a value in every field, and of the whole seed
data.

`make golden` writes all of them anew; what differs is read before it is committed.
"""

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.exports.formats import FORMATS, View
from app.exports.record import Record
from app.kit.json_types import JsonObject
from app.reading.content.projection import make_view
from tests.exports.whole_record import ARTICLE, CONTEXT, RECORDS

GOLDEN = Path(__file__).parent / "golden"
VIEWS: tuple[View, ...] = ("record", "occasion")
OF_RECORDS = {each.name: view for each in FORMATS.values() for view in VIEWS if view in each.views}


@pytest.mark.parametrize("name", OF_RECORDS)
def test_a_list_is_exported_as_it_was(name: str) -> None:
    check(f"list.{FORMATS[name].extension}", FORMATS[name].render(RECORDS, CONTEXT, of=OF_RECORDS[name]))


@pytest.mark.parametrize("name", ["jsonld", "turtle", "datacite", "datacite-xml", "dc", "markdown"])
def test_a_single_thing_is_exported_as_it_was(name: str) -> None:
    check(f"single.{FORMATS[name].extension}", FORMATS[name].render([ARTICLE], replace(CONTEXT, is_single=True)))


@pytest.mark.one_engine
@pytest.mark.parametrize("name", OF_RECORDS)
def test_the_seed_data_is_exported_as_it_was(name: str, records: list[Record]) -> None:
    view = OF_RECORDS[name]
    seeded_at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    of_view = [
        replace(each, created_at=seeded_at, updated_at=seeded_at)
        for each in records
        if view != "occasion" or each.kind == "event"
    ]
    check(f"seeds.{FORMATS[name].extension}", FORMATS[name].render(of_view, CONTEXT, of=view))


@pytest.mark.one_engine
@pytest.mark.parametrize("name", [each.name for each in FORMATS.values() if "checklist" in each.views])
def test_the_checklists_of_the_seed_data_are_exported_as_they_were(name: str, seed_documents: list[JsonObject]) -> None:
    made = (make_view(each, "checklist", None) for each in seed_documents)
    checklists = [each for each in made if each is not None]
    check(f"seeds.{FORMATS[name].extension}", FORMATS[name].render(checklists, CONTEXT, of="checklist"))


def check(name: str, text: str) -> None:
    path = GOLDEN / name
    if os.environ.get("GOLDEN"):
        path.write_bytes(text.encode())
    assert path.exists(), "There is no such file: make golden"
    assert text.encode() == path.read_bytes(), "make golden shows what is different"
