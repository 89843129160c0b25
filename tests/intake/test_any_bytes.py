"""Whatever comes is read or refused: no text breaks a reader, and none takes long."""

import random
import time
from io import BytesIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.intake.api.schemas import EXAMPLES
from app.intake.formats.latex import decode_latex
from app.intake.formats.source_formats import SOURCE_FORMATS, detect_format
from app.intake.records.dates import partial
from app.intake.records.parsed_record import ParsedRecord
from tests.intake.conftest import found

PIECES = {
    "bibtex": [*'{}"#,=\n', "@article{k,", "@string{a=", "title", "author", "year", " and ", "\\'e"],
    "ris": ["TY  - JOUR", "TI  - ", "AU  - ", "DA  - ", "SN  - ", "ER  - ", "UR  - ", "N1  - Licence: ", *"\r\n;"],
    "csl": [*"[]{},:\n", '"title":', '"author":', '"issued":', '"a"', "null", "[[2020]]", "{}", '"\\'],
    "csv": [*',;"\n\t', "title", "authors", "type", "\r\n", "(editor)", "'="],
}
OTHERS = ["", " ", "é", "\x00", "\ufeff", "\ud7ff", "10.1234/x", "2020", "'", "%", "$", "(", ")", "-", "\\"]


@pytest.mark.parametrize("name", SOURCE_FORMATS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_heap_of_pieces_is_read_or_refused(name: str, data: st.DataObject) -> None:
    text = "".join(data.draw(st.lists(st.sampled_from(PIECES[name] + OTHERS), max_size=40)))
    for each in found(name, text):
        if isinstance(each, ParsedRecord):
            assert each.record().title


@pytest.mark.parametrize("name", SOURCE_FORMATS)
def test_any_damage_to_a_file_is_read_or_refused(name: str) -> None:
    chance = random.Random(1)
    whole = EXAMPLES[name].encode() * 2
    for _ in range(400):
        raw = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            place = chance.randrange(len(raw))
            match chance.randrange(3):
                case 0:
                    raw[place] = chance.randrange(256)
                case 1:
                    del raw[place : place + chance.randint(1, 30)]
                case _:
                    raw[place:place] = bytes([chance.randrange(256)]) * chance.randint(1, 9)
            if not raw:
                break
        for each in found(name, bytes(raw)):
            if isinstance(each, ParsedRecord):
                assert each.record().title
        detect_format(bytes(raw))


LONG = 300_000


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("bibtex", "@a{k, title = {" + "{" * LONG),
        ("bibtex", "@a{k, title = {T}, author = {" + "a and " * (LONG // 6) + "}}"),
        ("bibtex", "@a{k," + "a={}," * (LONG // 5) + "title={T}}"),
        ("bibtex", "@a{k, title = {" + "\\'" * (LONG // 2) + "}}"),
        ("bibtex", "@a{k, title = {" + "\\'{" * (LONG // 3) + "}" * (LONG // 3) + "}}"),
        ("bibtex", "@" * LONG),
        ("bibtex", "@a{\n" * (LONG // 4)),
        ("ris", "TY  - " * (LONG // 6)),
        ("ris", "TY  - JOUR\nTI  - T\nUR  - " + "a;" * (LONG // 2)),
        ("ris", "TY  - JOUR\nTI  - T\nSN  - " + " " * LONG + "x"),
        ("ris", "TY  - JOUR\nTI  - " + "<" * LONG),
        ("ris", "TY  - JOUR\nTI  - T\nDA  - " + "1" * LONG),
        ("csl", "[" * LONG),
        ("csl", '{"a":' * (LONG // 5)),
        ("csl", '{"title":"T","a":' + "[" * 900 + "]" * 900 + "}"),
        ("csl", '{"title":"' + "\\" * LONG),
        ("csv", "title\n" + '"\n' * 3000),
        ("csv", "title," + "," * LONG),
        ("csv", 'title\n"' + "x" * LONG),
    ],
    ids=lambda value: value[:24].replace("\n", " "),
)
def test_nothing_takes_long(name: str, text: str) -> None:
    """What grows with the square of the text would take hours; this is no measurement."""
    began = time.thread_time()
    found(name, text)
    assert time.thread_time() - began < 60


@given(st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_text_as_a_date_or_as_latex(text: str) -> None:
    decode_latex(text)
    try:
        date, _ = partial(text)
    except ValueError:
        return
    assert 4 <= len(date) <= 10


def test_bytes_of_any_encoding_are_read_in_blocks() -> None:
    text = EXAMPLES["ris"] * 3000
    for encoding in ("utf-8", "utf-16", "utf-32"):
        assert len(list(SOURCE_FORMATS["ris"].read(BytesIO(text.encode(encoding))))) == 3000
