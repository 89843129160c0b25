import time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.kit.values.identifiers import MAX_LENGTH, SCHEMES, normalise, recognise, url_for

DOI = "10.1093/bjsw/bcac183"

SPELLINGS = [
    ("doi", DOI, DOI),
    ("doi", "10.1093/BJSW/bcac183", DOI),
    ("doi", "doi:10.1093/bjsw/bcac183", DOI),
    ("doi", "DOI: 10.1093/bjsw/bcac183", DOI),
    ("doi", "urn:doi:10.1093/bjsw/bcac183", DOI),
    ("doi", "info:doi/10.1093/bjsw/bcac183", DOI),
    ("doi", "https://doi.org/10.1093/bjsw/bcac183", DOI),
    ("doi", "HTTP://DX.DOI.ORG/10.1093/bjsw/bcac183", DOI),
    ("doi", "doi.org/10.1093/bjsw/bcac183", DOI),
    ("doi", "https://hdl.handle.net/10.1093/bjsw/bcac183", DOI),
    ("doi", "https://doi.org/10.1093%2Fbjsw%2Fbcac183?utm_source=mail#top", DOI),
    ("doi", "10.1093%2Fbjsw%2Fbcac183", DOI),
    ("doi", " 10.1093/bjsw/bcac183\n", DOI),
    ("doi", "10.1000/a%25b", "10.1000/a%25b"),
    ("doi", "https://doi.org/10.1000/a%25b", "10.1000/a%b"),
    ("doi", "10.1000.10/ÄB", "10.1000.10/Äb"),
    ("isbn", "978-1-4473-6725-3", "9781447367253"),
    ("isbn", "isbn:9781447367260", "9781447367260"),
    ("isbn", "ISBN-13: 978 1 4473 6727 7", "9781447367277"),
    ("isbn", "urn:isbn:978\u20111\u20114473\u20116725\u20113", "9781447367253"),
    ("isbn", "0-306-40615-2", "9780306406157"),
    ("isbn", "ISBN-10 0-8044-2957-x", "9780804429573"),
    ("isbn", "979-10-90636-07-1", "9791090636071"),
    ("issn", "0045-3102", "0045-3102"),
    ("issn", "ISSN 00453102", "0045-3102"),
    ("issn", "urn:issn:0317-8471", "0317-8471"),
    ("issn", "2434-561x", "2434-561X"),
    ("issn", "https://portal.issn.org/resource/ISSN/0045-3102", "0045-3102"),
    ("orcid", "0000-0002-1825-0097", "0000-0002-1825-0097"),
    ("orcid", "0000000218250097", "0000-0002-1825-0097"),
    ("orcid", "orcid:0000-0002-1825-0097", "0000-0002-1825-0097"),
    ("orcid", "https://orcid.org/0000-0002-1694-233x", "0000-0002-1694-233X"),
    ("orcid", "orcid.org/0000-0002-1694-233X/", "0000-0002-1694-233X"),
    ("ror", "https://ror.org/00ayhx656", "https://ror.org/00ayhx656"),
    ("ror", "ROR:00AYHX656", "https://ror.org/00ayhx656"),
    ("ror", "00ayhx656", "https://ror.org/00ayhx656"),
    ("eric", "EJ1474135", "EJ1474135"),
    ("eric", "ERIC number ej1474135", "EJ1474135"),
    ("eric", "https://eric.ed.gov/?id=EJ1474135", "EJ1474135"),
    ("wikidata", "Q42", "Q42"),
    ("wikidata", "wikidata: q42", "Q42"),
    ("wikidata", "https://www.wikidata.org/wiki/Q42#P31", "Q42"),
    ("wikidata", "http://www.wikidata.org/entity/Q42", "Q42"),
    ("handle", "hdl:20.500.12345/Name", "20.500.12345/Name"),
    ("handle", "https://hdl.handle.net/2027/mdp%2E39015", "2027/mdp.39015"),
    ("url", "HTTPS://Example.ORG:443/A%2fb?Q=%C3%A9&x=#part", "https://example.org/A%2fb?Q=%C3%A9&x="),
    ("url", "http://example.org", "http://example.org/"),
    ("url", "http://example.org?a=1", "http://example.org/?a=1"),
    ("url", "http://example.org./", "http://example.org/"),
    ("url", "https://example.org:8443/", "https://example.org:8443/"),
    ("url", "https://bücher.example/", "https://xn--bcher-kva.example/"),
    ("url", "https://faß.example/", "https://xn--fa-hia.example/"),
    ("url", "http://[2001:DB8::0:1]:80/", "http://[2001:db8::1]/"),
    ("url", "url:https://example.org/a", "https://example.org/a"),
]


