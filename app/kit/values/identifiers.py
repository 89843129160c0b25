"""Identifiers in any spelling, brought to the one form in which they can be compared.

Refusals are ValueErrors whose text never repeats the value. Every pattern runs in linear time.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import quote, unquote

from app.kit.host_names import to_ascii

MAX_LENGTH = 2048
_DISTINCTIVE = re.compile("[0-9:]")
"""Every identifier has a digit, but for URLs, which have a colon."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """A kind of identifier. `normalise` raises ValueError; `url_for` takes what `normalise` gave."""

    name: str
    normalise: Callable[[str], str]
    url_for: Callable[[str], str | None]


def normalise(scheme: str, value: str) -> str:
    """The canonical form of `value`; raises ValueError for an unknown scheme or an invalid identifier."""
    return _named(scheme).normalise(value)


def url_for(scheme: str, value: str) -> str | None:
    """Where a canonical `value` resolves to; None where the scheme has no resolver (ISBN)."""
    return _named(scheme).url_for(value)


def recognise(text: str) -> list[tuple[str, str]]:
    """Every (scheme, canonical value) that the whole of `text` can be read as, the most specific first."""
    readings: list[tuple[str, str]] = []
    if not _DISTINCTIVE.search(text):  # most searches
        return readings
    for scheme in SCHEMES.values():
        try:
            readings.append((scheme.name, scheme.normalise(text)))
        except ValueError:
            continue
    return readings


def _named(scheme: str) -> Scheme:
    if scheme not in SCHEMES:
        raise ValueError("unknown identifier scheme; known are " + ", ".join(SCHEMES))
    return SCHEMES[scheme]


def _printable(value: str) -> str:
    if len(value) > MAX_LENGTH:
        raise ValueError(f"an identifier has at most {MAX_LENGTH:,} characters")
    text = value.strip(" \t\r\n")
    if not text.isprintable():
        raise ValueError("an identifier must not contain control characters or invisible ones")
    return text


def _decoded(text: str) -> str:
    try:
        return _printable(unquote(text, errors="strict"))
    except UnicodeDecodeError:
        raise ValueError("the percent-encoding is not UTF-8") from None


def _path_after(address: re.Pattern[str], text: str) -> str | None:
    """What follows a resolver's address, up to its query or fragment; None if `text` is not there."""
    found = address.match(text)
    return re.split("[?#]", text[found.end() :], maxsplit=1)[0] if found else None


def _without(label: re.Pattern[str], text: str) -> str:
    found = label.match(text)
    return text[found.end() :] if found else text


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE | re.ASCII)


_ASCII_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
_DASHES = dict.fromkeys((*range(0x2010, 0x2015), 0x2212), "-")  # as pasted from word processors
_SAFE_IN_PATH = "/:;@!$&'()*+,="

# DOI: ISO 26324; upper and lower case ASCII letters are the same.

_DOI_ADDRESS = _pattern(r"(?:https?://)?(?:(?:dx\.|www\.)?doi\.org|hdl\.handle\.net)/(?:doi:)?")
_DOI_LABEL = _pattern(r"(?:urn:|info:)?doi[:/]? *")
_DOI = re.compile(r"10\.[0-9]{4,9}(?:\.[0-9]{1,9}){0,8}/\S+")


def _doi(value: str) -> str:
    text = _printable(value)
    path = _path_after(_DOI_ADDRESS, text)
    if path is not None:
        text = _decoded(path)
    else:
        text = _without(_DOI_LABEL, text)
        text = text if "/" in text else _decoded(text)
    if not _DOI.fullmatch(text):
        raise ValueError("a DOI is written as 10.1234/suffix")
    return text.translate(_ASCII_LOWER)


def _doi_url(value: str) -> str:
    return "https://doi.org/" + quote(value, safe=_SAFE_IN_PATH)


# ORCID: ISO 7064 MOD 11-2, as https://support.orcid.org describes the structure of the identifier.

_ORCID_ADDRESS = _pattern(r"(?:https?://)?(?:www\.)?orcid\.org/")
_ORCID_LABEL = _pattern(r"orcid(?: id)?[: ] *")
_ORCID = re.compile(r"(?:[0-9]{4}-?){3}[0-9]{3}[0-9X]")


