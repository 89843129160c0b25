"""RIS: tagged lines, from programs that each keep to it in their own way."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO, Final

from app.exports.record import CslRole
from app.intake.formats.encodings import LEGACY, DecodedLine, lines
from app.intake.records.item_types import RIS
from app.intake.records.names import NO_COMMA_WARNING, parse_inverted_name
from app.intake.records.parsed_record import (
    MAX_RECORD_LENGTH,
    ParsedItem,
    ParsedRecord,
    RejectedRecord,
    set_item_type,
    within_bounds,
)
from app.kit.values.durations import duration

_TAGGED = re.compile(r"\s*([A-Z][A-Z0-9])\s{1,2}-(?:\s+(.*)|)", re.DOTALL)
_PREAMBLE = re.compile(r"(?:Provider|Database|Content|Source|Export(?:ed)?\b[^:]*+)\s*+:.*|[0-9]{1,9}\.", re.IGNORECASE)
"""What programs write between records: where they come from, which number each has."""
_DURATION = re.compile(r"Duration: (\S+)")
_LICENCE = re.compile(r"Licence: ?([A-Za-z0-9][A-Za-z0-9.+-]*)? ?(https?://\S+)?")

TaggedLines = list[tuple[str, str]]

_PLAIN: Final[Mapping[str, str]] = {
    "ID": "id", "TI": "title", "T1": "title", "CT": "title", "T3": "collection_title", "VL": "volume", "IS": "issue",
    "CP": "issue", "C7": "number", "M1": "number", "ET": "edition", "PB": "publisher", "CY": "publisher_place",
    "PP": "publisher_place", "DO": "doi", "DI": "doi", "M3": "genre", "LA": "language", "AB": "abstract",
    "N2": "abstract",
}  # fmt: skip
_CONTAINERS: Final = ("T2", "JF", "JO", "BT", "JA", "J2", "J1")
_ROLES: Final[Mapping[str, CslRole]] = {
    "AU": "author", "A1": "author", "A2": "editor", "ED": "editor", "A3": "collection-editor", "A4": "contributor",
    "TA": "translator",
}  # fmt: skip


def read(stream: BinaryIO) -> Iterator[ParsedItem]:
    """Every record; one that is not closed ends where the next begins."""
    pending: list[tuple[str, list[str]]] = []
    begun, size, legacy = 0, 0, False
    for line in lines(stream):
        tag, text = _tagged(line)
        if tag == "ER" or (tag == "TY" and pending):
            if pending:
                yield _reading(pending, begun, closed=tag == "ER", legacy=legacy)
            pending, size, legacy = [], 0, False
            if tag == "ER":
                continue
        if not pending and tag is None:
            if text.strip() and not _PREAMBLE.fullmatch(text.strip()):
                yield RejectedRecord(line.number, "This line belongs to no record.")
            continue
        if not pending:
            begun = line.number
        size += len(text) + 1
        legacy = legacy or line.legacy
        if size > MAX_RECORD_LENGTH or line.cut:
            yield RejectedRecord(begun, f"The record is longer than {MAX_RECORD_LENGTH} characters.")
            pending, size = [], 0
        elif tag is not None:
            pending.append((tag, [text]))
        else:
            pending[-1][1].append(text)
    if pending:
        yield _reading(pending, begun, closed=False, legacy=legacy)


def _tagged(line: DecodedLine) -> tuple[str | None, str]:
    found = _TAGGED.fullmatch(line.text)
    return (found[1], found[2] or "") if found else (None, line.text)


@within_bounds
def _reading(pending: list[tuple[str, list[str]]], line: int, *, closed: bool, legacy: bool) -> ParsedItem:
    parsed = ParsedRecord(line)
    pairs = [(tag, "\n".join(parts).strip()) for tag, parts in pending]
    if not closed:
        parsed.warn("The record is not closed (ER): it is assumed to end where the next begins.")
    if legacy:
        parsed.warn(f"The text is not UTF-8; it was read as {LEGACY}.")
    _fill(parsed, [(tag, text) for tag, text in pairs if text])
    if not parsed.values.get("title"):
        return RejectedRecord(line, "The record has no title (TI).")
    return parsed


def _fill(parsed: ParsedRecord, pairs: TaggedLines) -> None:
    kinds = [text for tag, text in pairs if tag == "TY"]
    if kinds:
        set_item_type(parsed, kinds[0], RIS, "TY")
    else:
        parsed.warn("The record has no type (TY).")
    _names(parsed, pairs)
    _dates(parsed, pairs)
    _pages(parsed, pairs)
    for tag in _CONTAINERS:
        for text in _all(pairs, tag):
            parsed.set_field("container_title", text, tag)
    for tag, text in pairs:
        if tag in _PLAIN:
            parsed.set_field(_PLAIN[tag], text, tag)
        elif tag in _SPECIAL:
            _SPECIAL[tag](parsed, text, tag)
        elif tag not in _DONE:
            parsed.note(tag, text)


def _all(pairs: TaggedLines, *tags: str) -> list[str]:
    return [text for tag, text in pairs if tag in tags]


def _names(parsed: ParsedRecord, pairs: TaggedLines) -> None:
    for tag, text in pairs:
        credit = parse_inverted_name(text, _ROLES[tag]) if tag in _ROLES else None
        if credit is None:
            continue
        if credit.whole:
            parsed.warn(f"{tag}: {NO_COMMA_WARNING}")
        parsed.credit(credit, tag)


def _dates(parsed: ParsedRecord, pairs: TaggedLines) -> None:
    """The year alone in PY, the whole date in DA or Y1: the more exact one, where they agree."""
    years = _all(pairs, "PY")
    exact = frozenset(_all(pairs, "DA"))
    dates = [*dict.fromkeys(_all(pairs, "DA", "Y1"))]
    for text in dates:
        if not years or text.startswith(years[0][:4]):
            parsed.set_field("issued", text, "DA" if text in exact else "Y1")
    for text in years:
        known = parsed.values.get("issued")
        if known is None or not known.text.startswith(text[:4]):
            parsed.set_field("issued", text, "PY")
    for text in dates:
        if years and not text.startswith(years[0][:4]):
            parsed.set_field("issued", text, "DA")


def _pages(parsed: ParsedRecord, pairs: TaggedLines) -> None:
    first, last = _all(pairs, "SP"), _all(pairs, "EP")
    if first and last and first[0] != last[0] and "-" not in first[0]:
        parsed.set_field("pages", f"{first[0]}-{last[0]}", "SP, EP")
    elif first or last:
        parsed.set_field("pages", (first or last)[0], "SP" if first else "EP")
    for text in (*first[1:], *last[1:]):
        parsed.note("SP", text)


def _number(parsed: ParsedRecord, text: str, tag: str) -> None:
    for part in re.split(r"[;,\n]|(?<=\))\s|\s(?=97[89])", text):
        number = re.sub(r"\((?:print|online|electronic|hbk|pbk|ebook)\w*\)", "", part, flags=re.IGNORECASE).strip()
        if number:
            parsed.serial(number, tag)


def _addresses(parsed: ParsedRecord, text: str, tag: str) -> None:
    for part in re.split(r"(?<![;\s])[;\s]++(?=https?://)|\s+", text):
        if part.strip("; "):
            parsed.link(part.strip("; "), tag)


def _keywords(parsed: ParsedRecord, text: str, tag: str) -> None:
    parsed.add_values("keywords", text.split("\n"), tag)


def _remark(parsed: ParsedRecord, text: str, tag: str) -> None:
    """A note; two that our own export writes are fields."""
    licence, length = _LICENCE.fullmatch(text), _DURATION.fullmatch(text)
    if length and _is_duration(length[1]):
        parsed.set_field("duration", length[1], tag)
    elif licence and (licence[1] or licence[2]):
        parsed.set_field("licence_id", licence[1] or "", tag)
        parsed.set_field("licence_url", licence[2] or "", tag)
    else:
        parsed.set_field("note", text, tag)


def _is_duration(text: str) -> bool:
    try:
        return bool(duration(text))
    except ValueError:
        return False


_SPECIAL: Final[Mapping[str, Callable[[ParsedRecord, str, str], None]]] = {
    "SN": _number,
    "UR": _addresses,
    "L1": _addresses,
    "L2": _addresses,
    "LK": _addresses,
    "KW": _keywords,
    "N1": _remark,
}
_DONE: Final = frozenset({"TY", "PY", "DA", "Y1", "SP", "EP", *_CONTAINERS, *_ROLES})
