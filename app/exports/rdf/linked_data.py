"""Entries, people and organisations as linked data: schema.org, DCMI Metadata Terms, and FaBiO where it has a class."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from app.exports.agent import Agent
from app.exports.context import ExportContext
from app.exports.rdf.serialisation import TYPE, Iri, Literal, PrefixedName, Statement, turtle, turtle_head
from app.exports.record import ItemType, Record
from app.kit.clock import rfc3339
from app.kit.values.identifiers import url_for
from app.kit.values.partial_dates import PartialDate

FABIO: Final[Mapping[ItemType, str]] = {
    "article-journal": "JournalArticle",
    "article-magazine": "MagazineArticle",
    "article-newspaper": "NewspaperArticle",
    "book": "Book",
    "chapter": "BookChapter",
    "paper-conference": "ConferencePaper",
    "post-weblog": "BlogPost",
    "report": "ReportDocument",
    "thesis": "Thesis",
    "webpage": "WebPage",
}
RELATIONS: Final[Mapping[str, str]] = {
    "IsPartOf": "isPartOf",
    "HasPart": "hasPart",
    "References": "references",
    "IsReferencedBy": "isReferencedBy",
    "Cites": "references",
    "IsCitedBy": "isReferencedBy",
    "IsNewVersionOf": "replaces",
    "IsPreviousVersionOf": "isReplacedBy",
    "Obsoletes": "replaces",
    "IsObsoletedBy": "isReplacedBy",
    "Requires": "requires",
    "IsRequiredBy": "isRequiredBy",
}
"""Relation types of DataCite as DCMI Metadata Terms have them; any other is a relation."""
_DATES: Final = {4: "xsd:gYear", 7: "xsd:gYearMonth", 10: "xsd:date"}
"""Datatypes by the length of what is written."""


def record_turtle(records: Iterable[Record], _: ExportContext) -> Iterator[str]:
    """A block for each."""
    yield turtle_head()
    for record in records:
        yield from turtle(record_statements(record))


def agent_turtle(agents: Iterable[Agent], _: ExportContext) -> Iterator[str]:
    """A block for each."""
    yield turtle_head()
    for agent in agents:
        yield from turtle(agent_statements(agent))


def record_statements(record: Record) -> Iterator[Statement]:
    page = record.page_url
    for predicate, value in _of_record(record):
        yield page, predicate, value


def _of_record(record: Record) -> Iterator[tuple[str, Iri | PrefixedName | Literal]]:
    yield TYPE, PrefixedName("schema:Event" if record.type == "event" else "schema:CreativeWork")
    if record.type in FABIO:
        yield TYPE, PrefixedName(f"fabio:{FABIO[record.type]}")
    yield "dcterms:title", Literal(record.title, record.language)
    if record.abstract:
        yield "dcterms:abstract", Literal(record.abstract)
    for name in record.names:
        if name.page_url:
            yield "dcterms:creator" if name.role == "author" else "dcterms:contributor", Iri(name.page_url)
    for predicate, date in (
        ("dcterms:issued", record.issued),
        ("schema:startDate", record.start),
        ("schema:endDate", record.end),
    ):
        if date is not None:
            yield predicate, _date(date)
    if record.updated_at:
        yield "dcterms:modified", Literal(rfc3339(record.updated_at), datatype="xsd:dateTime")
    if record.language:
        yield "dcterms:language", Literal(record.language)
    if record.licence_url:
        yield "dcterms:license", Iri(record.licence_url)
    for subject in record.subjects:
        yield "dcterms:type" if subject.scheme == "format" else "dcterms:subject", Iri(subject.url)
    for scheme, value in record.identifiers:
        if scheme != "url":
            yield "dcterms:identifier", Literal(f"{scheme}:{value}")
    if record.doi:
        yield "schema:sameAs", Iri(f"https://doi.org/{record.doi}")
    for scheme, value in record.identifiers:
        if scheme == "wikidata" and (address := url_for(scheme, value)):
            yield "schema:sameAs", Iri(address)
    if record.url and record.url != record.page_url and not record.doi:
        yield "schema:url", Iri(record.url)
    for each in record.related:
        yield f"dcterms:{RELATIONS.get(each.relation, 'relation')}", Iri(each.page_url)


def agent_statements(agent: Agent) -> Iterator[Statement]:
    page = agent.page_url
    yield page, TYPE, PrefixedName("schema:Person" if agent.is_person else "schema:Organization")
    yield page, "schema:name", Literal(agent.name)
    for predicate, text in (
        ("familyName", agent.family),
        ("givenName", agent.given),
        ("description", agent.description),
    ):
        if text:
            yield page, f"schema:{predicate}", Literal(text)
    for name in agent.alternative_names:
        yield page, "schema:alternateName", Literal(name)
    for address in agent.affiliations:
        yield page, "schema:affiliation", Iri(address)
    for address in agent.same_as:
        yield page, "schema:sameAs", Iri(address)


def _date(date: PartialDate) -> Literal:
    return Literal(date.text, datatype=_DATES.get(len(date.text)))
