"""Identifiers as idutils and python-stdnum judge them: the same, but where a test says why not."""

import string
from pathlib import Path
from typing import Any

import idutils
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import isbn, issn
from stdnum.iso7064 import mod_11_2, mod_97_10

from app.kit.values.identifiers import normalise
from tests.yaml_files import read_yaml

SEEDS = Path(__file__).parents[2] / "seed_data"
BASE32 = "0123456789abcdefghjkmnpqrstvwxyz"
BODY = st.text(string.digits, min_size=7, max_size=7)
HYPHENS = st.lists(st.integers(1, 12), max_size=4, unique=True)
"""Where they stand: anywhere, as people write them."""


def accepted(scheme: str, value: str) -> bool:
    try:
        normalise(scheme, value)
    except ValueError:
        return False
    return True


def hyphenated(digits: str, places: list[int]) -> str:
    for place in sorted(places, reverse=True):
        digits = f"{digits[:place]}-{digits[place:]}"
    return digits


def seeded_identifiers() -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []

    def gather(value: Any) -> None:
        if isinstance(value, dict):
            if isinstance(value.get("scheme"), str) and isinstance(value.get("value"), str):
                found.append((value["scheme"], value["value"]))
            value = list(value.values())
        if isinstance(value, list):
            for each in value:
                gather(each)

    for path in sorted(SEEDS.glob("*.yaml")):
        gather(read_yaml(path))
    return sorted({each for each in found if each[0] in {"doi", "isbn", "issn", "orcid", "ror", "handle"}})


@pytest.mark.parametrize(("scheme", "value"), seeded_identifiers())
def test_identifiers_of_the_seed_data_are_valid_for_idutils_too(scheme: str, value: str) -> None:
    assert getattr(idutils, f"is_{scheme}")(value)
    theirs = getattr(idutils, f"normalize_{scheme}")(value)
    assert normalise(scheme, theirs) == normalise(scheme, value)


@given(st.text(string.digits, min_size=9, max_size=9), HYPHENS)
def test_an_isbn_of_ten_digits_becomes_the_same_thirteen(body: str, places: list[int]) -> None:
    [check] = [each for each in "0123456789X" if isbn.is_valid(body + each)]
    expected = isbn.compact(isbn.to_isbn13(body + check))
    assert normalise("isbn", hyphenated(body + check, places)) == expected
    assert not any(accepted("isbn", body + each) for each in "0123456789X" if each != check)


@given(st.sampled_from(["978", "979", "977", "123"]), st.text(string.digits, min_size=10, max_size=10), HYPHENS)
def test_an_isbn_of_thirteen_digits_is_one_for_all(prefix: str, digits: str, places: list[int]) -> None:
    whole = prefix + digits
    assert accepted("isbn", hyphenated(whole, places)) == isbn.is_valid(whole)


@given(BODY)
def test_an_issn_is_one_for_all(body: str) -> None:
    for check in "0123456789X":
        written = f"{body[:4]}-{body[4:]}{check}"
        assert accepted("issn", written) == issn.is_valid(written) == idutils.is_issn(written)
    valid = body + issn.calc_check_digit(body)
    assert normalise("issn", valid) == issn.format(valid) == idutils.normalize_issn(valid)


@given(st.integers(15_000_000, 34_999_999) | st.integers(900_000_000_000, 900_099_999_999))
def test_an_orcid_id_is_one_for_all(number: int) -> None:
    body = f"{number:015}"
    for check in "0123456789X":
        digits = body + check
        written = "-".join(digits[start : start + 4] for start in range(0, 16, 4))
        assert accepted("orcid", written) == idutils.is_orcid(written) == mod_11_2.is_valid(digits)
    valid = body + mod_11_2.calc_check_digit(body)
    assert normalise("orcid", valid) == idutils.normalize_orcid(valid)


def test_an_orcid_id_of_a_block_that_idutils_does_not_list_is_accepted() -> None:
    """On purpose: ORCID is given further blocks, and whoever has a new iD cannot wait for a release of ours."""
    assert not idutils.is_orcid("0000-0001-0000-0009")
    assert accepted("orcid", "0000-0001-0000-0009")


@given(st.text(BASE32, min_size=6, max_size=6), st.integers(0, 99))
def test_a_ror_identifier_has_the_check_digits_of_iso_7064(body: str, check: int) -> None:
    """On purpose more than idutils asks for, which looks at the letters alone."""
    number = 0
    for symbol in f"0{body}":
        number = number * 32 + BASE32.index(symbol)
    written = f"0{body}{check:02}"
    assert idutils.is_ror(written)
    assert accepted("ror", written) == (mod_97_10.is_valid(f"{number}{check:02}") and 2 <= check <= 98)
    if accepted("ror", written):
        assert normalise("ror", written) == f"https://ror.org/{idutils.normalize_ror(written)}"


DOI_SUFFIX = st.text(string.ascii_letters + string.digits + "-._;()/:<>[]+", min_size=1, max_size=30)


@given(st.integers(1000, 999_999_999), DOI_SUFFIX, st.sampled_from(["", "doi:", "https://doi.org/", "dx.doi.org/"]))
def test_a_doi_is_one_for_all(registrant: int, suffix: str, label: str) -> None:
    """Only ours are in lower case: two that differ in that alone are one DOI (ISO 26324)."""
    written = f"{label}10.{registrant}/{suffix}"
    assert idutils.is_doi(written)
    assert normalise("doi", written) == idutils.normalize_doi(written).lower()


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("10.1/x", "no registrant has a number of fewer than four digits"),
        ("10.1234/a b", "a space ends a DOI wherever one is pasted from"),
    ],
)
def test_a_doi_that_idutils_lets_through_is_refused(written: str, why: str) -> None:
    assert idutils.is_doi(written), why
    assert not accepted("doi", written), why


def test_a_query_after_a_doi_is_no_part_of_it() -> None:
    """On purpose: what a newsletter or a search engine hangs on is not of the DOI; idutils keeps it."""
    written = "https://doi.org/10.1093/bjsw/bcac183?utm_source=mail"
    assert idutils.normalize_doi(written).endswith("?utm_source=mail")
    assert normalise("doi", written) == "10.1093/bjsw/bcac183"


@pytest.mark.parametrize(("scheme", "written"), [("orcid", "0000 0002 1825 0097"), ("issn", "0045 3102")])
def test_spaces_within_are_refused_where_no_standard_writes_them(scheme: str, written: str) -> None:
    assert getattr(idutils, f"is_{scheme}")(written)
    assert not accepted(scheme, written)
