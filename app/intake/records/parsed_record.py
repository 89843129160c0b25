"""One record as it was found: what it says in the words of a `Record`, where each word came from, and what is left."""

import html
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import wraps
from typing import Final, ParamSpec

from app.exports.record import ItemType, Name, Record
from app.intake.records.dates import partial
from app.intake.records.languages import language_tag
from app.kit.containers.unique_list import UniqueList
from app.kit.json_types import JsonObject
from app.kit.text.characters import CONTROL, has_control, single_line
from app.kit.values.durations import duration, from_seconds
from app.kit.values.identifiers import normalise
from app.kit.values.partial_dates import PartialDate

MAX_RECORD_LENGTH: Final = 2**20
"""Characters of one record; whatever is longer is no record."""
MAX_READING_SIZE: Final = 2**17
"""What is kept of one record, in characters; each value, note, name and warning counts as `OVERHEAD` more."""
OVERHEAD: Final = 32
MAX_NAME_LENGTH: Final = 200
"""Characters of the name that a note goes by, most of which are the source's own."""

_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9:]*(?:\s[^<>]*)?/?>")
_ENDLESS_REFERENCE = re.compile(r"&#[0-9]{9,}+;?")
_ADDRESS = re.compile(r"https?://[^\s/]\S*")
_CREATIVE_COMMONS = re.compile(
    r"https?://(?:www\.)?creativecommons\.org/(licenses|publicdomain)/([a-z-]+)/([0-9.]+)(?:[/?#].*)?", re.IGNORECASE
)
_LICENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]{0,59}")


@dataclass(frozen=True, slots=True)
class RejectedRecord:
    """Something in the file that cannot become a record."""

    line: int
    reason: str


class Oversized(Exception):
    """More was to be kept of a record than may be."""

    def __init__(self, line: int) -> None:
        super().__init__(f"The record at line {line} is too long.")
        self.line = line


@dataclass(frozen=True, slots=True)
class Note:
    """What has no field of its own, under the name that it had."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class CreditedName:
    """A name with what else is known of its bearer: an ORCID iD, a suffix as `Jr.`.

    `whole` is the name as it was written where nothing but its look says that it is a person's: an organisation of
    exactly that name in the catalogue is meant rather.
    """

    name: Name
    orcid: str | None = None
    suffix: str | None = None
    whole: str | None = None


@dataclass
class ParsedRecord:
    """A record being read. `line` is where it begins; `values` are fields of `Record` in their canonical form. Notes
    named as `columns` are cells of a table whose columns are no such fields.

    Whatever is kept is counted before it is: every method raises `Oversized` once it is too much.
    """

    line: int
    values: JsonObject = field(default_factory=dict)
    credits: list[CreditedName] = field(default_factory=list)
    identifiers: list[tuple[str, str]] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    origin: dict[str, str] = field(default_factory=dict)
    notes: UniqueList[Note] = field(default_factory=UniqueList)
    columns: set[str] = field(default_factory=set)
    warnings: UniqueList[str] = field(default_factory=UniqueList)
    size: int = 0

    def count(self, text: str) -> None:
        self.size += len(text) + OVERHEAD
        if self.size > MAX_READING_SIZE:
            raise Oversized(self.line)

    def warn(self, text: str) -> None:
        if self.warnings.add(without_control(text)):
            self.count(text)

    def note(self, name: str, value: object) -> None:
        noted = noted_as(name, value)
        if noted.value and self.notes.add(noted):
            self.count(noted.name + noted.value)

    def set_field(self, target: str, text: object, origin: str) -> None:
        """Keep `text` as a field of the record. What is no valid value, or a second one, goes to the notes."""
        given = str(text).strip()
        if not given:
            return
        self.count(given)
        try:
            value, remark = _READ.get(target, _line)(given)
        except ValueError as error:
            self.warn(f"{origin}: {error}. It is kept in the notes.")
            self.note(origin, given)
            return
        if remark:
            self.warn(f"{origin}: {remark}.")
            self.note(origin, given)
        if target in self.values:
            if self.values[target] != value:
                self.note(origin, given)
            return
        if value:
            self.values[target] = value
            self.origin[target] = origin

    def add_values(self, target: str, texts: Iterable[str], origin: str) -> None:
        """Add to a field that holds several: `isbns`, `keywords`."""
        found: UniqueList[str] = UniqueList(self.values.get(target, ()))
        for text in texts:
            try:
                value = normalise("isbn", text) if target == "isbns" else single_line(text)
            except ValueError as error:
                self.warn(f"{origin}: {error}. It is kept in the notes.")
                self.note(origin, text)
                continue
            if value and found.add(value):
                self.count(value)
        if found:
            self.values[target] = tuple(found)
            self.origin.setdefault(target, origin)

    def serial(self, text: str, origin: str) -> None:
        """A number that is an ISBN, an ISSN, or neither."""
        try:
            self.add_values("isbns", [normalise("isbn", text)], origin)
        except ValueError:
            self.set_field("issn", text, origin)

    def credit(self, credit: CreditedName, origin: str) -> None:
        self.count(credit.name.inverted)
        name = credit.name
        family, given, literal = (single_line(part or "") or None for part in (name.family, name.given, name.literal))
        if not (family or given or literal):
            return
        credit = replace(credit, name=replace(name, family=family, given=given, literal=literal))
        self.origin[f"names/{len(self.credits)}"] = origin
        self.credits.append(credit)

    def link(self, text: str, origin: str) -> None:
        """An address: the DOI where it is that of a DOI, the record's own where it is the first."""
        self.count(text)
        try:
            doi = normalise("doi", text)
        except ValueError:
            doi = ""
        if doi and text.lower().startswith("http"):
            if self.values.setdefault("doi", doi) == doi:
                self.origin.setdefault("doi", origin)
            if "url" not in self.values:
                self.values["url"], self.origin["url"] = text, origin
            return
        if "url" not in self.values:
            self.set_field("url", text, origin)
        elif has_control(text):
            self.note(origin, text)
        elif text != self.values["url"]:
            self.links.append(text)

    def identify(self, scheme: str, text: str, origin: str) -> None:
        """An identifier of a scheme that a record has no field for."""
        self.count(text)
        try:
            self.identifiers.append((scheme, normalise(scheme, text)))
        except ValueError as error:
            self.warn(f"{origin}: {error}. It is kept in the notes.")
            self.note(origin, text)

    def record(self) -> Record:
        """Raises ValueError where there is no title."""
        if not self.values.get("title"):
            raise ValueError("there is no title")
        fixed = {"id": f"line-{self.line}", "type": "document", **self.values}
        return Record(names=tuple(each.name for each in self.credits), **fixed)


