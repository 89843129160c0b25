"""MARC 21 bibliographic records in XML (MARCXML), described by the rules of RDA as far as is known."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from app.exports.context import ExportContext
from app.exports.metadata.xml_text import XmlAttributes, branch, document, leaf
from app.exports.record import ContainerRecord, ItemType, Name, Record
from app.kit.values.durations import to_seconds

_NAMESPACES: Final[XmlAttributes] = {
    "xmlns": "http://www.loc.gov/MARC21/slim",
    "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "xsi:schemaLocation": "http://www.loc.gov/MARC21/slim http://www.loc.gov/standards/marcxml/schema/MARC21slim.xsd",
}
_RECORD_TYPES: Final[Mapping[ItemType, str]] = {
    "article-journal": "ab",
    "article-magazine": "ab",
    "article-newspaper": "ab",
    "broadcast": "gm",
    "chapter": "aa",
    "dataset": "mm",
    "figure": "km",
    "graphic": "km",
    "map": "em",
    "motion_picture": "gm",
    "paper-conference": "aa",
    "post-weblog": "ab",
    "software": "mm",
    "song": "jm",
}
"""Type of record and bibliographic level (leader, positions 06 and 07); what is not here is a monograph."""

_ROLES: Final[Mapping[str, str]] = {
    "author": "aut",
    "editor": "edt",
    "illustrator": "ill",
    "interviewer": "ivr",
    "interviewee": "ive",
    "presenter": "pre",
    "producer": "pro",
    "project_leader": "rth",
    "project_member": "rtm",
    "speaker": "spk",
    "translator": "trl",
}
"""Codes of the MARC relators; everybody else is a contributor."""


def pieces(records: Iterable[Record], _: ExportContext) -> Iterator[str]:
    """One `collection`, with a `record` for each."""
    own = (branch("record", *_fields(record)) for record in records)
    return document(own, root="collection", attributes=_NAMESPACES)


def _fields(record: Record) -> Iterator[str]:
    yield leaf("leader", f"00000n{_RECORD_TYPES.get(record.type, 'am')} a2200000 i 4500")
    yield leaf("controlfield", record.id, {"tag": "001"})
    if record.updated_at:
        yield leaf("controlfield", record.updated_at.strftime("%Y%m%d%H%M%S.0"), {"tag": "005"})
    yield leaf("controlfield", _fixed_length(record), {"tag": "008"})
    yield from (_field("020", "  ", ("a", number)) for number in record.isbns)
    yield _field("024", "7 ", ("a", record.doi), ("2", record.doi and "doi"))
    yield _field("041", " 7", ("a", record.language), ("2", record.language and "rfc5646"))
    yield from _people(record)
    yield _field("250", "  ", ("a", record.edition))
    yield from _publication(record)
    yield _field("306", "  ", ("a", _playing_time(record.duration)))
    series = record.collection_title
    yield _field("490", "0 ", ("a", series), ("v", record.volume_of_itself if series else None))
    yield _field("500", "  ", ("a", record.note))
    event_date = record.event_date.text if record.event_date else None
    yield _field("518", "  ", ("d", event_date), ("p", record.event_place))
    yield _field("520", "  ", ("a", record.abstract))
    yield _field("522", "  ", ("a", record.nation))
    yield from (_field("536", "  ", ("a", each.funder), ("c", each.number)) for each in record.awards)
    yield _field("540", "  ", ("a", record.licence_id), ("u", record.licence_url))
    yield from (_field("653", "  ", ("a", keyword)) for keyword in record.keywords)
    yield _field("655", " 7", ("a", record.format), ("2", record.format and "local"))
    yield from _linked(record)
    yield _field("856", "40", ("u", record.url))


def _field(tag: str, indicators: str, *subfields: tuple[str, str | None]) -> str:
    attributes: dict[str, str | None] = {"tag": tag, "ind1": indicators[0], "ind2": indicators[1]}
    return branch(
        "datafield", *(leaf("subfield", text, {"code": code}) for code, text in subfields), attributes=attributes
    )


def _fixed_length(record: Record) -> str:
    """Field 008: when the record was made, and the year; the rest is not coded."""
    date = record.issued or record.event_date
    made = record.created_at.strftime("%y%m%d") if record.created_at else "||||||"
    year = f"s{date.text[:4]}" if date else "nuuuu"
    return f"{made}{year}    xx {'|' * 17}und d"


def _people(record: Record) -> Iterator[str]:
    authors = record.names_of("author")
    for name in authors[:1]:
        yield _name(name, "1")
    statement = "; ".join(name.spoken for name in authors) or None
    number = None if record.collection_title else record.volume_of_itself
    yield _field("245", "10" if authors else "00", ("a", record.title), ("n", number), ("c", statement))
    for name in (*authors[1:], *record.names_but("author")):
        yield _name(name, "7")


def _name(name: Name, block: str) -> str:
    code = _ROLES.get(name.function or name.role, "ctb")
    if name.family:
        return _field(f"{block}00", "1 ", ("a", name.inverted), ("4", code))
    return _field(f"{block}10", "2 ", ("a", name.literal), ("4", code))


def _publication(record: Record) -> Iterator[str]:
    date = record.issued or record.event_date
    yield _field(
        "264", " 1", ("a", record.publisher_place), ("b", record.publisher), ("c", date.text[:4] if date else None)
    )


def _playing_time(duration: str | None) -> str | None:
    """Hours, minutes and seconds, two digits each."""
    if duration is None:
        return None
    minutes, seconds = divmod(to_seconds(duration), 60)
    return f"{minutes // 60:02}{minutes % 60:02}{seconds:02}"


def _linked(record: Record) -> Iterator[str]:
    """The host item, and what else it is tied to."""
    if record.container_title:
        number = f"{record.cited_volume or ''}{f'({record.issue})' if record.issue else ''}"
        issue = f"{number} ({record.cover_date})" if record.cover_date else number
        parts = [issue.strip(), record.pages]
        where = ", ".join(part for part in parts if part) or None
        names = "; ".join(name.inverted for name in record.container.names) if record.container else None
        host = (("a", names or None), ("t", record.container_title))
        book = tuple(_of_book(record.container)) if record.container else ()
        yield _field("773", "0 ", *host, *book, ("g", where), ("x", record.issn))
    for each in record.related:
        yield _field("787", "08", ("i", each.relation), ("t", each.label), ("o", each.page_url))


def _of_book(book: ContainerRecord) -> Iterator[tuple[str, str | None]]:
    """The edition, by whom and when it was published, its series, its numbers."""
    yield "b", book.edition
    published = (book.publisher, book.issued.text[:4] if book.issued else None)
    yield "d", ", ".join(part for part in published if part) or None
    yield "k", book.series
    yield from (("z", number) for number in book.isbns)
    yield "o", book.doi