@pytest.mark.parametrize(("scheme", "spelling", "canonical"), SPELLINGS)
def test_every_spelling_has_one_canonical_form(scheme: str, spelling: str, canonical: str) -> None:
    assert normalise(scheme, spelling) == canonical
    assert normalise(scheme, canonical) == canonical


def test_every_scheme_has_its_spellings_above() -> None:
    assert {scheme for scheme, _, _ in SPELLINGS} == set(SCHEMES)


@pytest.mark.parametrize(
    ("scheme", "value", "reason"),
    [
        ("doi", "10.1093", "a DOI is written as"),
        ("doi", "11.1093/x", "a DOI is written as"),
        ("doi", "10.1093/", "a DOI is written as"),
        ("doi", "10.1093/a b", "a DOI is written as"),
        ("doi", "https://example.org/10.1093/x", "a DOI is written as"),
        ("doi", "https://doi.org/10.1093/%FF", "percent-encoding is not UTF-8"),
        ("doi", "https://doi.org/10.1093/%00", "control characters"),
        ("doi", "10.1093/a\u200bb", "control characters"),
        ("isbn", "9781447367254", "check digit of the ISBN"),
        ("isbn", "0306406153", "check digit of the ISBN"),
        ("isbn", "9771447367253", "begin with 978 or 979"),
        ("isbn", "97814473672", "ten digits"),
        ("isbn", "٩٧٨١٤٤٧٣٦٧٢٥٣", "ten digits"),
        ("issn", "0045-3103", "check digit of the ISSN"),
        ("issn", "0045-310", "1234-567X"),
        ("orcid", "0000-0002-1825-0098", "check digit of the ORCID"),
        ("orcid", "0000-0002-1825-009", "sixteen digits"),
        ("ror", "00ayhx657", "check digits of the ROR"),
        ("ror", "00aylx656", "ROR identifier is a zero"),
        ("eric", "EX1474135", "an ERIC number"),
        ("wikidata", "P31", "Q and a number"),
        ("wikidata", "Q0", "Q and a number"),
        ("wikidata", "https://www.wikidata.org/wiki/Property:P31", "Q and a number"),
        ("handle", "and/or", "a handle is written as"),
        ("handle", DOI, "use the scheme doi"),
        ("url", "ftp://example.org/", "begins with http"),
        ("url", "javascript:alert(1)", "begins with http"),
        ("url", "https://example.org/a b", "no spaces"),
        ("url", "https://example.org/\ta", "control characters"),
        ("url", "https://example.org\\@evil.example/", "user name or a password"),
        ("url", "https://user:word@example.org/", "user name or a password"),
        ("url", "https://example.org/a\\b", "no spaces"),
        ("url", "https:///path", "no valid host"),
        ("url", "https://a..b/", "no valid host"),
        ("url", "https://-a.example/", "no valid host"),
        ("url", "https://exa%6Dple.org/", "no valid host"),
        ("url", "https://[::1/", "no valid host"),
        ("url", "https://[1::2::3]/", "no valid host"),
        ("url", "https://" + "a" * 64 + ".example/", "no valid host"),
        ("url", "https://" + "ä." * 200 + "example/", "no valid host"),
        ("url", "https://example.org:65536/", "no valid port"),
        ("url", "https://example.org:x/", "no valid host"),
        ("isan", "0", "unknown identifier scheme; known are doi, orcid, ror, isbn, issn, eric, wikidata, handle, url"),
        ("url", "https://example.org/" + "a" * MAX_LENGTH, "at most 2,048 characters"),
    ],
)
def test_what_is_invalid_is_refused_without_being_repeated(scheme: str, value: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as refusal:
        normalise(scheme, value)
    assert value not in str(refusal.value) or len(value) < 2
    assert not isinstance(refusal.value, UnicodeError)


@pytest.mark.parametrize(
    ("scheme", "value", "url"),
    [
        ("doi", DOI, f"https://doi.org/{DOI}"),
        ("doi", "10.1002/(sici)1<1::aid#?%>2", "https://doi.org/10.1002/(sici)1%3C1::aid%23%3F%25%3E2"),
        ("orcid", "0000-0002-1825-0097", "https://orcid.org/0000-0002-1825-0097"),
        ("ror", "https://ror.org/00ayhx656", "https://ror.org/00ayhx656"),
        ("isbn", "9781447367253", None),
        ("issn", "0045-3102", "https://portal.issn.org/resource/ISSN/0045-3102"),
        ("eric", "EJ1474135", "https://eric.ed.gov/?id=EJ1474135"),
        ("wikidata", "Q42", "http://www.wikidata.org/entity/Q42"),
        ("handle", "2027/a b", "https://hdl.handle.net/2027/a%20b"),
        ("url", "https://example.org/", "https://example.org/"),
    ],
)
def test_where_an_identifier_resolves(scheme: str, value: str, url: str | None) -> None:
    assert url_for(scheme, value) == url


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        (f"https://doi.org/{DOI}", [("doi", DOI), ("url", f"https://doi.org/{DOI}")]),
        (DOI, [("doi", DOI)]),
        ("isbn:9781447367253", [("isbn", "9781447367253")]),
        ("9781447367253", [("isbn", "9781447367253")]),
        ("0045-3102", [("issn", "0045-3102")]),
        ("https://orcid.org/0000-0002-1825-0097", [
            ("orcid", "0000-0002-1825-0097"),
            ("url", "https://orcid.org/0000-0002-1825-0097"),
        ]),
        ("2027/mdp.39015", [("handle", "2027/mdp.39015")]),
        ("innovation", []),
        ("", []),
        ("see 10.1093/bjsw/bcac183", []),
    ],
)  # fmt: skip
def test_a_text_is_recognised_most_specific_first(text: str, readings: list[tuple[str, str]]) -> None:
    assert recognise(text) == readings


