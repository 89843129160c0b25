"""RIS, the tagged lines of reference managers (Research Information Systems, 2011 tags)."""

from collections.abc import Iterable, Iterator
from itertools import chain

from app.exports.context import ExportContext
from app.exports.record import CslRole, ItemType, Record
from app.kit.text.characters import single_line
from app.kit.values.partial_dates import PartialDate

_TYPES: dict[ItemType, str] = {
    "article-journal": "JOUR",
    "article-magazine": "MGZN",
    "article-newspaper": "NEWS",
    "book": "BOOK",
    "broadcast": "VIDEO",
    "chapter": "CHAP",
    "dataset": "DATA",
    "entry-dictionary": "DICT",
    "entry-encyclopedia": "ENCYC",
    "figure": "FIGURE",
    "graphic": "FIGURE",
    "manuscript": "UNPB",
    "map": "MAP",
    "motion_picture": "VIDEO",
    "pamphlet": "PAMP",
    "paper-conference": "CPAPER",
    "post": "ICOMM",
    "post-weblog": "BLOG",
    "report": "RPRT",
    "software": "COMP",
    "song": "SOUND",
    "standard": "STAND",
    "thesis": "THES",
    "webpage": "ELEC",
}
_NAMES: dict[CslRole, str] = {"author": "AU", "editor": "A2", "container-author": "A2", "collection-editor": "A3"}

TaggedField = tuple[str, str | None]


def pieces(records: Iterable[Record], _: ExportContext) -> Iterator[str]:
    """Records one after another, each closed by ER and a blank line, lines ended by CR LF."""
    return map(_reference, records)


def _reference(record: Record) -> str:
    fields = chain(_title(record), _names(record), _place(record), _identifiers(record), _about(record))
    texts = ((tag, single_line(value or "")) for tag, value in fields)
    return "".join(f"{tag}  - {text}\r\n" for tag, text in texts if text) + "ER  - \r\n\r\n"


def _title(record: Record) -> Iterator[TaggedField]:
    yield "TY", _TYPES.get(record.type, "GEN")
    yield "ID", record.id
    yield "TI", record.title
    whole = record.container_title or record.event_title
    yield "T2", whole if whole != record.title else None
    yield "T3", record.cited_series


def _names(record: Record) -> Iterator[TaggedField]:
    yield from ((_NAMES.get(name.role, "A4"), name.inverted) for name in record.cited_names)


def _place(record: Record) -> Iterator[TaggedField]:
    if date := record.cited_date:
        yield "PY", date.text[:4]
        yield "DA", _date(date)
    yield "VL", record.cited_volume
    yield "IS", record.issue
    first, last = record.page_range or (None, None)
    yield "SP", first
    yield "EP", last
    yield "C7" if record.type == "article-journal" else "M1", record.number
    yield "ET", record.cited_edition
    yield "PB", record.cited_publisher
    yield "CY", record.publisher_place or record.event_place


def _date(date: PartialDate) -> str | None:
    """YYYY/MM/DD/, what is unknown left empty; a year alone is said by PY."""
    if len(date.parts) == 1:
        return None
    return "/".join((*date.text.split("-"), "")[:3]) + "/"


def _identifiers(record: Record) -> Iterator[TaggedField]:
    yield from (("SN", number) for number in (*record.cited_isbns, record.issn))
    yield "DO", record.doi
    # A semicolon parts two addresses within one UR.
    yield "UR", record.url and record.url.replace(";", "%3B")


def _about(record: Record) -> Iterator[TaggedField]:
    yield "M3", record.genre or record.medium
    yield from (("KW", keyword) for keyword in record.keywords)
    yield "LA", record.language
    yield "AB", record.abstract
    yield "N1", record.note
    yield "N1", f"First public: {record.issued}" if record.cover_date and record.issued else None
    yield "N1", record.duration and f"Duration: {record.duration}"
    if record.licence_id or record.licence_url:
        yield "N1", f"Licence: {record.licence_id or ''} {record.licence_url or ''}"
