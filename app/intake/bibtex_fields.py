"""From the fields of BibTeX and BibLaTeX to a reading."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from app.exports.record import Role
from app.exports.text import one_line
from app.intake.bibtex_names import credits_of
from app.intake.dates import MONTHS
from app.intake.encodings import LEGACY
from app.intake.latex import unescape, unlatex
from app.intake.reading import Found, Reading, Refusal, isbns_in, licence_of, typed, within_bounds
from app.intake.types import BIBTEX
from app.kit.distinct import Distinct


@dataclass
class Entry:
    """An entry as it stands: names of fields in lower case, values in LaTeX."""

    line: int
    kind: str
    key: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    again: list[tuple[str, str]] = field(default_factory=list)
    warnings: Distinct[str] = field(default_factory=Distinct)
    legacy: bool = False

    def add(self, name: str, value: str) -> None:
        if name in self.fields and value != self.fields[name]:
            self.again.append((name, value))
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
_PEOPLE: Final[Mapping[str, Role]] = {
    "author": "author", "editor": "editor", "translator": "translator", "bookauthor": "container-author",
    "illustrator": "illustrator",
}  # fmt: skip
_PUBLISHED_BY: Final = frozenset({"manual", "proceedings", "mvproceedings", "inproceedings", "conference"})
"""Where `organization` is who published it; elsewhere it is where it appeared (a site, a body)."""


@within_bounds
def reading_of(entry: Entry) -> Found:
    reading = Reading(entry.line)
    for warning in entry.warnings:
        reading.warn(warning)
    if entry.legacy:
        reading.warn(f"The text is not UTF-8; it was read as {LEGACY}.")
    typed(reading, entry.kind, BIBTEX, f"@{entry.kind}")
    reading.take("id", entry.key, "key")
    rest = {name: value for name, value in entry.fields.items() if value.strip()}
    _titles(reading, rest)
    for name, role in _PEOPLE.items():
        _people(reading, rest.pop(name, ""), name, role)
    _dates(reading, rest)
    _numbers(reading, rest, entry.kind)
    for name, treat in _VERBATIM.items():
        if name in rest:
            treat(reading, unescape(rest.pop(name)), name)
    _others(reading, rest, entry)
    if not reading.values.get("title"):
        return Refusal(entry.line, "The entry has no title.")
    return reading


def _others(reading: Reading, rest: dict[str, str], entry: Entry) -> None:
    for name, value in rest.items():
        text = _text(reading, value)
        if name in ("organization", "organisation"):
            reading.take("publisher" if entry.kind in _PUBLISHED_BY else "container_title", text, name)
        elif name == "keywords":
            reading.extend("keywords", re.split("[;,]", text), name)
        elif name in ("copyright", "rights", "license", "licence"):
            _licence(reading, text, name)
        elif name == "howpublished" and re.fullmatch(r"https?://\S+", text):
            reading.link(unescape(value), name)
        elif name in _TEXT:
            reading.take(_TEXT[name], text, name)
        else:
            if name in ("crossref", "xdata"):
                reading.warn(f"{name}: what another entry says is not taken over.")
            reading.note(name, text)
    for name, value in entry.again:
        reading.warn(f"{name}: the field is there twice; the second is kept in the notes.")
        reading.note(name, _text(reading, value))


def _text(reading: Reading, value: str) -> str:
    return unlatex(value, lambda name: reading.warn(f"The LaTeX command \\{name} is not known; it was left as it is."))


def _titles(reading: Reading, rest: dict[str, str]) -> None:
    for title, subtitle, target in (
        ("title", "subtitle", "title"),
        ("booktitle", "booksubtitle", "container_title"),
    ):
        main = _text(reading, rest.pop(title, ""))
        under = _text(reading, rest.pop(subtitle, ""))
        joined = f"{main}: {under}" if main and under else main or under
        reading.take(target, joined, f"{title}, {subtitle}" if under else title)


def _people(reading: Reading, value: str, name: str, role: Role) -> None:
    if not value.strip():
        return
    found, others = credits_of(value, role, lambda text: one_line(_text(reading, text)))
    for credit in found:
        reading.credit(credit, name)
    if others:
        reading.warn(f"{name}: there are others whom the entry does not name.")


def _dates(reading: Reading, rest: dict[str, str]) -> None:
    date, year, month, day = (one_line(unlatex(rest.pop(name, ""))) for name in ("date", "year", "month", "day"))
    if date:
        reading.take("issued", date, "date")
    number = MONTHS.get(month.rstrip(".").lower()) or (int(month) if month.isdecimal() and len(month) < 3 else None)
    if "issued" not in reading.values and year:
        written = f"{year}-{number:02}" if number and year.isdecimal() else year
        if number and day.isdecimal() and len(day) < 3:
            written += f"-{int(day):02}"
        reading.take("issued", written, "year, month" if number else "year")
    elif year and not date.startswith(year):
        reading.note("year", year)
    if month and not number:
        reading.note("month", month)


def _numbers(reading: Reading, rest: dict[str, str], kind: str) -> None:
    """`number` is the issue of a journal, and the number of anything else; pages are a range."""
    number = _text(reading, rest.pop("number", ""))
    whole = kind in ("article", "periodical", "suppperiodical") or ("volume" in rest and kind != "techreport")
    reading.take("issue" if whole else "number", number, "number")
    pages = one_line(_text(reading, rest.pop("pages", "")))
    reading.take("pages", re.sub(r" ?[\u2013\u2014]+ ?| ?--? ?", "-", pages), "pages")


def _licence(reading: Reading, text: str, name: str) -> None:
    if text.startswith(("http://", "https://")):
        reading.take("licence_url", text, name)
        reading.take("licence_id", licence_of(text) or "", name)
    else:
        reading.take("licence_id", text, name)


def _doi(reading: Reading, text: str, name: str) -> None:
    reading.take("doi", text, name)


def _url(reading: Reading, text: str, name: str) -> None:
    reading.link(text, name)


def _isbn(reading: Reading, text: str, name: str) -> None:
    reading.extend("isbns", isbns_in(text), name)


def _issn(reading: Reading, text: str, name: str) -> None:
    for part in re.split(r"[,;\s]+", text):
        reading.take("issn", part, name)


def _handle(reading: Reading, text: str, name: str) -> None:
    reading.identify("handle", text, name)


_VERBATIM: Final[Mapping[str, Callable[[Reading, str, str], None]]] = {
    "doi": _doi,
    "url": _url,
    "isbn": _isbn,
    "issn": _issn,
    "hdl": _handle,
}
