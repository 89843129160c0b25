"""The metadata formats that records are given in: those exports that are XML."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.exports.context import ExportContext
from app.exports.formats import FORMATS
from app.exports.metadata.xml_text import DECLARATION
from app.exports.record import Record


@dataclass(frozen=True, slots=True)
class MetadataFormat:
    """`export` is the name of the format; a single record in it is one element with its namespaces."""

    prefix: str
    export: str
    schema: str
    namespace: str

    def render(self, record: Record, context: ExportContext) -> str:
        return FORMATS[self.export].render((record,), context).removeprefix(DECLARATION)


METADATA_FORMATS: Final[Mapping[str, MetadataFormat]] = {
    each.prefix: each
    for each in (
        MetadataFormat(
            "oai_dc",
            "dc",
            "http://www.openarchives.org/OAI/2.0/oai_dc.xsd",
            "http://www.openarchives.org/OAI/2.0/oai_dc/",
        ),
        *(
            MetadataFormat(
                prefix,
                "datacite-xml",
                "http://schema.datacite.org/meta/kernel-4.6/metadata.xsd",
                "http://datacite.org/schema/kernel-4",
            )
            for prefix in ("oai_datacite", "datacite")  # the first is what aggregators ask for
        ),
        MetadataFormat(
            "marcxml",
            "marcxml",
            "http://www.loc.gov/standards/marcxml/schema/MARC21slim.xsd",
            "http://www.loc.gov/MARC21/slim",
        ),
        MetadataFormat(
            "mods",
            "mods",
            "http://www.loc.gov/standards/mods/v3/mods-3-7.xsd",
            "http://www.loc.gov/mods/v3",
        ),
    )
}
