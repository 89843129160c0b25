"""Every representation there is. A new format is a module with `pieces` and a line here."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal

from app.exports import calendar, checklist, csv_table, markdown, ndjson
from app.exports.bibliography import biblatex, bibtex, citations, csl, ris
from app.exports.context import ExportContext
from app.exports.metadata import datacite_json, datacite_xml, dublin_core, marcxml, mods
from app.exports.rdf import linked_data, schema_org, skos

View = Literal["document", "record", "concept", "agent", "checklist", "occasion"]
"""What formats are made of: documents as they are published (bytes of JSON), or what a kind makes of them. An occasion
is the record of something that takes place."""

Pieces = Callable[[Iterable[Any], ExportContext], Iterator[str]]
"""Text in a format, bit by bit, so that lists of any length can be sent in it."""

DEFAULT_CONTEXT: Final = ExportContext()


@dataclass(frozen=True, slots=True)
class Format:
    """A representation: `name` as in `?as=`, `extension` without its dot, `media_type` as it is sent.

    `views` says what it is made of, and how; it is empty for the native representation. The kinds that have one of the
    views have the format. `file_extension` is that of a file saved under it, where that is another one.
    """

    name: str
    label: str
    media_type: str
    extension: str
    views: Mapping[View, Pieces]
    file_extension: str | None = None
    json_type: Literal["array", "object", "either"] | None = None
    """Of what is one JSON value."""
    is_formatted: bool = False
    """Whether it is made for reading, in styles and locales: that takes long, so lists of it come by the page."""
    is_page: bool = False
    """Whether a browser shows it, and it is no file to be saved."""

    @property
    def is_native(self) -> bool:
        return not self.views

    def render(self, items: Iterable[Any], context: ExportContext = DEFAULT_CONTEXT, *, of: View = "record") -> str:
        """The whole text. Raises KeyError for a view that it is not made of."""
        return "".join(self.views[of](items, context))

    def file_name(self, stem: str) -> str:
        """What a file with it is called (RFC 6266): plain letters, so that it needs no encoding."""
        return f"{stem}.{self.file_extension or self.extension}"


JSON = Format("json", "JSON", "application/json", "json", {})

CITATION = Format(
    "citation",
    "Formatted citation",
    "text/x-bibliography; charset=utf-8",
    "citation",
    {"record": citations.pieces},
    is_formatted=True,
)

FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        each.name: each
        for each in (
            JSON,
            Format(
                "csl",
                "CSL-JSON",
                "application/vnd.citationstyles.csl+json",
                "csl",
                {"record": csl.pieces},
                file_extension="csl.json",
                json_type="array",
            ),
            Format("bibtex", "BibTeX", "application/x-bibtex", "bib", {"record": bibtex.pieces}),
            Format("ris", "RIS", "application/x-research-info-systems", "ris", {"record": ris.pieces}),
            Format("csv", "CSV", "text/csv; charset=utf-8; header=present", "csv", {"record": csv_table.pieces}),
            Format(
                "jsonld",
                "JSON-LD",
                "application/ld+json",
                "jsonld",
                {"record": schema_org.pieces, "concept": skos.json_pieces, "agent": schema_org.agent_pieces},
                json_type="object",
            ),
            Format(
                "turtle",
                "Turtle",
                "text/turtle; charset=utf-8",
                "ttl",
                {
                    "record": linked_data.record_turtle,
                    "concept": skos.turtle_pieces,
                    "agent": linked_data.agent_turtle,
                },
            ),
            CITATION,
            Format(
                "biblatex",
                "BibLaTeX",
                "application/x-biblatex",
                "biblatex",
                {"record": biblatex.pieces},
                file_extension="bib",
            ),
            Format(
                "datacite",
                "DataCite JSON",
                "application/vnd.datacite.datacite+json",
                "datacite",
                {"record": datacite_json.pieces},
                file_extension="datacite.json",
                json_type="either",
            ),
            Format(
                "datacite-xml",
                "DataCite XML",
                "application/vnd.datacite.datacite+xml",
                "datacite-xml",
                {"record": datacite_xml.pieces},
                file_extension="datacite.xml",
            ),
            Format(
                "dc",
                "Dublin Core",
                "application/x-dc+xml",
                "dc",
                {"record": dublin_core.pieces},
                file_extension="dc.xml",
            ),
            Format(
                "marcxml",
                "MARCXML",
                "application/marcxml+xml",
                "marcxml",
                {"record": marcxml.pieces},
                file_extension="marc.xml",
            ),
            Format("mods", "MODS", "application/mods+xml", "mods", {"record": mods.pieces}, file_extension="mods.xml"),
            Format("markdown", "Markdown", "text/markdown; charset=utf-8", "md", {"record": markdown.pieces}),
            Format("ical", "iCalendar", "text/calendar; charset=utf-8", "ics", {"occasion": calendar.pieces}),
            Format(
                "checklist",
                "Checklist",
                "text/html; charset=utf-8",
                "checklist",
                {"checklist": checklist.html_pieces},
                file_extension="html",
                is_page=True,
            ),
            Format(
                "checklist-markdown",
                "Checklist as Markdown",
                "text/markdown; charset=utf-8; variant=GFM",
                "checklist-md",
                {"checklist": checklist.markdown_pieces},
                file_extension="md",
            ),
            Format(
                "checklist-csv",
                "Checklist as CSV",
                "text/csv; charset=utf-8; header=present; profile=checklist",
                "checklist-csv",
                {"checklist": checklist.csv_pieces},
                file_extension="checklist.csv",
            ),
            Format("ndjson", "NDJSON", "application/jsonl", "ndjson", {"document": ndjson.pieces}),
        )
    }
)
BY_EXTENSION: Mapping[str, Format] = MappingProxyType({each.extension: each for each in FORMATS.values()})
BY_MEDIA_TYPE: Mapping[str, Format] = MappingProxyType({each.media_type: each for each in FORMATS.values()})
MEDIA_TYPES: tuple[str, ...] = tuple(BY_MEDIA_TYPE)
"""What can be offered, the native representation first."""
