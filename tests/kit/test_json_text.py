"""Strict JSON keeps every ordinary value as it is, and is quick to refuse."""

import contextlib
import json
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.text.characters import ControlCharacterError, reject_control_characters
from app.kit.text.json_parser import JsonTextError, parse

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=50)
SCALARS = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
)
VALUES = st.recursive(SCALARS | TEXT, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=20)


@given(VALUES)
def test_what_is_written_is_read(value: str) -> None:
    assert parse(json.dumps(value).encode()) == value
    assert parse(json.dumps(value, ensure_ascii=False).encode()) == value


@given(st.binary(max_size=60))
def test_nothing_is_refused_in_any_other_way(raw: bytes) -> None:
    with contextlib.suppress(JsonTextError):
        parse(raw)


@pytest.mark.parametrize("raw", [b"[" * 2**20, b'{"a":' * 2**17, b'"' + b'\\"' * 2**19, b'["[[[[' * 2**17])
def test_a_mebibyte_of_malice_is_refused_quickly(raw: bytes) -> None:
    started = time.process_time()
    with pytest.raises(JsonTextError):
        parse(raw)
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'{"a": }', "line 1, column 7: a value was expected."),
        (b'{"a": 1,\n b: 2}', "line 2, column 2: a name in double quotes was expected."),
        (b'{"a" 1}', "line 1, column 6: a colon was expected."),
        (b'{"a": 1\n"b": 2}', "line 2, column 1: a comma or a closing bracket was expected."),
        (b'{"a": "b}', "line 1, column 7: this text has no closing quotation mark."),
        (b"{} {}", "line 1, column 4: nothing more was expected."),
        (b'"\\x"', "line 1, column 2: this escape means nothing."),
    ],
)
def test_what_was_expected_is_said_with_its_line(raw: bytes, expected: str) -> None:
    with pytest.raises(JsonTextError, match=re.escape(f"Malformed JSON at {expected}")):
        parse(raw)


def test_brackets_in_strings_are_not_depth() -> None:
    assert parse(json.dumps(['[{\\"[' * 40, "]"]).encode()) == ['[{\\"[' * 40, "]"]


@pytest.mark.parametrize("text", ["\x00", "a\x1bb", "\x7f", "\x85", "a\ud800"])
def test_unclean_text(text: str) -> None:
    with pytest.raises(ControlCharacterError):
        reject_control_characters(text)


def test_clean_text() -> None:
    assert reject_control_characters("tab\t line\r\n é 😀") == "tab\t line\r\n é 😀"
