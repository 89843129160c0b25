"""Exports byte for byte, as they were found to be good.

A golden file that is to change is deleted and written anew by the next run, which fails; then it is read, and kept.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from app.exports.formats import FORMATS, View
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


def check(name: str, text: str) -> None:
    path = GOLDEN / name
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode())
        pytest.fail(f"{name} was written anew: read it, and keep it if it is good")
    assert text.encode() == path.read_bytes()
