"""What the head of a page says to programs: Highwire's tags, which Google Scholar and Zotero read, Dublin Core, Open
Graph and schema.org."""

from collections.abc import Iterator
from typing import Final

import orjson
from markupsafe import Markup

from app.exports.rdf.schema_org import describe
from app.exports.record import Record
from app.kit.json_types import JsonObject
from app.pages.view_models.result_items import shorten

DESCRIPTION: Final = 300
"""Characters of the description that previews of a link show."""
OG_TYPES: Final = {"book": "book", "motion_picture": "video.other", "person": "profile"}
"""Of Open Graph; all else is an article."""
_UNSAFE_IN_SCRIPTS: Final = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}

Tag = tuple[str, str]
"""Name and content."""


def citation_tags(record: Record, page: str) -> Iterator[Tag]:
    """Highwire Press: one of each author, in their order."""
    yield "citation_title", record.title
    for name in record.names_of("author"):
        yield "citation_author", name.inverted
    for name in record.names_of("editor"):
        yield "citation_editor", name.inverted
    if record.issued:
        yield "citation_publication_date", record.issued.text.replace("-", "/")
    yield from _container_tags(record)
    first, last = record.page_range or (None, None)
    own = (
        ("citation_volume", record.cited_volume),
        ("citation_issue", record.issue),
        ("citation_firstpage", first),
        ("citation_lastpage", last),
        ("citation_doi", record.doi),
        ("citation_issn", record.issn),
        ("citation_publisher", record.publisher),
        ("citation_language", record.language),
        ("citation_abstract_html_url", page),
    )
    yield from ((name, value) for name, value in own if value)
    yield from (("citation_isbn", value) for value in record.isbns)
    for link in record.links:
        if link.url.partition("?")[0].lower().endswith(".pdf"):
            yield "citation_pdf_url", link.url
    yield from (("citation_keywords", keyword) for keyword in record.keywords)


def _container_tags(record: Record) -> Iterator[Tag]:
    if record.type == "report" and record.publisher:
        yield "citation_technical_report_institution", record.publisher
    if record.container_title:
        name = {"article-journal": "citation_journal_title", "chapter": "citation_inbook_title"}.get(record.type)
        yield name or "citation_series_title", record.container_title


def dublin_core_tags(record: Record, page: str) -> Iterator[Tag]:
    """Dublin Core (DC-HTML)."""
    yield "DC.title", record.title
    yield from (("DC.creator", name.inverted) for name in record.names_of("author"))
    yield from (("DC.contributor", name.inverted) for name in record.names_but("author"))
    own = (
        ("DCTERMS.issued", record.issued.text if record.issued else None),
        ("DC.description", record.abstract),
        ("DC.publisher", record.publisher),
        ("DC.language", record.language),
        ("DC.rights", record.licence_url or record.licence_id),
        ("DC.type", record.format),
        ("DC.identifier", f"doi:{record.doi}" if record.doi else page),
    )
    yield from ((name, value) for name, value in own if value)
    yield from (("DC.subject", keyword) for keyword in record.keywords)


def open_graph_tags(title: str, about: str, kind: str, page: str, site: str) -> Iterator[Tag]:
    yield "og:type", OG_TYPES.get(kind, "article")
    yield "og:title", title
    yield "og:url", page
    yield "og:site_name", site
    yield "og:locale", "en_GB"
    if about:
        yield "og:description", shorten(" ".join(about.split()), DESCRIPTION)


def structured_data(record: Record, page: str) -> Markup:
    """The JSON-LD of a record, safe in a script element."""
    return script_safe(describe(record, page))


def script_safe(data: JsonObject) -> Markup:
    """JSON in which nothing ends the script element that it stands in."""
    text = orjson.dumps(data).decode()
    for character, escape in _UNSAFE_IN_SCRIPTS.items():
        text = text.replace(character, escape)
    return Markup(text)
