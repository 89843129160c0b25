"""BibLaTeX, in UTF-8, with the types and fields of its data model (biblatex 3)."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from app.exports.bibliography.bibtex_text import entry, escape, join_names, listed, separated, title, verbatim
from app.exports.context import ExportContext
from app.exports.record import ItemType, Record

_TYPES: Final[Mapping[ItemType, str]] = {
    "article-journal": "article",
    "article-magazine": "article",
    "article-newspaper": "article",
    "book": "book",
    "broadcast": "video",
    "chapter": "incollection",
    "dataset": "dataset",
    "figure": "image",
    "graphic": "image",
    "manuscript": "unpublished",
    "motion_picture": "video",
    "paper-conference": "inproceedings",
    "post": "online",
    "post-weblog": "online",
    "report": "report",
    "software": "software",
    "song": "audio",
    "thesis": "thesis",
    "webpage": "online",
}
_CONTAINERS: Final = {"article": "journaltitle", "incollection": "booktitle", "inproceedings": "booktitle"}


def pieces(records: Iterable[Record], _: ExportContext) -> Iterator[str]:
    """As many as there are, one after the other."""
    return separated(map(_entry, records))


def _entry(record: Record) -> str:
    kind = _TYPES.get(record.type, "misc")
    return entry(record.id, kind, _what(record) | _where(record, kind) | _verbatim(record))


def _what(record: Record) -> dict[str, str]:
    date = record.cited_date
    return {
        "title": title(record.title),
        "author": join_names(record.names_of("author")),
        "bookauthor": join_names(record.cited_names_of("container-author")),
        "editor": join_names(record.cited_names_of("editor")),
        "translator": join_names(record.cited_names_of("translator")),
        "date": date.text if date else "",
        "titleaddon": escape(record.genre),
        "howpublished": escape(record.medium),
        "abstract": escape(record.abstract),
        "keywords": escape(", ".join(keyword.replace(",", " ") for keyword in record.keywords)),
        "language": escape(record.language),
        "note": escape(record.note),
        "addendum": escape(record.licence_id or record.licence_url),
    }


def _where(record: Record, kind: str) -> dict[str, str]:
    is_article = kind == "article"
    span = f"{record.event_date}/{record.end}" if record.event_date and record.end else record.event_date
    return {
        **_container(record, kind),
        "series": escape(record.cited_series),
        "volume": escape(record.cited_volume),
        "number": escape(record.issue if is_article else record.number),
        "eid": escape(record.number if is_article else None),
        "pages": "--".join(escape(page) for page in record.page_range or () if page),
        "edition": escape(record.cited_edition),
        "institution" if kind in ("report", "thesis") else "publisher": listed(record.cited_publisher),
        "location": listed(record.publisher_place),
        "eventtitle": escape(record.event_title if record.event_title != record.title else None),
        "eventdate": str(span or ""),
        "venue": escape(record.event_place),
    }


def _container(record: Record, kind: str) -> dict[str, str]:
    """`organization` is a list, the others are not."""
    name = _CONTAINERS.get(kind)
    return {name: escape(record.container_title)} if name else {"organization": listed(record.container_title)}


def _verbatim(record: Record) -> dict[str, str]:
    fields = {
        "isbn": " ".join(record.cited_isbns),
        "issn": record.issn,
        "doi": record.doi,
        "url": None if record.doi else record.url,
    }
    return {name: verbatim(value) for name, value in fields.items()}
