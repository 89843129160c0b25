"""RIS: tagged lines, from programs that each keep to it in their own way."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO, Final

from app.exports.record import Role
from app.intake.encodings import LEGACY, Line, lines
from app.intake.names import UNPARTED, from_inverted
from app.intake.reading import LONGEST_RECORD, Found, Reading, Refusal, typed, within_bounds
from app.intake.types import RIS
from app.kit.durations import duration

_TAGGED = re.compile(r"\s*([A-Z][A-Z0-9])\s{1,2}-(?:\s+(.*)|)", re.DOTALL)
_PREAMBLE = re.compile(r"(?:Provider|Database|Content|Source|Export(?:ed)?\b[^:]*+)\s*+:.*", re.IGNORECASE)
_DURATION = re.compile(r"Duration: (\S+)")
_LICENCE = re.compile(r"Licence: ?([A-Za-z0-9][A-Za-z0-9.+-]*)? ?(https?://\S+)?")

Pairs = list[tuple[str, str]]

_PLAIN: Final[Mapping[str, str]] = {
    "ID": "id", "TI": "title", "T1": "title", "CT": "title", "T3": "collection_title", "VL": "volume", "IS": "issue",
    "CP": "issue", "C7": "number", "M1": "number", "ET": "edition", "PB": "publisher", "CY": "publisher_place",
    "PP": "publisher_place", "DO": "doi", "DI": "doi", "M3": "genre", "LA": "language", "AB": "abstract",
    "N2": "abstract",
}  # fmt: skip
_CONTAINERS: Final = ("T2", "JF", "JO", "BT", "JA", "J2", "J1")
_ROLES: Final[Mapping[str, Role]] = {
    "AU": "author", "A1": "author", "A2": "editor", "ED": "editor", "A3": "collection-editor", "A4": "contributor",
    "TA": "translator",
}  # fmt: skip


def read(stream: BinaryIO) -> Iterator[Found]:
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
                yield Refusal(line.number, "This line belongs to no record.")
            continue
        if not pending:
            begun = line.number
        size += len(text) + 1
        legacy = legacy or line.legacy
        if size > LONGEST_RECORD or line.cut:
            yield Refusal(begun, f"The record is longer than {LONGEST_RECORD} characters.")
            pending, size = [], 0
        elif tag is not None:
            pending.append((tag, [text]))
        else:
            pending[-1][1].append(text)
    if pending:
        yield _reading(pending, begun, closed=False, legacy=legacy)


def _tagged(line: Line) -> tuple[str | None, str]:
    found = _TAGGED.fullmatch(line.text)
    return (found[1], found[2] or "") if found else (None, line.text)


@within_bounds
def _reading(pending: list[tuple[str, list[str]]], line: int, *, closed: bool, legacy: bool) -> Found:
    reading = Reading(line)
    pairs = [(tag, "\n".join(parts).strip()) for tag, parts in pending]
    if not closed:
        reading.warn("The record is not closed (ER); it was taken to end where the next begins.")
    if legacy:
        reading.warn(f"The text is not UTF-8; it was read as {LEGACY}.")
    _fill(reading, [(tag, text) for tag, text in pairs if text])
    if not reading.values.get("title"):
        return Refusal(line, "The record has no title (TI).")
    return reading


def _fill(reading: Reading, pairs: Pairs) -> None:
    kinds = [text for tag, text in pairs if tag == "TY"]
    if kinds:
        typed(reading, kinds[0], RIS, "TY")
    else:
        reading.warn("The record does not say its type (TY).")
    _names(reading, pairs)
    _dates(reading, pairs)
    _pages(reading, pairs)
    for tag in _CONTAINERS:
        for text in _all(pairs, tag):
            reading.take("container_title", text, tag)
    for tag, text in pairs:
        if tag in _PLAIN:
            reading.take(_PLAIN[tag], text, tag)
        elif tag in _SPECIAL:
            _SPECIAL[tag](reading, text, tag)
        elif tag not in _DONE:
            reading.note(tag, text)


def _all(pairs: Pairs, *tags: str) -> list[str]:
    return [text for tag, text in pairs if tag in tags]


def _names(reading: Reading, pairs: Pairs) -> None:
    for tag, text in pairs:
        credit = from_inverted(text, _ROLES[tag]) if tag in _ROLES else None
        if credit is None:
            continue
        if credit.whole:
            reading.warn(f"{tag}: {UNPARTED}")
        reading.credit(credit, tag)


def _dates(reading: Reading, pairs: Pairs) -> None:
    """The year alone in PY, the whole date in DA or Y1: the more exact one, where they agree."""
    years = _all(pairs, "PY")
    exact = frozenset(_all(pairs, "DA"))
    dates = [*dict.fromkeys(_all(pairs, "DA", "Y1"))]
    for text in dates:
        if not years or text.startswith(years[0][:4]):
            reading.take("issued", text, "DA" if text in exact else "Y1")
    for text in years:
        known = reading.values.get("issued")
        if known is None or not known.text.startswith(text[:4]):
            reading.take("issued", text, "PY")
    for text in dates:
        if years and not text.startswith(years[0][:4]):
            reading.take("issued", text, "DA")


def _pages(reading: Reading, pairs: Pairs) -> None:
    first, last = _all(pairs, "SP"), _all(pairs, "EP")
    if first and last and first[0] != last[0] and "-" not in first[0]:
        reading.take("pages", f"{first[0]}-{last[0]}", "SP, EP")
    elif first or last:
        reading.take("pages", (first or last)[0], "SP" if first else "EP")
    for text in (*first[1:], *last[1:]):
        reading.note("SP", text)


def _number(reading: Reading, text: str, tag: str) -> None:
    for part in re.split(r"[;,\n]|(?<=\))\s|\s(?=97[89])", text):
        number = re.sub(r"\((?:print|online|electronic|hbk|pbk|ebook)\w*\)", "", part, flags=re.IGNORECASE).strip()
        if number:
            reading.serial(number, tag)


def _addresses(reading: Reading, text: str, tag: str) -> None:
    for part in re.split(r"(?<![;\s])[;\s]++(?=https?://)|\s+", text):
        if part.strip("; "):
            reading.link(part.strip("; "), tag)


def _keywords(reading: Reading, text: str, tag: str) -> None:
    reading.extend("keywords", text.split("\n"), tag)


def _remark(reading: Reading, text: str, tag: str) -> None:
    """A note; two that our own export writes are fields."""
    licence, length = _LICENCE.fullmatch(text), _DURATION.fullmatch(text)
    if length and _is_duration(length[1]):
        reading.take("duration", length[1], tag)
    elif licence and (licence[1] or licence[2]):
        reading.take("licence_id", licence[1] or "", tag)
        reading.take("licence_url", licence[2] or "", tag)
    else:
        reading.take("note", text, tag)


def _is_duration(text: str) -> bool:
    try:
        return bool(duration(text))
    except ValueError:
        return False


_SPECIAL: Final[Mapping[str, Callable[[Reading, str, str], None]]] = {
    "SN": _number,
    "UR": _addresses,
    "L1": _addresses,
    "L2": _addresses,
    "LK": _addresses,
    "KW": _keywords,
    "N1": _remark,
}
_DONE: Final = frozenset({"TY", "PY", "DA", "Y1", "SP", "EP", *_CONTAINERS, *_ROLES})