def _orcid(value: str) -> str:
    text = _printable(value)
    path = _path_after(_ORCID_ADDRESS, text)
    text = _without(_ORCID_LABEL, text) if path is None else path.removesuffix("/")
    text = text.translate(_DASHES).upper()
    if not _ORCID.fullmatch(text):
        raise ValueError("an ORCID iD has sixteen digits, the last of which may be an X")
    digits = text.replace("-", "")
    total = 0
    for digit in digits[:15]:
        total = (total + int(digit)) * 2
    if (12 - total % 11) % 11 != _check_value(digits[15]):
        raise ValueError("the check digit of the ORCID iD is wrong")
    return "-".join(digits[start : start + 4] for start in range(0, 16, 4))


def _check_value(digit: str) -> int:
    return 10 if digit == "X" else int(digit)


# ROR: Crockford's base 32 with two check digits, ISO 7064 MOD 97-10.

_ROR_ADDRESS = _pattern(r"(?:https?://)?(?:www\.)?ror\.org/")
_ROR_LABEL = _pattern(r"ror(?: id)?[: ] *")
_ROR = re.compile(r"0[0-9a-hjkmnp-tv-z]{6}[0-9]{2}")
_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"


def _ror(value: str) -> str:
    text = _printable(value)
    path = _path_after(_ROR_ADDRESS, text)
    text = _without(_ROR_LABEL, text) if path is None else path.removesuffix("/")
    text = text.translate(_ASCII_LOWER)
    if not _ROR.fullmatch(text):
        raise ValueError("a ROR identifier is a zero, six letters or digits, and two check digits")
    number = 0
    for symbol in text[:7]:
        number = number * 32 + _CROCKFORD.index(symbol)
    if 98 - number * 100 % 97 != int(text[7:]):
        raise ValueError("the check digits of the ROR identifier are wrong")
    return "https://ror.org/" + text


# ISBN: ISO 2108. The older ten digits become thirteen.

_ISBN_LABEL = _pattern(r"(?:urn:)?isbn(?:-?1[03](?=[: ]))?:? *")
_ISBN10 = re.compile(r"[0-9]{9}[0-9X]")
_ISBN13 = re.compile(r"97[89][0-9]{10}")


def _isbn(value: str) -> str:
    text = _without(_ISBN_LABEL, _printable(value)).translate(_DASHES).upper()
    digits = text.replace("-", "").replace(" ", "")
    if _ISBN10.fullmatch(digits):
        if _weighted(digits) % 11:
            raise ValueError("the check digit of the ISBN is wrong")
        stem = "978" + digits[:9]
        return stem + _isbn13_check(stem)
    if not _ISBN13.fullmatch(digits):
        raise ValueError("an ISBN has ten digits, or thirteen that begin with 978 or 979")
    if digits[12] != _isbn13_check(digits[:12]):
        raise ValueError("the check digit of the ISBN is wrong")
    return digits


def _weighted(digits: str) -> int:
    """The sum of the digits, the last one counted once, the one before it twice, and so on."""
    return sum(weight * _check_value(digit) for weight, digit in enumerate(reversed(digits), start=1))


def _isbn13_check(stem: str) -> str:
    return str(-sum(int(digit) * weight for digit, weight in zip(stem, (1, 3) * 6, strict=True)) % 10)


# ISSN: ISO 3297.

_ISSN_ADDRESS = _pattern(r"(?:https?://)?portal\.issn\.org/resource/issn/")
_ISSN_LABEL = _pattern(r"(?:urn:)?issn:? *")
_ISSN = re.compile(r"[0-9]{4}-?[0-9]{3}[0-9X]")


def _issn(value: str) -> str:
    text = _printable(value)
    path = _path_after(_ISSN_ADDRESS, text)
    text = _without(_ISSN_LABEL, text) if path is None else path.removesuffix("/")
    text = text.translate(_DASHES).upper()
    if not _ISSN.fullmatch(text):
        raise ValueError("an ISSN is written as 1234-567X")
    digits = text.replace("-", "")
    if _weighted(digits) % 11:
        raise ValueError("the check digit of the ISSN is wrong")
    return f"{digits[:4]}-{digits[4:]}"


# ERIC: journal articles (EJ) and other documents (ED) of the Education Resources Information Center.

_ERIC_LABEL = _pattern(r"https?://(?:www\.)?eric\.ed\.gov/\?id=|eric(?: number)?[: ] *")
_ERIC = re.compile(r"E[DJ][0-9]{6,7}")


