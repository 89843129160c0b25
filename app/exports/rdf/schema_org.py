"""schema.org in JSON-LD, as search engines read it."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from app.exports.agent import Agent
from app.exports.context import ExportContext
from app.exports.record import ContainerRecord, ItemType, Name, Record
from app.kit.clock import rfc3339
from app.kit.json_types import JsonObject

CONTEXT: Final = "https://schema.org"
TYPES: Final[Mapping[ItemType, str]] = {
    "article": "ScholarlyArticle",
    "article-journal": "ScholarlyArticle",
    "article-magazine": "Article",
    "article-newspaper": "NewsArticle",
    "book": "Book",
    "broadcast": "VideoObject",
    "chapter": "Chapter",
    "collection": "Collection",
    "dataset": "Dataset",
    "event": "Event",
    "figure": "ImageObject",
    "graphic": "ImageObject",
    "interview": "Article",
    "map": "Map",
    "motion_picture": "VideoObject",
    "paper-conference": "ScholarlyArticle",
    "periodical": "Periodical",
    "post": "SocialMediaPosting",
    "post-weblog": "BlogPosting",
    "report": "Report",
    "review": "Review",
    "software": "SoftwareApplication",
    "song": "AudioObject",
    "speech": "PresentationDigitalDocument",
    "thesis": "Thesis",
    "webpage": "WebPage",
}
"""What is not here is a `CreativeWork`."""

_PODCAST: Final = ("format", "podcast")

_ROLES: Final[Mapping[str, str]] = {"author": "author", "editor": "editor", "translator": "translator"}
_WITH_PARTS: Final = frozenset({"article-journal", "article-magazine", "article-newspaper"})


def pieces(records: Iterable[Record], context: ExportContext) -> Iterator[str]:
    """A node for a single thing; a list is a graph."""
    if context.is_single:
        yield from (json.dumps(describe(record, record.page_url), ensure_ascii=False) for record in records)
        return
    yield f'{{"@context": "{CONTEXT}", "@graph": ['
    for place, record in enumerate(records):
        yield f"{',' if place else ''}\n{json.dumps(_node(record, record.page_url), ensure_ascii=False)}"
    yield "\n]}"


def agent_pieces(agents: Iterable[Agent], context: ExportContext) -> Iterator[str]:
    """As `pieces`, of people and organisations."""
    if context.is_single:
        yield from (json.dumps({"@context": CONTEXT, **_agent(agent)}, ensure_ascii=False) for agent in agents)
        return
    yield f'{{"@context": "{CONTEXT}", "@graph": ['
    for place, agent in enumerate(agents):
        yield f"{',' if place else ''}\n{json.dumps(_agent(agent), ensure_ascii=False)}"
    yield "\n]}"


def _agent(agent: Agent) -> JsonObject:
    members = {
        "@type": "Person" if agent.is_person else "Organization",
        "@id": agent.page_url,
        "url": agent.page_url,
        "name": agent.name,
        "familyName": agent.family,
        "givenName": agent.given,
        "alternateName": list(agent.alternative_names),
        "description": agent.description,
        "affiliation": [{"@id": each} for each in agent.affiliations],
        "sameAs": list(agent.same_as),
    }
    return {name: value for name, value in members.items() if value}


def describe(record: Record, page: str) -> JsonObject:
    """`page` is the address of the record's own page. Members without a value are left out."""
    return {"@context": CONTEXT, **_node(record, page)}


def _node(record: Record, page: str) -> JsonObject:
    members = _event(record, page) if record.type == "event" else _work(record, page)
    return {name: value for name, value in members.items() if value not in (None, "", [], {})}


def _thing(record: Record, page: str) -> JsonObject:
    kind = schema_type(record)
    return {
        "@type": kind,
        "@id": page,
        "url": page,
        "name": record.title,
        "headline": record.title if "Article" in kind or kind == "BlogPosting" else None,
        "description": record.abstract,
        "identifier": _identifiers(record),
        "sameAs": record.url if record.url != page else None,
    }


def schema_type(record: Record) -> str:
    if record.type == "broadcast" and any((each.scheme, each.slug) == _PODCAST for each in record.subjects):
        return "PodcastEpisode"
    return TYPES.get(record.type, "CreativeWork")


