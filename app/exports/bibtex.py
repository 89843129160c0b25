"""BibTeX, in UTF-8, with the fields that biblatex adds where BibTeX itself has none."""

import re
from collections.abc import Iterable, Iterator
from hashlib import sha256

from app.exports.context import ExportContext
from app.exports.record import ItemType, Name, Record
from app.kit.text.characters import single_line
from app.kit.values.partial_dates import PartialDate

_TYPES: dict[ItemType, str] = {
    "article-journal": "article",
    "article-magazine": "article",
    "article-newspaper": "article",
    "book": "book",
    "chapter": "incollection",
    "report": "techreport",
    "post": "online",
    "post-weblog": "online",
    "webpage": "online",
}
_CONTAINERS = {"article": "journal", "incollection": "booktitle"}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

# BibTeX counts braces even behind a backslash, so no brace of the text itself may stay one.
_ESCAPES = str.maketrans(
    {
        "\\": r"{\textbackslash}",
        "{": r"{\textbraceleft}",
        "}": r"{\textbraceright}",
        "~": r"{\textasciitilde}",
        "^": r"{\textasciicircum}",
        "`": r"{\textasciigrave}",
        "@": "{@}",
        **{char: "\\" + char for char in "$&#_%"},
    }
)
_LIGATURE = re.compile(r"(?<=([-'<>,]))(?=\1)")
_NAME_SYNTAX = re.compile(r",|=|\band\b", re.IGNORECASE)
_VERBATIM = str.maketrans({"\\": "%5C", "{": "%7B", "}": "%7D"})
_KEY_REST = re.compile(r"[^a-z0-9:./-]+")


def pieces(records: Iterable[Record], _: ExportContext) -> Iterator[str]:
    """Entries parted by blank lines. Braces balance whatever the texts hold."""
    for place, record in enumerate(records):
        yield f"\n{_entry(record)}" if place else _entry(record)


def citation_key(identifier: str) -> str:
    """A key for a record's id that depends on nothing else: the id itself where BibTeX allows it, and a
    digest where characters had to go, so that no two ids share a key (keys ignore case)."""
    key = _KEY_REST.sub("-", identifier.lower())
    if key and key == identifier:
        return key
    return f"{key.strip('-')}-{sha256(identifier.encode()).hexdigest()[:10]}"


def _entry(record: Record) -> str:
    kind = _TYPES.get(record.type, "misc")
    fields = {**_what(record), **_where(record, kind), **_verbatim(record)}
    given = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items() if value)
    return f"@{kind}{{{citation_key(record.id)},\n{given}{_dates(record.issued or record.event_date)}}}\n"


def _what(record: Record) -> dict[str, str]:
    return {
        "title": " ".join(_title_word(word) for word in single_line(record.title).split()),
        "author": _names(record.names_of("author")),
        "editor": _names(record.names_of("editor")),
        "translator": _names(record.names_of("translator")),
        "type": _escaped(record.genre),
        "howpublished": _escaped(record.medium),
        "abstract": _escaped(record.abstract),
        "keywords": _escaped(", ".join(record.keywords)),
        "language": _escaped(record.language),
        "copyright": _escaped(record.licence_id or record.licence_url),
        "note": _escaped(record.note),
        "duration": _escaped(record.duration),
    }


def _where(record: Record, kind: str) -> dict[str, str]:
    return {
        _CONTAINERS.get(kind, "organization"): _escaped(record.container_title),
        "series": _escaped(record.collection_title),
        "volume": _escaped(record.volume),
        "number": _escaped(record.issue or (None if kind == "article" else record.number)),
        "eid": _escaped(record.number if kind == "article" else None),
        "pages": "--".join(_escaped(page) for page in record.page_range or () if page),
        "edition": _escaped(record.edition),
        "institution" if kind == "techreport" else "publisher": _escaped(record.publisher),
        "address": _escaped(record.publisher_place),
        "eventtitle": _escaped(record.event_title),
        "venue": _escaped(record.event_place),
    }


def _verbatim(record: Record) -> dict[str, str]:
    """Fields that are read as they stand: LaTeX escapes would become part of the address."""
    fields = {"isbn": " ".join(record.isbns), "issn": record.issn, "doi": record.doi, "url": record.url}
    return {name: single_line(value or "").translate(_VERBATIM) for name, value in fields.items()}


def _dates(date: PartialDate | None) -> str:
    if date is None:
        return ""
    lines = [f"  year = {{{date.text[:4]}}},\n"]
    if len(date.parts) > 1:
        lines.append(f"  month = {_MONTHS[date.parts[1] - 1]},\n")
    if len(date.parts) > 2:
        lines.append(f"  date = {{{date}}},\n")
    return "".join(lines)


def _escaped(text: str | None) -> str:
    return _LIGATURE.sub("{}", single_line(text or "").translate(_ESCAPES))


def _title_word(word: str) -> str:
    """Styles set titles in lower case: acronyms and the like are kept by braces."""
    letters = [char for char in word if char.isalpha()]
    return f"{{{_escaped(word)}}}" if any(map(str.isupper, letters[1:])) else _escaped(word)


def _names(names: list[Name]) -> str:
    return " and ".join(_name(name) for name in names)


def _name(name: Name) -> str:
    if name.family and name.given:
        return ", ".join(_name_part(part) for part in (name.family, name.given))
    return f"{{{_escaped(name.family or name.literal)}}}"


def _name_part(part: str) -> str:
    return f"{{{_escaped(part)}}}" if _NAME_SYNTAX.search(part) else _escaped(part)
