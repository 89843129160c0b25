"""JSON that SQLite keeps compressed: what was written can always be read."""

import hashlib
import json
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.db.compressed_json import DICTIONARY, compress, uncompressed

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.dictionaries(TEXTS, st.recursive(st.none() | st.booleans() | st.integers() | TEXTS, st.lists, max_leaves=5))


def test_the_dictionary_is_what_it_always_was() -> None:
    """Another one could read nothing that was written with this."""
    assert hashlib.sha256(DICTIONARY).hexdigest() == "5c157e641a667e11688daa61c309760c6060ed8ef017b28dde39bd3346cde5fe"


def test_what_was_written_once_is_read() -> None:
    stored = bytes.fromhex("78bbe3318d138327a9fcbc54a454157274bb4264717a7e8e125a3242d4a1c6b50065291414")
    assert uncompressed(stored) == '{"slug":"one","title":"Tŷ Ysgol","summary":"","position":3}'


@given(VALUES)
def test_any_json_comes_back(value: dict[str, object]) -> None:
    text = uncompressed(compress(value))
    assert json.loads(text) == value
    assert uncompressed(text) == text


@pytest.mark.parametrize("harm", [lambda stored: stored[:-5], lambda stored: stored[:-1] + b"x", lambda _: b"x" * 9])
def test_damage_is_noticed(harm: Callable[[bytes], bytes]) -> None:
    with pytest.raises(zlib.error):
        uncompressed(harm(compress({"title": "A title"})))
