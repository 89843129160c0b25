"""Dublin Core in XML, as OAI-PMH has it (`oai_dc`, DCMES 1.1)."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from app.exports.context import ExportContext
from app.exports.metadata.xml_text import XmlAttributes, branch, document, leaf
from app.exports.record import ItemType, Record

NAMESPACES: Final[XmlAttributes] = {
    "xmlns:oai_dc": "http://www.openarchives.org/OAI/2.0/oai_dc/",
    "xmlns:dc": "http://purl.org/dc/elements/1.1/",
    "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "xsi:schemaLocation": "http://www.openarchives.org/OAI/2.0/oai_dc/ http://www.openarchives.org/OAI/2.0/oai_dc.xsd",
}
DCMI_TYPES: Final[Mapping[ItemType, str]] = {
    "broadcast": "MovingImage",
    "collection": "Collection",
    "dataset": "Dataset",
    "event": "Event",
    "figure": "StillImage",
    "graphic": "StillImage",
    "map": "StillImage",
    "motion_picture": "MovingImage",
    "software": "Software",
    "song": "Sound",
}
"""Terms of the DCMI Type Vocabulary; what is not here is text."""


def pieces(records: Iterable[Record], context: ExportContext) -> Iterator[str]:
    """A single thing is one `oai_dc:dc`; a list is `records` with one for each."""
    return document(map(element, records), root=None if context.is_single else "records")


def element(record: Record) -> str:
    """The description of a record, with all its namespaces."""
    return branch("oai_dc:dc", *(leaf(f"dc:{name}", text) for name, text in _statements(record)), attributes=NAMESPACES)


def _statements(record: Record) -> Iterator[tuple[str, str | None]]:
    yield "title", record.title
    yield from (("creator", name.inverted) for name in record.names_of("author"))
    yield from (("subject", keyword) for keyword in record.keywords)
    yield "description", record.abstract
    yield "publisher", record.cited_publisher
    yield from (("contributor", name.inverted) for name in record.names_but("author"))
    date = record.issued or record.event_date
    yield "date", date.text if date else None
    yield "date", record.cover_date.text if record.cover_date else None
    yield "type", DCMI_TYPES.get(record.type, "Text")
    yield "type", record.format
    yield "identifier", record.doi and f"https://doi.org/{record.doi}"
    yield "identifier", record.page_url if record.url == record.page_url or record.doi else record.url
    yield from (("identifier", f"urn:isbn:{number}") for number in record.isbns)
    yield "source", _source(record)
    yield "language", record.language
    yield from (("relation", each.page_url) for each in record.related)
    yield "coverage", record.nation or record.event_place
    yield "rights", record.licence_url or record.licence_id


def _source(record: Record) -> str | None:
    if not record.container_title:
        return None
    number = f"{record.cited_volume or ''}{f'({record.issue})' if record.issue else ''}"
    isbns = record.container.isbns if record.container else ()
    numbers = (record.issn and f"ISSN {record.issn}", *(f"ISBN {each}" for each in isbns))
    parts = [record.container_title, number, record.pages, *numbers]
    return ", ".join(part for part in parts if part)
