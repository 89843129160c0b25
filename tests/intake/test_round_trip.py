"""What our own exports say is read back as it was said."""

from io import BytesIO
from typing import Any

import pytest

from app.exports.formats import FORMATS
from app.exports.record import Record
from app.intake.formats import SOURCES
from app.intake.reading import Reading
from tests.knowledge import Knowledge

PATH = {"bibtex": "bib", "ris": "ris", "csl": "csl", "csv": "csv"}


def exported(kb: Knowledge, name: str) -> str:
    texts = [kb.client.get(f"/v1/entries.{PATH[name]}?per_page=100&page={page}").text for page in (1, 2)]
    count = kb.client.json("/v1/entries?per_page=1")["meta"]["count"]
    return texts[0] if count <= 100 else "".join(texts)


def read(name: str, text: str) -> list[Reading]:
    found = list(SOURCES[name].read(BytesIO(text.encode())))
    assert [each for each in found if not isinstance(each, Reading)] == []
    return [each for each in found if isinstance(each, Reading)]


def rendered(name: str, records: list[Record]) -> str:
    render: Any = FORMATS[name].render
    return str(render(records))


@pytest.mark.parametrize("name", SOURCES)
def test_every_seeded_entry_is_said_again_in_the_same_words(seeded: Knowledge, name: str) -> None:
    text = exported(seeded, name)
    records = [each.record() for each in read(name, text)]
    assert len(records) == seeded.client.json("/v1/entries?per_page=1")["meta"]["count"]
    assert rendered(name, records) == text


@pytest.mark.parametrize("name", SOURCES)
def test_nothing_of_our_own_is_noted_or_warned_about(seeded: Knowledge, name: str) -> None:
    for each in read(name, exported(seeded, name)):
        assert each.notes == [], each.values["id"]
