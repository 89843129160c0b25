"""What our own exports say is read back as it was said."""

import csv
from io import BytesIO, StringIO

import pytest

from app.exports.csv_table import COLUMNS
from app.exports.formats import FORMATS
from app.intake.formats.source_formats import SOURCE_FORMATS
from app.intake.records.parsed_record import ParsedRecord
from tests.corpus import Corpus
from tests.exports.whole_record import IN_SERIES, VOLUME

PATH = {"bibtex": "bib", "ris": "ris", "csl": "csl", "csv": "csv"}


def exported(kb: Corpus, name: str) -> str:
    texts = [kb.client.get(f"/v1/entries.{PATH[name]}?per_page=100&page={page}").text for page in (1, 2)]
    count = kb.client.json("/v1/entries?per_page=1")["meta"]["count"]
    return texts[0] if count <= 100 else "".join(texts)


def read(name: str, text: str) -> list[ParsedRecord]:
    found = list(SOURCE_FORMATS[name].read(BytesIO(text.encode())))
    assert [each for each in found if not isinstance(each, ParsedRecord)] == []
    return [each for each in found if isinstance(each, ParsedRecord)]


def citation(name: str, text: str) -> object:
    """What is read again: of a table the columns that a citation has, else all."""
    if name != "csv":
        return text
    return [row[: len(COLUMNS)] for row in csv.reader(StringIO(text, newline=""))]


@pytest.mark.parametrize("name", SOURCE_FORMATS)
def test_every_seeded_entry_is_said_again_in_the_same_words(seeded: Corpus, name: str) -> None:
    text = exported(seeded, name)
    records = [each.record() for each in read(name, text)]
    assert len(records) == seeded.client.json("/v1/entries?per_page=1")["meta"]["count"]
    assert citation(name, FORMATS[name].render(records)) == citation(name, text)


@pytest.mark.parametrize("name", SOURCE_FORMATS)
def test_the_volume_of_a_book_and_its_series_come_back(name: str) -> None:
    books = (VOLUME, IN_SERIES)
    found = [each.record() for each in read(name, FORMATS[name].render(books))]
    assert [(each.type, each.volume, each.collection_title) for each in found] == [
        ("book", "3", None),
        ("book", "3", "A series"),
    ]


@pytest.mark.parametrize("name", SOURCE_FORMATS)
def test_nothing_of_our_own_is_noted_or_warned_about(seeded: Corpus, name: str) -> None:
    for each in read(name, exported(seeded, name)):
        assert each.notes == [], each.values["id"]
