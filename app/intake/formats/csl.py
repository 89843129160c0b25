"""CSL-JSON (schema `csl-data.json` of CSL 1.0.2), and the dialect that Crossref gives by that name."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO, Final, get_args

from app.exports.record import CslRole, Name
from app.intake.formats import datacite
from app.intake.formats.json_items import (
    EMPTY,
    JsonItem,
    affiliations,
    legacy_warning,
    objects,
    read_items,
    texts,
    to_text,
)
from app.intake.records.item_types import CROSSREF
from app.intake.records.parsed_record import (
    CreditedName,
    ParsedItem,
    ParsedRecord,
    RejectedRecord,
    isbns_in,
    licence_of,
    set_item_type,
    within_bounds,
)
from app.kit.json_types import JsonMapping, JsonObject
from app.kit.text.characters import single_line
from app.kit.values.identifiers import normalise
from app.kit.values.partial_dates import PartialDate

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
IGNORED_MEMBERS: Final = frozenset(
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


def read(stream: BinaryIO) -> Iterator[ParsedItem]:
    """Every object of the text; one that wraps others (`items`, `message`, `data`) is opened."""
    for item in read_items(stream):
        if isinstance(item, RejectedRecord):
            yield item
            continue
        for value in _unwrapped(item.value):
            yield parse_item(JsonItem(item.line, value, item.legacy))


def _unwrapped(value: JsonObject) -> list[JsonObject]:
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
def parse_item(item: JsonItem) -> ParsedItem:
    if "creators" in item.value or "titles" in item.value:
        return datacite.parse_item(item)
    parsed = ParsedRecord(item.line)
    if item.legacy:
        parsed.warn(legacy_warning())
    for key, value in item.value.items():
        if value not in EMPTY:
            _take(parsed, key, value)
    _title(parsed, item.value)
    for key in _OTHER_DATES:
        if key in item.value and "issued" not in parsed.values:
            _date(parsed, item.value[key], key)
    _two_dates(parsed, item.value)
    if not parsed.values.get("title"):
        return RejectedRecord(item.line, "The record has no title.")
    return parsed


def _take(parsed: ParsedRecord, key: str, value: object) -> None:
    if key in _SPECIAL:
        _SPECIAL[key](parsed, value, key)
    elif key in _DATES:
        _date(parsed, value, key)
    elif key in _NAMES:
        _names(parsed, value, key)
    elif key in _TEXT:
        for position, text in enumerate(texts(parsed, value, key)):
            if position and key == "container-title":
                parsed.note(key, text)
            else:
                parsed.set_field(_TEXT[key], text, key)
    elif key not in _HANDLED and key not in IGNORED_MEMBERS:
        parsed.note(key, to_text(value))


def _title(parsed: ParsedRecord, value: JsonMapping) -> None:
    main = texts(parsed, value.get("title"), "title")
    under = texts(parsed, value.get("subtitle"), "subtitle")
    if main and under and under[0].strip() and under[0].lower() not in main[0].lower():
        parsed.set_field("title", f"{main[0]}: {under[0]}", "title, subtitle")
    elif main:
        parsed.set_field("title", main[0], "title")
    for text in main[1:]:
        parsed.note("title", text)
    for text in under[0 if not main else 1 :]:
        parsed.note("subtitle", text)


def _kind(parsed: ParsedRecord, value: object, key: str) -> None:
    set_item_type(parsed, str(value), CROSSREF, key)


def _date(parsed: ParsedRecord, value: object, key: str) -> None:
    target = _DATES.get(key, "issued")
    if not isinstance(value, Mapping):
        parsed.set_field(target, value, key)
        return
    parts = value.get("date-parts")
    dates = [_partial_date(part) for part in parts] if isinstance(parts, list) else []
    if dates and dates[0]:
        parsed.set_field(target, dates[0], key)
        if len(dates) == 2 and dates[1] and target == "event_date":
            parsed.set_field("end", dates[1], key)
        elif len(dates) > 1:
            parsed.warn(f"{key}: this is a range; its first date is used.")
            parsed.note(key, to_text(parts))
    elif text := value.get("raw") or value.get("literal"):
        parsed.set_field(target, text, key)
    else:
        parsed.note(key, to_text({name: inner for name, inner in value.items() if inner not in EMPTY}))
    for also in ("season", "circa"):
        if value.get(also):
            parsed.note(f"{key} {also}", value[also])


def _two_dates(parsed: ParsedRecord, value: JsonMapping) -> None:
    """What was available before it was issued was first public then, and is in an issue of that later date; Crossref
    gives the earlier of the two, and that of the issue as the one in print."""
    issued = parsed.values.get("issued")
    if not isinstance(issued, PartialDate):
        return
    available, printed = (_first_date(value.get(key)) for key in ("available-date", "published-print"))
    if _is_earlier(available, issued.text):
        parsed.set_field("cover_date", parsed.values.pop("issued").text, "issued")
        parsed.set_field("issued", available, "available-date")
    elif value.get("issue") and _is_earlier(issued.text, printed):
        parsed.set_field("cover_date", printed, "published-print")


def _is_earlier(one: str, other: str) -> bool:
    """As far as both are known."""
    known = min(len(one), len(other))
    return one[:known] < other[:known]


def _first_date(value: object) -> str:
    """Empty where it is none."""
    parts = value.get("date-parts") if isinstance(value, Mapping) else None
    try:
        return PartialDate(_partial_date(parts[0])).text if isinstance(parts, list) and parts else ""
    except ValueError:
        return ""


def _partial_date(parts: object) -> str:
    """Year, month and day, as many as there are; empty where there is none."""
    numbers = [str(part) for part in parts if part not in (None, "")] if isinstance(parts, list) else []
    return "-".join(part.zfill(2 if position else 4) for position, part in enumerate(numbers))


_NAMES: Final[Mapping[str, CslRole]] = {role: role for role in get_args(CslRole)}


def _names(parsed: ParsedRecord, value: object, key: str) -> None:
    for given in value if isinstance(value, list) else [value]:
        if not isinstance(given, Mapping) or (credit := _credit(given, _NAMES[key])) is None:
            parsed.warn(f"{key}: a name cannot be read; it is kept in the notes.")
            parsed.note(key, to_text(given))
            continue
        parsed.credit(credit, key)
        affiliations(parsed, given.get("affiliation"), credit.name.inverted)
        if given.get("ORCID") and credit.orcid is None:
            parsed.note(f"ORCID of {credit.name.inverted}", to_text(given["ORCID"]))


def _credit(given: JsonMapping, role: CslRole) -> CreditedName | None:
    family, first, literal = (single_line(str(given.get(part) or "")) for part in ("family", "given", "literal"))
    literal = literal or single_line(str(given.get("name") or ""))
    family = " ".join(part for part in (str(given.get("non-dropping-particle") or ""), family) if part)
    first = " ".join(part for part in (first, str(given.get("dropping-particle") or "")) if part)
    if family:
        suffix = single_line(str(given.get("suffix") or "")) or None
        return CreditedName(Name(family=family, given=first or None, role=role), orcid=_orcid(given), suffix=suffix)
    return CreditedName(Name(literal=literal or first, role=role)) if literal or first else None


def _orcid(given: JsonMapping) -> str | None:
    try:
        return normalise("orcid", str(given.get("ORCID") or given.get("orcid") or ""))
    except ValueError:
        return None


def _isbn(parsed: ParsedRecord, value: object, key: str) -> None:
    for text in texts(parsed, value, key):
        parsed.add_values("isbns", isbns_in(text), key)


def _issn(parsed: ParsedRecord, value: object, key: str) -> None:
    for text in texts(parsed, value, key):
        for part in re.split(r"[,;\s]+", text):
            parsed.set_field("issn", part, key)


def _url(parsed: ParsedRecord, value: object, key: str) -> None:
    for text in texts(parsed, value, key):
        parsed.link(text, key)


def _keywords(parsed: ParsedRecord, value: object, key: str) -> None:
    for text in texts(parsed, value, key):
        parts = [text] if isinstance(value, list) else text.split(";" if ";" in text else ",")
        parsed.add_values("keywords", parts, key)


def _custom(parsed: ParsedRecord, value: object, key: str) -> None:
    """Our own export's extra members; anybody else's are notes."""
    if not isinstance(value, Mapping):
        parsed.note(key, to_text(value))
        return
    for name, inner in value.items():
        if name in ("licence", "licence_url"):
            parsed.set_field("licence_id" if name == "licence" else name, inner, f"custom/{name}")
        elif name in ("access", "updated_at"):
            parsed.set_field(name, inner, f"custom/{name}")
        else:
            parsed.note(f"custom/{name}", to_text(inner))


_LICENCE: Final = "URL start delay-in-days content-version"


def _licence(parsed: ParsedRecord, value: object, key: str) -> None:
    """Crossref: of several licences the first of the version of record that has a name."""
    ordered = sorted(objects(parsed, value, key, _LICENCE), key=lambda each: each.get("content-version") != "vor")
    for each in ordered:
        url = to_text(each.get("URL") or "")
        named = licence_of(url)
        if named and "licence_id" not in parsed.values:
            parsed.set_field("licence_id", named, key)
            parsed.set_field("licence_url", url, key)
        else:
            parsed.note(key, url)


def _funder(parsed: ParsedRecord, value: object, key: str) -> None:
    for each in objects(parsed, value, key, "name award doi-asserted-by"):
        awards = ", ".join(texts(parsed, each.get("award"), key))
        parsed.note(key, f"{to_text(each.get('name') or '')} {awards}")


_SPECIAL: Final[Mapping[str, Callable[[ParsedRecord, object, str], None]]] = {
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
