"""The metadata formats that records are given in."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from app.exports.record import Record
from app.harvest.oai.xml_text import element, leaf

XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"


@dataclass(frozen=True, slots=True)
class MetadataFormat:
    """`render` makes one element, with its namespaces."""

    prefix: str
    schema: str
    namespace: str
    render: Callable[[Record], str]


OAI_DC: Final = "http://www.openarchives.org/OAI/2.0/oai_dc/"
OAI_DC_SCHEMA: Final = "http://www.openarchives.org/OAI/2.0/oai_dc.xsd"
OAI_DC_NAMESPACES: Final = {
    "xmlns:oai_dc": OAI_DC,
    "xmlns:dc": "http://purl.org/dc/elements/1.1/",
    "xmlns:xsi": XSI,
    "xsi:schemaLocation": f"{OAI_DC} {OAI_DC_SCHEMA}",
}


def dublin_core(record: Record) -> str:
    """Unqualified Dublin Core, which every repository has (section 2.5)."""
    statements = (leaf(f"dc:{name}", value) for name, value in _statements(record) if value)
    return element("oai_dc:dc", statements, OAI_DC_NAMESPACES)


def _statements(record: Record) -> Iterator[tuple[str, str | None]]:
    yield "title", record.title
    yield from (("creator", name.inverted) for name in record.names_of("author"))
    yield from (("subject", keyword) for keyword in record.keywords)
    yield "description", record.abstract
    yield "publisher", record.publisher
    yield from (("contributor", name.inverted) for name in record.names_but("author"))
    yield "date", record.issued.text if record.issued else None
    yield "type", record.genre
    yield "identifier", f"https://doi.org/{record.doi}" if record.doi else None
    yield "identifier", record.url
    yield from (("identifier", f"urn:isbn:{number}") for number in record.isbns)
    yield "source", record.container_title
    yield "language", record.language
    yield "rights", record.licence_url or record.licence_id


METADATA_FORMATS: Final[Mapping[str, MetadataFormat]] = {
    each.prefix: each for each in (MetadataFormat("oai_dc", OAI_DC_SCHEMA, OAI_DC, dublin_core),)
}