ParsedItem = ParsedRecord | RejectedRecord
P = ParamSpec("P")


def within_bounds(read: Callable[P, ParsedItem]) -> Callable[P, ParsedItem]:
    """A reader of one record, which refuses the record that says too much."""

    @wraps(read)
    def bounded(*args: P.args, **more: P.kwargs) -> ParsedItem:
        try:
            return read(*args, **more)
        except Oversized as error:
            return RejectedRecord(
                error.line, f"The record has more than the {MAX_READING_SIZE} characters that are kept."
            )

    return bounded


def noted_as(name: str, value: object) -> Note:
    """A note that can be stored and shown: without control characters, its name not longer than a name is."""
    short = name if len(name) <= MAX_NAME_LENGTH else f"{name[: MAX_NAME_LENGTH - 1]}…"
    return Note(without_control(short), without_control(str(value)).strip())


def without_control(text: str) -> str:
    """With a mark in the place of each invisible character that databases do not store."""
    return CONTROL.sub("\ufffd", text)


def set_item_type(parsed: ParsedRecord, text: str, known: Mapping[str, ItemType], origin: str) -> None:
    """The item type by a format's own name for it; an unknown one is a document with a warning."""
    found = known.get(text.strip().lower())
    if found is None:
        parsed.warn(f"{origin}: this type is not known; it is kept in the notes.")
        parsed.note(origin, text)
        return
    parsed.values["type"], parsed.origin["type"] = found, origin


_BETWEEN_ISBNS = re.compile(r"[,;]\s*+|(?<!\s)\s++(?=97[89])")


def isbns_in(text: str) -> list[str]:
    """What stands between commas, semicolons, or spaces before a prefix of ISBNs."""
    return _BETWEEN_ISBNS.split(text)


FieldReading = tuple[object, str | None]
"""A value, and a warning about it."""


def _line(text: str) -> FieldReading:
    return single_line(strip_markup(text)), None


def strip_markup(text: str) -> str:
    """Without the markup of JATS or HTML, which registries leave in titles and abstracts."""
    if "<" not in text and "&" not in text:
        return text
    return html.unescape(_ENDLESS_REFERENCE.sub("\ufffd", _TAG.sub("", text)))


def _paragraphs(text: str) -> FieldReading:
    found = (single_line(strip_markup(part)) for part in re.split(r"\n\s*\n|</(?:jats:)?p>", text))
    return "\n\n".join(part for part in found if part), None


def _date(text: str) -> FieldReading:
    date, remark = partial(text)
    return PartialDate(date), remark


def _url(text: str) -> FieldReading:
    if not _ADDRESS.fullmatch(text.strip()) or has_control(text):
        raise ValueError("a web address begins with http:// or https:// and has no spaces")
    return text.strip(), None


def _licence_id(text: str) -> FieldReading:
    if not _LICENCE.fullmatch(text):
        raise ValueError("a licence is named by its SPDX identifier")
    return text, None


def licence_of(url: str) -> str | None:
    """The SPDX identifier of a Creative Commons licence's address."""
    found = _CREATIVE_COMMONS.fullmatch(url.strip())
    if not found:
        return None
    name = "CC0" if found[2].lower() == "zero" else f"CC-{found[2].upper()}"
    return f"{name}-{found[3]}" if found[1].lower() == "licenses" or name == "CC0" else None


def _instant(text: str) -> FieldReading:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a date and time needs a time zone")
    return moment, None


def _length(text: str) -> str:
    """As ISO 8601 has it, or as players show it: `12:30` is twelve and a half minutes."""
    parts = text.split(":")
    if 2 <= len(parts) <= 3 and all(each.isdecimal() and len(each) <= 4 for each in parts):
        hours, minutes, seconds = [0, *map(int, parts)][-3:]
        return from_seconds(hours * 3600 + minutes * 60 + seconds)
    return duration(text)


def _as(read: Callable[[str], object]) -> Callable[[str], FieldReading]:
    return lambda text: (read(text), None)


_READ: Mapping[str, Callable[[str], FieldReading]] = {
    "issued": _date,
    "cover_date": _date,
    "event_date": _date,
    "end": _date,
    "abstract": _paragraphs,
    "body": _as(str.strip),
    "doi": _as(lambda text: normalise("doi", text)),
    "issn": _as(lambda text: normalise("issn", text)),
    "url": _url,
    "licence_url": _url,
    "licence_id": _licence_id,
    "language": _as(language_tag),
    "duration": _as(_length),
    "updated_at": _instant,
}
