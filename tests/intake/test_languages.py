"""Languages by name or by code: from what libraries write to BCP 47."""

import itertools
import string
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from app.catalogue.schema import LanguageTag
from app.intake.records.languages import language_tag

CODES = {
    "en": "en", " CY ": "cy", "en-GB": "en-GB", "en_US": "en-US", "zh_Hant_TW": "zh-Hant-TW",
    "de-AT-1996": "de-AT-1996",
    "eng": "en", "cym": "cy", "wel": "cy", "deu": "de", "ger": "de", "fra": "fr", "fre": "fr", "spa": "es", "ita": "it",
    "por": "pt", "nld": "nl", "dut": "nl", "dan": "da", "swe": "sv", "nor": "no", "fin": "fi", "pol": "pl", "ces": "cs",
    "cze": "cs", "hun": "hu", "ron": "ro", "rum": "ro", "ell": "el", "gre": "el", "rus": "ru", "tur": "tr", "ara": "ar",
    "heb": "he", "zho": "zh", "chi": "zh", "jpn": "ja", "kor": "ko", "eus": "eu", "iw": "he", "haw": "haw",
}  # fmt: skip
NAMES = {
    "English": "en", "british": "en-GB", "USenglish": "en-US", "ngerman": "de", "Français": "fr", "Cymraeg": "cy",
    " Welsh ": "cy", "brazil": "pt-BR",
}  # fmt: skip
REFUSED = [
    "", "-", "e", "xx", "zzz-GB", "nonsense", "English; Welsh", "French and English", "en-x-private", "en-", "en--GB",
    "1", "é", "a" * 300_000, "en-" + "aaaaaaaa-" * 40_000, "English" * 50_000,
]  # fmt: skip


@pytest.mark.parametrize(("text", "tag"), [*CODES.items(), *NAMES.items()])
def test_a_language_is_read_by_its_code_or_by_its_name(text: str, tag: str) -> None:
    assert language_tag(text) == tag


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: text[:20])
def test_what_is_no_language_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a language must be given as its code"):
        language_tag(text)


@given(st.sampled_from([*CODES, *NAMES]) | st.text(max_size=20) | st.text(string.ascii_letters + "-", max_size=12))
def test_what_is_read_as_a_language_is_one_for_the_catalogue(text: str) -> None:
    try:
        tag = language_tag(text)
    except ValueError:
        return
    assert TypeAdapter(LanguageTag).validate_python(tag) == tag


def test_many_tags_leave_no_memory_behind() -> None:
    """langcodes keeps every tag that it has seen: 700 bytes each."""
    pairs = itertools.islice(itertools.product(string.ascii_lowercase, repeat=2), 100)
    variants = ["".join(pair) for pair in pairs]
    tracemalloc.start()
    for first, second in itertools.product(variants, repeat=2):
        assert language_tag(f"en-{first}000-{second}000") == f"en-{first}000-{second}000"
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 200_000
