"""CSL-JSON (schema `csl-data.json` of CSL 1.0.2), and the dialect that Crossref gives by that name."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO, Final, get_args

from app.exports.record import Name, Role
from app.exports.text import one_line
from app.intake import datacite
from app.intake.json_items import EMPTY, Item, affiliations, items, legacy_warning, objects, shown, texts
from app.intake.reading import Credit, Found, Reading, Refusal, isbns_in, licence_of, typed, within_bounds
from app.intake.types import CROSSREF
from app.kit.identifiers import normalise

_TEXT: Final[Mapping[str, str]] = {
    "id": "id", "container-title": "container_title", "collection-title": "collection_title", "volume": "volume",
    "issue": "issue", "page": "pages", "number": "number", "article-number": "number", "edition": "edition",
    "edition-number": "edition", "publisher": "publisher", "publisher-place": "publisher_place",
    "publisher-location": "publisher_place", "DOI": "doi", "abstract": "abstract", "language": "language",
    "genre": "genre", "medium": "medium", "dimensions": "duration", "event-title": "event_title",
    "event": "event_title", "event-place": "event_place", "note": "note",
}  # fmt: skip
_DATES: Final[Mapping[str, str]] = {"issued": "issued", "event-date": "event_date"}
_OTHER_DATES: Final = ("published", "published-online", "published-print", "original-date", "available-date")
BOOKKEEPING: Final = frozenset(
    {
        "indexed",
        "reference-count",
        "content-domain",
        "created",
        "is-referenced-by-count",
        "prefix",
        "member",
        "reference",
        "deposited",
        "score",
        "resource",
        "references-count",
        "journal-issue",
        "short-container-title",
        "assertion",
        "issn-type",
        "isbn-type",
        "update-policy",
        "link",
    }
)
"""What Crossref knows of its own record and of the works that this one cites, beside what the work is."""


def read(stream: BinaryIO) -> Iterator[Found]:
    """Every object of the text; one that wraps others (`items`, `message`, `data`) is opened."""
    for item in items(stream):
        if isinstance(item, Refusal):
            yield item
            continue
        for value in _unwrapped(item.value):
            yield reading_of(Item(item.line, value, item.legacy))


def _unwrapped(value: dict[str, Any]) -> list[dict[str, Any]]:
    """What Crossref's and DataCite's services and Zotero put around a work."""
    for key in ("message", "data", "items", "attributes"):
        inner = value.get(key)
        if "title" in value or "titles" in value or inner is None:
            continue
        if isinstance(inner, dict):
            return _unwrapped(inner)
        if isinstance(inner, list):
            return [each for part in inner if isinstance(part, dict) for each in _unwrapped(part)]
    return [value]


@within_bounds
def reading_of(item: Item) -> Found:
    if "creators" in item.value or "titles" in item.value:
        return datacite.reading_of(item)
    reading = Reading(item.line)
    if item.legacy:
        reading.warn(legacy_warning())
    for key, value in item.value.items():
        if value not in EMPTY:
            _take(reading, key, value)
    _title(reading, item.value)
    for key in _OTHER_DATES:
        if key in item.value and "issued" not in reading.values:
            _date(reading, item.value[key], key)
    if not reading.values.get("title"):
        return Refusal(item.line, "The record has no title.")
    return reading


def _take(reading: Reading, key: str, value: Any) -> None:
    if key in _SPECIAL:
        _SPECIAL[key](reading, value, key)
    elif key in _DATES:
        _date(reading, value, key)
    elif key in _NAMES:
        _names(reading, value, key)
    elif key in _TEXT:
        for place, text in enumerate(texts(reading, value, key)):
            if place and key == "container-title":
                reading.note(key, text)
            else:
                reading.take(_TEXT[key], text, key)
    elif key not in _HANDLED and key not in BOOKKEEPING:
        reading.note(key, shown(value))


def _title(reading: Reading, value: Mapping[str, Any]) -> None:
    main = texts(reading, value.get("title"), "title")
    under = texts(reading, value.get("subtitle"), "subtitle")
    if main and under and under[0].strip() and under[0].lower() not in main[0].lower():
        reading.take("title", f"{main[0]}: {under[0]}", "title, subtitle")
    elif main:
        reading.take("title", main[0], "title")
    for text in main[1:]:
        reading.note("title", text)
    for text in under[0 if not main else 1 :]:
        reading.note("subtitle", text)


def _kind(reading: Reading, value: Any, key: str) -> None:
    typed(reading, str(value), CROSSREF, key)


def _date(reading: Reading, value: Any, key: str) -> None:
    target = _DATES.get(key, "issued")
    if not isinstance(value, Mapping):
        reading.take(target, value, key)
        return
    parts = value.get("date-parts")
    begins = parts[0] if isinstance(parts, list) and parts and isinstance(parts[0], list) else []
    numbers = [str(part) for part in begins if part not in (None, "")]
    if numbers:
        reading.take(target, "-".join(part.zfill(4 if not place else 2) for place, part in enumerate(numbers)), key)
        if isinstance(parts, list) and len(parts) > 1:
            reading.warn(f"{key}: this is a range; its first date is taken.")
            reading.note(key, shown(parts))
    elif text := value.get("raw") or value.get("literal"):
        reading.take(target, text, key)
    else:
        reading.note(key, shown({name: inner for name, inner in value.items() if inner not in EMPTY}))
    for also in ("season", "circa"):
        if value.get(also):
            reading.note(f"{key} {also}", value[also])


_NAMES: Final[Mapping[str, Role]] = {role: role for role in get_args(Role)}


def _names(reading: Reading, value: Any, key: str) -> None:
    for given in value if isinstance(value, list) else [value]:
        credit = _credit(given, _NAMES[key]) if isinstance(given, Mapping) else None
        if credit is None:
            reading.warn(f"{key}: a name cannot be read; it is kept in the notes.")
            reading.note(key, shown(given))
            continue
        reading.credit(credit, key)
        affiliations(reading, given.get("affiliation"), credit.name.inverted)
        if given.get("ORCID") and credit.orcid is None:
            reading.note(f"ORCID of {credit.name.inverted}", shown(given["ORCID"]))


def _credit(given: Mapping[str, Any], role: Role) -> Credit | None:
    family, first, literal = (one_line(str(given.get(part) or "")) for part in ("family", "given", "literal"))
    literal = literal or one_line(str(given.get("name") or ""))
    family = " ".join(part for part in (str(given.get("non-dropping-particle") or ""), family) if part)
    first = " ".join(part for part in (first, str(given.get("dropping-particle") or "")) if part)
    if family:
        suffix = one_line(str(given.get("suffix") or "")) or None
        return Credit(Name(family=family, given=first or None, role=role), orcid=_orcid(given), suffix=suffix)
    return Credit(Name(literal=literal or first, role=role)) if literal or first else None


def _orcid(given: Mapping[str, Any]) -> str | None:
    try:
        return normalise("orcid", str(given.get("ORCID") or given.get("orcid") or ""))
    except ValueError:
        return None


def _isbn(reading: Reading, value: Any, key: str) -> None:
    for text in texts(reading, value, key):
        reading.extend("isbns", isbns_in(text), key)


def _issn(reading: Reading, value: Any, key: str) -> None:
    for text in texts(reading, value, key):
        for part in re.split(r"[,;\s]+", text):
            reading.take("issn", part, key)


def _url(reading: Reading, value: Any, key: str) -> None:
    for text in texts(reading, value, key):
        reading.link(text, key)


def _keywords(reading: Reading, value: Any, key: str) -> None:
    for text in texts(reading, value, key):
        parts = [text] if isinstance(value, list) else text.split(";" if ";" in text else ",")
        reading.extend("keywords", parts, key)


def _custom(reading: Reading, value: Any, key: str) -> None:
    """Our own export's extra members; anybody else's are notes."""
    if not isinstance(value, Mapping):
        reading.note(key, shown(value))
        return
    for name, inner in value.items():
        if name in ("licence", "licence_url"):
            reading.take("licence_id" if name == "licence" else name, inner, f"custom/{name}")
        elif name == "updated_at":
            reading.take(name, inner, f"custom/{name}")
        else:
            reading.note(f"custom/{name}", shown(inner))


_LICENCE: Final = "URL start delay-in-days content-version"


def _licence(reading: Reading, value: Any, key: str) -> None:
    """Crossref: of several licences the first of the version of record that has a name."""
    ordered = sorted(objects(reading, value, key, _LICENCE), key=lambda each: each.get("content-version") != "vor")
    for each in ordered:
        url = shown(each.get("URL") or "")
        named = licence_of(url)
        if named and "licence_id" not in reading.values:
            reading.take("licence_id", named, key)
            reading.take("licence_url", url, key)
        else:
            reading.note(key, url)


def _funder(reading: Reading, value: Any, key: str) -> None:
    for each in objects(reading, value, key, "name award doi-asserted-by"):
        awards = ", ".join(texts(reading, each.get("award"), key))
        reading.note(key, f"{shown(each.get('name') or '')} {awards}")


_SPECIAL: Final[Mapping[str, Callable[[Reading, Any, str], None]]] = {
    "type": _kind,
    "ISBN": _isbn,
    "ISSN": _issn,
    "URL": _url,
    "keyword": _keywords,
    "subject": _keywords,
    "custom": _custom,
    "license": _licence,
    "funder": _funder,
}
_HANDLED: Final = frozenset({"title", "subtitle", *_OTHER_DATES})
