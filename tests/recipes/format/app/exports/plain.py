"""Plain text: a line a record, for a message or a slide."""

from collections.abc import Iterable, Iterator

from app.exports.context import ExportContext
from app.exports.record import Record
from app.kit.text.characters import single_line


def pieces(records: Iterable[Record], _: ExportContext) -> Iterator[str]:
    """`Title (year)`, or the title alone."""
    for record in records:
        yield f"{single_line(record.title)}{_year(record)}\n"


def _year(record: Record) -> str:
    return f" ({record.issued.text[:4]})" if record.issued else ""
