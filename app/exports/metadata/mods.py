"""MODS 3.7, the Metadata Object Description Schema of the Library of Congress."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from app.exports.context import ExportContext
from app.exports.metadata.xml_text import XmlAttributes, branch, document, leaf
from app.exports.record import ContainerRecord, ItemType, Name, Record
from app.kit.clock import rfc3339
from app.kit.values.partial_dates import PartialDate

_NAMESPACES: Final[XmlAttributes] = {
    "xmlns": "http://www.loc.gov/mods/v3",
    "xmlns:xlink": "http://www.w3.org/1999/xlink",
    "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "xsi:schemaLocation": "http://www.loc.gov/mods/v3 http://www.loc.gov/standards/mods/v3/mods-3-7.xsd",
}
_RESOURCE_TYPES: Final[Mapping[ItemType, str]] = {
    "broadcast": "moving image",
    "dataset": "software, multimedia",
    "figure": "still image",
    "graphic": "still image",
    "map": "cartographic",
    "motion_picture": "moving image",
    "software": "software, multimedia",
    "song": "sound recording",
}


def pieces(records: Iterable[Record], _: ExportContext) -> Iterator[str]:
    """One `modsCollection`, with a `mods` for each record."""
    own = (branch("mods", *_elements(record), attributes={"version": "3.7"}) for record in records)
    return document(own, root="modsCollection", attributes=_NAMESPACES)


def _elements(record: Record) -> Iterator[str]:
    number = None if record.collection_title else record.volume_of_itself
    yield branch("titleInfo", leaf("title", record.title), leaf("partNumber", number))
    yield from map(_name, record.names)
    yield leaf("typeOfResource", _RESOURCE_TYPES.get(record.type, "text"))
    yield leaf("genre", record.format)
    yield _origin(record)
    language = leaf("languageTerm", record.language, {"type": "code", "authority": "rfc5646"})
    yield branch("language", language)
    yield branch("physicalDescription", leaf("extent", record.duration))
    yield leaf("abstract", record.abstract)
    yield leaf("note", record.note)
    yield from (leaf("note", _award(each), {"type": "funding"}) for each in record.awards)
    yield from (branch("subject", leaf("topic", keyword)) for keyword in record.keywords)
    yield branch("subject", leaf("geographic", record.nation))
    yield _host(record)
    yield _series(record)
    yield from (
        branch(
            "relatedItem",
            branch("titleInfo", leaf("title", each.label)),
            branch("location", leaf("url", each.page_url)),
        )
        for each in record.related
    )
    yield leaf("identifier", record.doi, {"type": "doi"})
    yield from (leaf("identifier", number, {"type": "isbn"}) for number in record.isbns)
    yield branch("location", leaf("url", record.url, {"usage": "primary"}))
    yield leaf(
        "accessCondition",
        record.licence_id or record.licence_url,
        {"type": "use and reproduction", "xlink:href": record.licence_url},
    )
    changed = rfc3339(record.updated_at) if record.updated_at else None
    yield branch(
        "recordInfo",
        leaf("recordChangeDate", changed, {"encoding": "w3cdtf"}),
        leaf("recordIdentifier", record.id),
    )


def _name(name: Name) -> str:
    role = branch("role", leaf("roleTerm", name.function or name.role, {"type": "text"}))
    if name.family:
        given = leaf("namePart", name.given, {"type": "given"})
        family = leaf("namePart", name.family, {"type": "family"})
        return branch("name", family, given, role, attributes={"type": "personal"})
    return branch("name", leaf("namePart", name.literal), role, attributes={"type": "corporate"})


def _origin(record: Record) -> str:
    place, date = record.publisher_place or record.event_place, record.issued or record.event_date
    return _issue(place, record.publisher, date, record.edition, is_key="yes")


def _issue(
    place: str | None, publisher: str | None, date: PartialDate | None, edition: str | None, is_key: str | None = None
) -> str:
    return branch(
        "originInfo",
        branch("place", leaf("placeTerm", place, {"type": "text"})),
        leaf("publisher", publisher),
        leaf("dateIssued", date.text if date else None, {"encoding": "w3cdtf", "keyDate": is_key}),
        leaf("edition", edition),
    )


def _host(record: Record) -> str:
    """What it is in, and where in it."""
    if not record.container_title:
        return ""
    book = record.container
    first, last = record.page_range or (None, None)
    details = [("volume", record.cited_volume), ("issue", record.issue), ("article", record.number)]
    return branch(
        "relatedItem",
        branch("titleInfo", leaf("title", record.container_title)),
        *_book(book),
        leaf("identifier", record.issn, {"type": "issn"}),
        branch(
            "part",
            *(branch("detail", leaf("number", number), attributes={"type": kind}) for kind, number in details),
            branch("extent", leaf("start", first), leaf("end", last), attributes={"unit": "pages"}),
            leaf("date", record.cover_date.text if record.cover_date else None, {"encoding": "w3cdtf"}),
        ),
        attributes={"type": "host"},
    )


def _book(book: ContainerRecord | None) -> Iterator[str]:
    if book is None:
        return
    yield from map(_name, book.names)
    yield _issue(None, book.publisher, book.issued, book.edition)
    yield branch("relatedItem", branch("titleInfo", leaf("title", book.series)), attributes={"type": "series"})
    yield leaf("identifier", book.doi, {"type": "doi"})
    yield from (leaf("identifier", number, {"type": "isbn"}) for number in book.isbns)
    yield branch("location", leaf("url", book.page_url))


def _series(record: Record) -> str:
    if not record.collection_title:
        return ""
    number = leaf("partNumber", record.volume_of_itself)
    title = branch("titleInfo", leaf("title", record.collection_title), number)
    return branch("relatedItem", title, attributes={"type": "series"})


def _award(award: tuple[str | None, ...]) -> str:
    return ", ".join(part for part in award if part)