def _work(record: Record, page: str) -> JsonObject:
    first, last = record.page_range or (None, None)
    return {
        **_thing(record, page),
        **_people(record.names),
        "datePublished": record.issued.text if record.issued else None,
        "dateModified": rfc3339(record.updated_at) if record.updated_at else None,
        "isPartOf": _whole(record),
        "position": record.volume_of_itself,
        "publisher": _publisher(record.cited_publisher),
        "pageStart": first if last else None,
        "pageEnd": last,
        "pagination": record.pages,
        "bookEdition": record.edition if record.type == "book" else None,
        "isbn": list(record.isbns),
        "genre": record.genre,
        "keywords": list(record.keywords),
        "about": [
            {"@type": "DefinedTerm", "@id": each.url, "name": each.label, "inDefinedTermSet": each.scheme}
            for each in record.subjects
            if each.scheme != "format"
        ],
        "inLanguage": record.language,
        "license": record.licence_url or record.licence_id,
        "isAccessibleForFree": {"open": True, "restricted": False}.get(record.access or ""),
        "duration": record.duration,
        "spatialCoverage": record.nation,
        "temporalCoverage": _span(record),
        "funding": [
            {
                "@type": "Grant",
                "identifier": each.number,
                "name": each.title,
                "url": each.url,
                "funder": {"@type": "Organization", "name": each.funder},
            }
            for each in record.awards
        ],
    }


def _event(record: Record, page: str) -> JsonObject:
    mode = {True: "OnlineEventAttendanceMode", False: "OfflineEventAttendanceMode"}
    online = mode[record.is_online] if record.is_online is not None else None
    people = _people(record.names)
    return {
        **_thing(record, page),
        "startDate": record.start.text if record.start else None,
        "endDate": record.end.text if record.end else None,
        "location": {"@type": "Place", "name": record.event_place} if record.event_place else None,
        "eventAttendanceMode": online and f"{CONTEXT}/{online}",
        "performer": people.get("author"),
        "contributor": people.get("contributor"),
        "keywords": list(record.keywords),
        "inLanguage": record.language,
    }


def _people(names: Iterable[Name]) -> dict[str, list[JsonObject]]:
    found: dict[str, list[JsonObject]] = {}
    for name in names:
        found.setdefault(_ROLES.get(name.role, "contributor"), []).append(_person(name))
    return found


def _person(name: Name) -> JsonObject:
    page = {"@id": name.page_url} if name.page_url else {}
    if not name.family:
        return {"@type": "Organization", **page, "name": name.literal}
    given = {"givenName": name.given} if name.given else {}
    return {"@type": "Person", **page, "name": name.spoken, **given, "familyName": name.family}


def _identifiers(record: Record) -> list[JsonObject]:
    return [
        {"@type": "PropertyValue", "propertyID": scheme, "value": value}
        for scheme, value in record.identifiers
        if scheme != "url"
    ]


def _whole(record: Record) -> JsonObject | None:
    """A journal with its volume and issue, a book, a series."""
    if record.container_title is None:
        return {"@type": "CreativeWorkSeries", "name": record.collection_title} if record.collection_title else None
    if record.container is not None:
        return _book(record.container)
    if record.type not in _WITH_PARTS:
        kind = "Book" if record.type == "chapter" else "CreativeWork"
        named = {"@type": kind, "name": record.container_title}
        return named | ({"position": record.volume} if record.volume else {})
    whole: JsonObject = {"@type": "Periodical", "name": record.container_title}
    if record.issn:
        whole["issn"] = record.issn
    if record.volume:
        whole = {"@type": "PublicationVolume", "volumeNumber": record.volume, "isPartOf": whole}
    if not record.issue:
        return whole
    issue: JsonObject = {"@type": "PublicationIssue", "issueNumber": record.issue, "isPartOf": whole}
    return issue | ({"datePublished": record.cover_date.text} if record.cover_date else {})


def _book(book: ContainerRecord) -> JsonObject:
    members = {
        "@type": "Book",
        "@id": book.page_url,
        "name": book.title,
        **_people(book.names),
        "publisher": _publisher(book.publisher),
        "datePublished": book.issued.text if book.issued else None,
        "bookEdition": book.edition,
        "isbn": list(book.isbns),
        "sameAs": book.doi and f"https://doi.org/{book.doi}",
        "position": book.volume,
        "isPartOf": {"@type": "BookSeries", "name": book.series} if book.series else None,
    }
    return {name: value for name, value in members.items() if value}


def _publisher(name: str | None) -> JsonObject | None:
    return {"@type": "Organization", "name": name} if name else None


def _span(record: Record) -> str | None:
    """An interval of ISO 8601."""
    if record.start is None:
        return None
    return f"{record.start}/{record.end}" if record.end else record.start.text
