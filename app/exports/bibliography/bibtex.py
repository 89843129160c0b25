"""BibTeX, in UTF-8, with the fields that BibLaTeX adds where BibTeX itself has none."""

from collections.abc import Iterable, Iterator

from app.exports.bibliography.bibtex_text import entry, escape, join_names, listed, separated, title, verbatim
from app.exports.context import ExportContext
from app.exports.record import ItemType, Record
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


def pieces(records: Iterable[Record], _: ExportContext) -> Iterator[str]:
    """Braces balance whatever the texts hold."""
    return separated(map(_entry, records))


def _entry(record: Record) -> str:
    kind = _TYPES.get(record.type, "misc")
    return entry(
        record.id,
        kind,
        _what(record) | _where(record, kind) | _verbatim(record),
        _dates(record.cited_date),
    )


def _what(record: Record) -> dict[str, str]:
    return {
        "title": title(record.title),
        "author": join_names(record.names_of("author")),
        "editor": join_names(record.cited_names_of("editor")),
        "translator": join_names(record.cited_names_of("translator")),
        "type": escape(record.genre),
        "howpublished": escape(record.medium),
        "abstract": escape(record.abstract),
        "keywords": escape(", ".join(record.keywords)),
        "language": escape(record.language),
        "copyright": escape(record.licence_id or record.licence_url),
        "note": escape(record.note),
        "duration": escape(record.duration),
    }


def _where(record: Record, kind: str) -> dict[str, str]:
    return {
        **_container(record, kind),
        "series": escape(record.cited_series),
        "volume": escape(record.cited_volume),
        "number": escape(record.issue or (None if kind == "article" else record.number)),
        "eid": escape(record.number if kind == "article" else None),
        "pages": "--".join(escape(page) for page in record.page_range or () if page),
        "edition": escape(record.cited_edition),
        "institution" if kind == "techreport" else "publisher": listed(record.cited_publisher),
        "address": listed(record.publisher_place),
        "eventtitle": escape(record.event_title),
        "venue": escape(record.event_place),
    }


def _container(record: Record, kind: str) -> dict[str, str]:
    """`organization` is a list, the others are not."""
    name = _CONTAINERS.get(kind)
    return {name: escape(record.container_title)} if name else {"organization": listed(record.container_title)}


def _verbatim(record: Record) -> dict[str, str]:
    """Fields that are read as they stand: LaTeX escapes would become part of the address."""
    fields = {"isbn": " ".join(record.cited_isbns), "issn": record.issn, "doi": record.doi, "url": record.url}
    return {name: verbatim(value) for name, value in fields.items()}


def _dates(date: PartialDate | None) -> str:
    if date is None:
        return ""
    lines = [f"  year = {{{date.text[:4]}}},\n"]
    if len(date.parts) > 1:
        lines.append(f"  month = {_MONTHS[date.parts[1] - 1]},\n")
    if len(date.parts) > 2:
        lines.append(f"  date = {{{date}}},\n")
    return "".join(lines)
