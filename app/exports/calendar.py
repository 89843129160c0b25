"""iCalendar (RFC 5545): what takes place, on its days."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Final

from app.exports.context import ExportContext
from app.exports.record import Record
from app.kit.values.partial_dates import PartialDate

_PRODUCT: Final = "-//knowledge-base//exports//EN"
_FOLDED: Final = 74
"""Octets of a line before its first fold, and of a folded one without its space."""


def pieces(records: Iterable[Record], context: ExportContext) -> Iterator[str]:
    """A calendar with an event of whole days for each record that has a date; a month or a year is all its days."""
    yield _lines(
        [("BEGIN", "VCALENDAR"), ("VERSION", "2.0"), ("PRODID", _PRODUCT), ("X-WR-CALNAME", _text(context.title))]
    )
    for record in records:
        if record.event_date is not None:
            yield _lines(_event(record, record.event_date))
    yield _lines([("END", "VCALENDAR")])


def _event(record: Record, start: PartialDate) -> Iterator[tuple[str, str]]:
    last = (record.end or start).end
    yield "BEGIN", "VEVENT"
    yield "UID", _text(record.uid or record.page_url)
    if record.updated_at:
        stamp = record.updated_at.strftime("%Y%m%dT%H%M%SZ")
        yield "DTSTAMP", stamp
        yield "LAST-MODIFIED", stamp
    yield "DTSTART;VALUE=DATE", start.start.strftime("%Y%m%d")
    yield "DTEND;VALUE=DATE", (last + timedelta(days=1)).strftime("%Y%m%d")
    yield "SUMMARY", _text(record.title)
    yield "DESCRIPTION", _text(record.abstract or "")
    yield "LOCATION", _text(record.event_place or "")
    yield "URL", record.page_url
    yield "CATEGORIES", ",".join(map(_text, record.keywords))
    yield "TRANSP", "TRANSPARENT"
    yield "END", "VEVENT"


def _text(text: str) -> str:
    """A value of the type TEXT (section 3.3.11)."""
    escaped = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return "\\n".join(escaped.splitlines())


def _lines(properties: Iterable[tuple[str, str]]) -> str:
    return "".join(_folded(f"{name}:{value}") for name, value in properties if value)


def _folded(line: str) -> str:
    """Lines of at most 75 octets, none of which ends within a character (section 3.1)."""
    rest, folded = line.encode(), b""
    while len(rest) > _FOLDED:
        size = _FOLDED
        while rest[size] & 0xC0 == 0x80:
            size -= 1
        folded += rest[:size] + b"\r\n "
        rest = rest[size:]
    return (folded + rest + b"\r\n").decode()