def _eric(value: str) -> str:
    text = _without(_ERIC_LABEL, _printable(value)).translate(_ASCII_LOWER).upper()
    if not _ERIC.fullmatch(text):
        raise ValueError("an ERIC number is EJ or ED and six or seven digits")
    return text


# Handle: RFC 3650. Only the naming authority is known to ignore case, and it is made of digits here.

_HANDLE_ADDRESS = _pattern(r"(?:https?://)?hdl\.handle\.net/")
_HANDLE_LABEL = _pattern(r"info:hdl/|(?:hdl|handle)[: ] *")
_HANDLE = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9}){0,8}/\S+")


def _handle(value: str) -> str:
    text = _printable(value)
    path = _path_after(_HANDLE_ADDRESS, text)
    text = _without(_HANDLE_LABEL, text) if path is None else _decoded(path)
    if not _HANDLE.fullmatch(text):
        raise ValueError("a handle is written as 20.500.12345/name")
    if text.startswith("10."):
        raise ValueError("this handle is a DOI: use the scheme doi")
    return text


def _handle_url(value: str) -> str:
    return "https://hdl.handle.net/" + quote(value, safe=_SAFE_IN_PATH)


# URL: RFC 3986, section 6.2; path and query stay as they were written.

_URL_LABEL = _pattern(r"ur[li]: *")
_URL = _pattern(r'(https?)://([^/?#]*)([^#\s\\<>"]*)(?:#[^\s]*)?')
_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:@\[\]]+)(?::([0-9]{0,5}))?")
_HOST = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def _url(value: str) -> str:
    found = _URL.fullmatch(_without(_URL_LABEL, _printable(value)))
    if not found:
        raise ValueError("a URL begins with http:// or https:// and contains no spaces")
    scheme, authority, rest = found[1].lower(), found[2], found[3]
    if "@" in authority:
        raise ValueError("a URL must not contain a user name or a password")
    host = _AUTHORITY.fullmatch(authority)
    if not host:
        raise ValueError("the URL has no valid host")
    port = int(host[2] or _DEFAULT_PORTS[scheme])
    if port > 65535:
        raise ValueError("the URL has no valid port")
    place = "" if port == _DEFAULT_PORTS[scheme] else f":{port}"
    return f"{scheme}://{_host(host[1])}{place}{rest if rest.startswith('/') else '/' + rest}"


def _host(text: str) -> str:
    """Lower case; an internationalised name as A-labels (RFC 5891); an IPv6 address in its shortest form."""
    try:
        if text.startswith("["):
            return f"[{ipaddress.IPv6Address(text[1:-1]).compressed}]"
        name = to_ascii(text.removesuffix("."))
    except ValueError:
        raise ValueError("the URL has no valid host") from None
    if len(name) > 253 or not _HOST.fullmatch(name):
        raise ValueError("the URL has no valid host")
    return name


# Wikidata: an item; the address is that by which RDF names it (mediawiki.org/wiki/Wikibase/Indexing/RDF_Dump_Format).

_WIKIDATA_ADDRESS = _pattern(r"(?:https?://)?(?:www\.|m\.)?wikidata\.org/(?:wiki|entity)/(?:item:)?")
_WIKIDATA_LABEL = _pattern(r"wikidata[: ] *")
_WIKIDATA = re.compile(r"Q[1-9][0-9]{0,11}")


def _wikidata(value: str) -> str:
    text = _printable(value)
    path = _path_after(_WIKIDATA_ADDRESS, text)
    text = (_without(_WIKIDATA_LABEL, text) if path is None else path).upper()
    if not _WIKIDATA.fullmatch(text):
        raise ValueError("an item of Wikidata is written as Q and a number")
    return text


SCHEMES: Mapping[str, Scheme] = MappingProxyType(
    {
        scheme.name: scheme
        for scheme in (
            Scheme("doi", _doi, _doi_url),
            Scheme("orcid", _orcid, lambda value: f"https://orcid.org/{value}"),
            Scheme("ror", _ror, lambda value: value),
            Scheme("isbn", _isbn, lambda value: None),
            Scheme("issn", _issn, lambda value: f"https://portal.issn.org/resource/ISSN/{value}"),
            Scheme("eric", _eric, lambda value: f"https://eric.ed.gov/?id={value}"),
            Scheme("wikidata", _wikidata, lambda value: f"http://www.wikidata.org/entity/{value}"),
            Scheme("handle", _handle, _handle_url),
            Scheme("url", _url, lambda value: value),
        )
    }
)