SUFFIX = st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=40)


@given(SUFFIX)
def test_a_doi_survives_its_own_address(suffix: str) -> None:
    assume(suffix.isprintable())
    value = normalise("doi", f"10.1234/{suffix}")
    address = url_for("doi", value)
    assert address is not None
    assert normalise("doi", address) == value


@given(st.sampled_from(sorted(SCHEMES)), st.text(max_size=60))
def test_normalising_twice_changes_nothing_more(scheme: str, tail: str) -> None:
    for start in ("", "10.1234/", "2027/", "https://example.org", "https://doi.org/10.1234/"):
        readings = dict(recognise(start + tail))
        if scheme in readings:
            assert normalise(scheme, readings[scheme]) == readings[scheme]


@given(st.integers(0, 15), st.integers(1, 9))
def test_one_wrong_digit_is_always_found(place: int, step: int) -> None:
    digits = list("0000000218250097")
    digits[place] = str((int(digits[place]) + step) % 10)
    assert recognise("orcid:" + "".join(digits)) == []


@given(st.text(st.characters(codec="utf-8", exclude_characters="0123456789:"), max_size=40))
def test_without_a_digit_or_a_colon_nothing_is_an_identifier(text: str) -> None:
    for start in ("", "doi ", "doi.org/", "www.wikidata.org/wiki/", "%", "ED", "Q"):
        for scheme in SCHEMES:
            with pytest.raises(ValueError, match=" "):
                normalise(scheme, start + text)


@pytest.mark.parametrize("unit", ["10.", "1-", "10.1/", "isbn ", "https://", "%2F", "a.", "["])
def test_hostile_texts_cost_nothing(unit: str) -> None:
    text = (unit * MAX_LENGTH)[:MAX_LENGTH]
    start = time.process_time()
    recognise(text)
    assert time.process_time() - start < 1
