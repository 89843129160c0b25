"""From the fields of BibTeX and BibLaTeX to a reading."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from app.exports.record import CslRole
from app.intake.formats.bibtex_names import credits_of
from app.intake.formats.encodings import LEGACY
from app.intake.formats.latex import decode_latex, unescape_verbatim
from app.intake.records.dates import MONTHS
from app.intake.records.item_types import BIBTEX
from app.intake.records.parsed_record import (
    ParsedItem,
    ParsedRecord,
    RejectedRecord,
    isbns_in,
    licence_of,
    set_item_type,
    within_bounds,
)
from app.kit.containers.unique_list import UniqueList
from app.kit.text.characters import single_line


@dataclass
class BibtexEntry:
    """An entry as it stands: names of fields in lower case, values in LaTeX."""

    line: int
    kind: str
    key: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    repeated: list[tuple[str, str]] = field(default_factory=list)
    warnings: UniqueList[str] = field(default_factory=UniqueList)
    legacy: bool = False

    def add(self, name: str, value: str) -> None:
        if name in self.fields and value != self.fields[name]:
            self.repeated.append((name, value))
        self.fields.setdefault(name, value)


_TEXT: Final[Mapping[str, str]] = {
    "journaltitle": "container_title", "journal": "container_title", "fjournal": "container_title",
    "series": "collection_title", "maintitle": "collection_title", "volume": "volume", "issue": "issue",
    "edition": "edition", "publisher": "publisher", "institution": "publisher", "school": "publisher",
    "address": "publisher_place", "location": "publisher_place", "abstract": "abstract", "language": "language",
    "langid": "language", "hyphenation": "language", "type": "genre", "howpublished": "medium", "note": "note",
    "duration": "duration", "eventtitle": "event_title", "venue": "event_place", "eid": "number",
    "eventdate": "event_date",
}  # fmt: skip
_PEOPLE: Final[Mapping[str, CslRole]] = {
    "author": "author", "editor": "editor", "translator": "translator", "bookauthor": "container-author",
    "illustrator": "illustrator",
}  # fmt: skip
_PUBLISHED_BY: Final = frozenset({"manual", "proceedings", "mvproceedings", "inproceedings", "conference"})
"""Where `organization` is who published it; elsewhere it is where it appeared (a site, a body)."""


@within_bounds
def parse_entry(entry: BibtexEntry) -> ParsedItem:
    parsed = ParsedRecord(entry.line)
    for warning in entry.warnings:
        parsed.warn(warning)
    if entry.legacy:
        parsed.warn(f"The text is not UTF-8; it was read as {LEGACY}.")
    set_item_type(parsed, entry.kind, BIBTEX, f"@{entry.kind}")
    parsed.set_field("id", entry.key, "key")
    rest = {name: value for name, value in entry.fields.items() if value.strip()}
    _titles(parsed, rest)
    for name, role in _PEOPLE.items():
        _people(parsed, rest.pop(name, ""), name, role)
    _dates(parsed, rest)
    _numbers(parsed, rest, entry.kind)
    for name, treat in _VERBATIM.items():
        if name in rest:
            treat(parsed, unescape_verbatim(rest.pop(name)), name)
    _others(parsed, rest, entry)
    if not parsed.values.get("title"):
        return RejectedRecord(entry.line, "The entry has no title.")
    return parsed


def _others(parsed: ParsedRecord, rest: dict[str, str], entry: BibtexEntry) -> None:
    for name, value in rest.items():
        text = _text(parsed, value)
        if name in ("organization", "organisation"):
            parsed.set_field("publisher" if entry.kind in _PUBLISHED_BY else "container_title", text, name)
        elif name == "keywords":
            parsed.add_values("keywords", re.split("[;,]", text), name)
        elif name in ("copyright", "rights", "license", "licence"):
            _licence(parsed, text, name)
        elif name == "howpublished" and re.fullmatch(r"https?://\S+", text):
            parsed.link(unescape_verbatim(value), name)
        elif name in _TEXT:
            parsed.set_field(_TEXT[name], text, name)
        else:
            if name in ("crossref", "xdata"):
                parsed.warn(f"{name}: fields of other entries are not inherited.")
            parsed.note(name, text)
    for name, value in entry.repeated:
        parsed.warn(f"{name}: the field occurs twice; the second is kept in the notes.")
        parsed.note(name, _text(parsed, value))


def _text(parsed: ParsedRecord, value: str) -> str:
    return decode_latex(
        value, lambda name: parsed.warn(f"The LaTeX command \\{name} is not known; it is left as it is.")
    )


def _titles(parsed: ParsedRecord, rest: dict[str, str]) -> None:
    for title, subtitle, target in (
        ("title", "subtitle", "title"),
        ("booktitle", "booksubtitle", "container_title"),
    ):
        main = _text(parsed, rest.pop(title, ""))
        under = _text(parsed, rest.pop(subtitle, ""))
        joined = f"{main}: {under}" if main and under else main or under
        parsed.set_field(target, joined, f"{title}, {subtitle}" if under else title)


def _people(parsed: ParsedRecord, value: str, name: str, role: CslRole) -> None:
    if not value.strip():
        return
    found, others = credits_of(value, role, lambda text: single_line(_text(parsed, text)))
    for credit in found:
        parsed.credit(credit, name)
    if others:
        parsed.warn(f"{name}: the entry omits other names.")


def _dates(parsed: ParsedRecord, rest: dict[str, str]) -> None:
    date, year, month, day = (
        single_line(decode_latex(rest.pop(name, ""))) for name in ("date", "year", "month", "day")
    )
    if date:
        parsed.set_field("issued", date, "date")
    number = MONTHS.get(month.rstrip(".").lower()) or (int(month) if month.isdecimal() and len(month) < 3 else None)
    if "issued" not in parsed.values and year:
        written = f"{year}-{number:02}" if number and year.isdecimal() else year
        if number and day.isdecimal() and len(day) < 3:
            written += f"-{int(day):02}"
        parsed.set_field("issued", written, "year, month" if number else "year")
    elif year and not date.startswith(year):
        parsed.note("year", year)
    if month and not number:
        parsed.note("month", month)


def _numbers(parsed: ParsedRecord, rest: dict[str, str], kind: str) -> None:
    """`number` is the issue of a journal, and the number of anything else; pages are a range."""
    number = _text(parsed, rest.pop("number", ""))
    whole = kind in ("article", "periodical", "suppperiodical") or ("volume" in rest and kind != "techreport")
    parsed.set_field("issue" if whole else "number", number, "number")
    pages = single_line(_text(parsed, rest.pop("pages", "")))
    parsed.set_field("pages", re.sub(r" ?[\u2013\u2014]+ ?| ?--? ?", "-", pages), "pages")


def _licence(parsed: ParsedRecord, text: str, name: str) -> None:
    if text.startswith(("http://", "https://")):
        parsed.set_field("licence_url", text, name)
        parsed.set_field("licence_id", licence_of(text) or "", name)
    else:
        parsed.set_field("licence_id", text, name)


def _doi(parsed: ParsedRecord, text: str, name: str) -> None:
    parsed.set_field("doi", text, name)


def _url(parsed: ParsedRecord, text: str, name: str) -> None:
    parsed.link(text, name)


def _isbn(parsed: ParsedRecord, text: str, name: str) -> None:
    parsed.add_values("isbns", isbns_in(text), name)


def _issn(parsed: ParsedRecord, text: str, name: str) -> None:
    for part in re.split(r"[,;\s]+", text):
        parsed.set_field("issn", part, name)


def _handle(parsed: ParsedRecord, text: str, name: str) -> None:
    parsed.identify("handle", text, name)


_VERBATIM: Final[Mapping[str, Callable[[ParsedRecord, str, str], None]]] = {
    "doi": _doi,
    "url": _url,
    "isbn": _isbn,
    "issn": _issn,
    "hdl": _handle,
}
