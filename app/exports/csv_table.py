"""CSV for spreadsheets: RFC 4180, one row a record."""

from collections.abc import Iterable, Iterator

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


def render(records: Iterable[Record]) -> str:
    """A header of COLUMNS and a row for each record, ended by CR LF; empty where nothing is known.

    Lists are joined by `; `, names are inverted, `contributors` have their role in brackets. An apostrophe
    goes before a cell that a spreadsheet would take for a formula.
    """
    return "".join(pieces(records))


def pieces(records: Iterable[Record]) -> Iterator[str]:
    """The same, row by row."""
    yield csv_row(COLUMNS)
    for cells in map(_cells, records):
        yield csv_row(cells[column] for column in COLUMNS)


def _cells(record: Record) -> dict[str, str]:
    others = record.names_but("author", "editor")
    return {
        **{column: _text(getattr(record, column, None)) for column in COLUMNS},
        "authors": _names(record.names_of("author")),
        "editors": _names(record.names_of("editor")),
        "contributors": "; ".join(f"{each.inverted} ({each.role})" for each in others),
        "updated_at": rfc3339(record.updated_at) if record.updated_at else "",
    }


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return "; ".join(map(str, value))
    return "" if value is None else str(value)


def _names(names: Iterable[Name]) -> str:
    return "; ".join(name.inverted for name in names)
