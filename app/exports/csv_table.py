"""CSV for spreadsheets: RFC 4180, one row per record."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from app.exports.context import ExportContext
from app.exports.record import Name, Record
from app.kit.clock import rfc3339
from app.kit.spreadsheets import csv_row

COLUMNS = (
    "id",
    "type",
    "title",
    "authors",
    "editors",
    "contributors",
    "issued",
    "container_title",
    "collection_title",
    "volume",
    "issue",
    "pages",
    "number",
    "edition",
    "publisher",
    "publisher_place",
    "doi",
    "isbns",
    "issn",
    "url",
    "language",
    "licence_id",
    "licence_url",
    "genre",
    "medium",
    "duration",
    "event_title",
    "event_place",
    "event_date",
    "keywords",
    "abstract",
    "note",
    "updated_at",
    "access",
    "body",
)
"""The columns of a citation; imports read them (`app.intake.formats.csv_table`)."""

FIRST_OWN: Final = ("kind", "slug")
OWN: Final = (
    "nation",
    "methods",
    "start",
    "end",
    "place",
    "online",
    "page_url",
    "links",
    "related",
    "funding",
    "cover_date",
)
"""The other columns of the knowledge base; those of the vocabularies stand between the two."""

BOM: Final = "\ufeff"
"""Without it, Excel assumes an older encoding."""


def pieces(records: Iterable[Record], context: ExportContext) -> Iterator[str]:
    """A header and a row for each record, each ended by CR LF; a cell without a value is empty. `COLUMNS` come first,
    then those of the knowledge base.

    Lists are joined by `; `, names are inverted, `contributors` have their role in brackets. A cell that a spreadsheet
    would take for a formula is prefixed with an apostrophe.
    """
    yield BOM + csv_row((*COLUMNS, *FIRST_OWN, *context.vocabularies, *OWN))
    for record in records:
        terms = (
            _joined(each.label for each in record.subjects if each.scheme == name) for name in context.vocabularies
        )
        yield csv_row((*_cells(record), record.kind, record.slug, *terms, *_own_cells(record)))


def _cells(record: Record) -> Iterator[str]:
    for column in COLUMNS:
        if column in _SPECIAL:
            yield _SPECIAL[column](record)
        else:
            yield _text(getattr(record, column))


def _own_cells(record: Record) -> Iterator[str]:
    yield record.nation or ""
    yield _joined(record.methods)
    yield _text(record.start)
    yield _text(record.end)
    yield record.event_place or ""
    yield "" if record.is_online is None else ("yes" if record.is_online else "no")
    yield record.page_url
    yield _joined(f"{each.type}: {each.url}" for each in record.links)
    yield _joined(f"{each.relation}: {each.page_url}" for each in record.related)
    yield _joined(" ".join(filter(None, (each.funder, each.number))) for each in record.awards)
    yield _text(record.cover_date)


def _contributors(record: Record) -> str:
    others = (name for name in record.cited_names if name.role not in ("author", "editor"))
    return _joined(f"{each.inverted} ({each.role})" for each in others)


_SPECIAL: Final[Mapping[str, Callable[[Record], str]]] = {
    "authors": lambda record: _names(record.names_of("author")),
    "editors": lambda record: _names(record.cited_names_of("editor")),
    "isbns": lambda record: _text(record.cited_isbns),
    "publisher": lambda record: record.cited_publisher or "",
    "edition": lambda record: record.cited_edition or "",
    "volume": lambda record: record.cited_volume or "",
    "collection_title": lambda record: record.cited_series or "",
    "contributors": _contributors,
    "updated_at": lambda record: rfc3339(record.updated_at) if record.updated_at else "",
}
"""Columns that are not simply the field of the same name: a chapter takes values from its book."""


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return _joined(map(str, value))
    return "" if value is None else str(value)


def _names(names: Iterable[Name]) -> str:
    return _joined(name.inverted for name in names)


def _joined(texts: Iterable[str]) -> str:
    return "; ".join(texts)
