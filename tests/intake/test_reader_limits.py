"""What a file may cost: time and memory in proportion to its bytes, with a limit to what is kept of a record."""

import subprocess
import sys

import pytest

from app.intake.formats.bibtex_macros import MAX_EXPANSION_SIZE, MAX_MACROS_SIZE
from app.intake.formats.encodings import MAX_LINE_LENGTH
from app.intake.formats.source_formats import SOURCE_FORMATS
from app.intake.records.parsed_record import (
    MAX_NAME_LENGTH,
    MAX_READING_SIZE,
    MAX_RECORD_LENGTH,
    ParsedRecord,
    RejectedRecord,
)
from tests.intake.conftest import found, notes, one, titles
from tests.intake.hostile import MACROS

BYTES_FOR_A_BYTE = 128
"""Of memory, at most, while a text is read."""
SECONDS = 60
"""Of processor time for some twenty texts of a third of a megabyte; work that grows with the square of one would take
much longer."""


def limited(what: str, name: str, size: int) -> str:
    """The last line that the program says."""
    command = (sys.executable, "-m", "tests.intake.hostile", what, name, str(size), str(SECONDS))
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stdout[-200:]}\n{done.stderr[-2000:]}"
    return done.stdout.splitlines()[-1]


@pytest.mark.parametrize("name", SOURCE_FORMATS)
def test_time_grows_with_the_text_and_what_is_kept_is_limited(name: str) -> None:
    assert int(limited("time", name, 300_000)) <= MAX_READING_SIZE


@pytest.mark.parametrize("name", SOURCE_FORMATS)
def test_memory_grows_with_the_text(name: str) -> None:
    assert float(limited("memory", name, 50_000)) < BYTES_FOR_A_BYTE


def test_macros_of_macros_are_refused_before_they_are_put_in_place() -> None:
    text = "@string{a0 = {0123456789}}\n" + MACROS
    refused = titles("bibtex", text)
    assert refused[0] == "13: The macros of the file expand to much more than the file contains."
    spare = "@comment{" + "x" * 100_000 + "}\n"
    *refused, last = titles("bibtex", spare + text + spare + "@a{k, title = a5}")
    assert refused[0] == f"15: Its macros expand to more than {MAX_EXPANSION_SIZE} characters."
    assert last == "0123456789" * 2**5


def test_macros_have_a_size_together_and_those_before_it_stand() -> None:
    text = "".join(f"@string{{m{number} = {{{'x' * 999}}}}}\n" for number in range(300)) + "@a{k, title = m0}"
    *refused, last = found("bibtex", text)
    assert {each.reason for each in refused if isinstance(each, RejectedRecord)} == {
        f"The macros of the file together have more than {MAX_MACROS_SIZE} characters."
    }
    assert len(refused) == 300 - MAX_MACROS_SIZE // 1003
    assert isinstance(last, ParsedRecord)
    assert last.values["title"] == "x" * 999


def test_macros_said_again_cost_their_size_once() -> None:
    text = f"@string{{a = {{{'x' * 9000}}}}}\n" * 100 + "@a{k, title = {T}, note = a}"
    assert one("bibtex", text).values["note"] == "x" * 9000


def test_what_macros_put_in_is_in_proportion_to_the_file() -> None:
    text = f"@string{{a = {{{'x' * 9000}}}}}\n" + "@a{k, title = {T}, note = a}\n" * 100
    read = titles("bibtex", text)
    assert read[:8] == ["T"] * 8
    assert read[-1].endswith("The macros of the file expand to much more than the file contains.")
    usual = '@string{jacm = "Journal of the Association of Examples"}\n'
    usual += "@article{k, title = {A title as titles are}, journal = jacm, month = jan, year = 2020}\n" * 3000
    assert titles("bibtex", usual) == ["A title as titles are"] * 3000


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("bibtex", "@a{{k, title = {{T}}, note = {{{}}}}}"),
        ("ris", "TY  - JOUR\nTI  - T\nN1  - {}\nER  - "),
        ("csl", '{{"title": "T", "note": "{}"}}'),
        ("csl", '{{"titles": [{{"title": "T"}}], "formats": ["{}"]}}'),
        ("csv", "title,a,b\nT,{0},{0}"),
    ],
)
def test_a_record_that_says_too_much_is_refused_alone(name: str, text: str) -> None:
    message = f"The record has more than the {MAX_READING_SIZE} characters that are kept."
    refused, *_ = found(name, text.format("x" * (130_000 if name == "csv" else MAX_READING_SIZE)))
    assert isinstance(refused, RejectedRecord)
    assert refused.reason == message
    assert one(name, text.format("x" * 60_000)).record().title == "T"


@pytest.mark.parametrize("name", ["bibtex", "ris", "csv"])
def test_a_line_without_an_end_is_refused_and_the_next_is_read(name: str) -> None:
    long = "x" * (MAX_LINE_LENGTH + MAX_RECORD_LENGTH)
    after = {
        "bibtex": f"@a{{k, title = {{{long}}}}}\n@b{{k, title = {{Next}}}}",
        "ris": f"TY  - JOUR\nTI  - {long}\nER  - \nTY  - JOUR\nTI  - Next\nER  - ",
        "csv": f"title\n{long}\nNext",
    }[name]
    refused, *_, last = titles(name, after)
    assert "longer" in refused or "too long" in refused
    assert last == "Next"


def test_names_of_notes_are_cut() -> None:
    reading = one("csl", f'{{"title": "T", "{"x" * 500}": 1}}')
    assert notes(reading) == {"x" * (MAX_NAME_LENGTH - 1) + "…": "1"}


def test_what_no_database_keeps_is_no_part_of_a_note() -> None:
    assert notes(one("ris", "TY  - JOUR\nTI  - T\nC1  - a\x00b\nER  - ")) == {"C1": "a\ufffdb"}
    assert notes(one("csl", '{"title": "T", "a\\u0000": "b\\u0001"}')) == {"a\ufffd": "b\ufffd"}


def test_a_reference_to_no_character_is_none() -> None:
    title = f"A &#{'9' * 5000}; &#65; &amp; B"
    assert one("ris", f"TY  - JOUR\nTI  - {title}\nER  - ").values["title"] == "A \ufffd A & B"


def test_rows_are_looked_for_behind_one_that_is_broken_but_not_for_ever() -> None:
    lines = ['a","'] * 50_000
    refused = found("csv", "title,a\n" + "\n".join(lines))
    assert all(isinstance(each, RejectedRecord) for each in refused)
    assert len(refused) < 1000
    assert "The lines from here to 50001 cannot be read" in titles("csv", "title,a\n" + "\n".join(lines))[-1]
