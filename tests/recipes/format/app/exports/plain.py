"""Plain text: a line a record, for a message or a slide."""

from collections.abc import Iterable

from app.exports.record import Record
from app.kit.text.characters import single_line


def render(records: Iterable[Record]) -> str:
    """`Title (year)`, or the title alone."""
    return "".join(f"{single_line(record.title)}{_year(record)}\n" for record in records)


def _year(record: Record) -> str:
    return f" ({record.issued.text[:4]})" if record.issued else ""
