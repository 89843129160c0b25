"""A record in the words of schema.org, as search engines read them in a page."""

from collections.abc import Mapping
from typing import Final

from app.exports.record import ItemType, Name, Record
from app.kit.json_types import JsonObject

CONTEXT: Final = "https://schema.org"
TYPES: Final[Mapping[ItemType, str]] = {
    "article-journal": "ScholarlyArticle",
    "article-magazine": "Article",
    "article-newspaper": "NewsArticle",
    "book": "Book",
    "broadcast": "VideoObject",
    "chapter": "Chapter",
    "dataset": "Dataset",
    "event": "Event",
    "graphic": "ImageObject",
    "motion_picture": "VideoObject",
    "post-weblog": "BlogPosting",
    "report": "Report",
    "thesis": "Thesis",
    "webpage": "WebPage",
}
"""Any other type is a CreativeWork."""
PODCAST: Final = ("format", "podcast")
CONTAINERS: Final[Mapping[ItemType, str]] = {"article-journal": "Periodical", "chapter": "Book"}
OPEN: Final = {"open": True, "restricted": False}


def schema_type(record: Record) -> str:
    if record.type == "broadcast" and any((each.scheme, each.slug) == PODCAST for each in record.subjects):
        return "PodcastEpisode"
    return TYPES.get(record.type, "CreativeWork")


def describe(record: Record, page: str) -> JsonObject:
    """`page` is the address of the record's own page. Members without a value are left out."""
    members: JsonObject = {
        "@context": CONTEXT,
        "@type": schema_type(record),
        "@id": page,
        "name": record.title,
        "headline": record.title if "Article" in schema_type(record) or record.type == "post-weblog" else None,
        "url": page,
        "sameAs": record.url if record.url != page else None,
        "author": [_agent(name) for name in record.names_of("author")],
        "editor": [_agent(name) for name in record.names_of("editor")],
        "datePublished": record.issued.text if record.issued else None,
        "description": record.abstract,
        "keywords": list(record.keywords),
        "inLanguage": record.language,
        "license": record.licence_url,
        "isAccessibleForFree": OPEN.get(record.access or ""),
        "publisher": {"@type": "Organization", "name": record.publisher} if record.publisher else None,
        "isPartOf": _container(record),
        "pagination": record.pages,
        "duration": record.duration,
        "identifier": [
            {"@type": "PropertyValue", "propertyID": scheme, "value": value} for scheme, value in _ids(record)
        ],
        "funding": [
            {"@type": "Grant", "identifier": each.number, "funder": {"@type": "Organization", "name": each.funder}}
            for each in record.awards
        ],
        **(_event(record) if record.type == "event" else {}),
    }
    return {name: value for name, value in members.items() if value not in (None, [], "")}


def _agent(name: Name) -> JsonObject:
    if name.literal:
        return {"@type": "Organization", "name": name.literal}
    parts = {"@type": "Person", "name": name.spoken, "givenName": name.given, "familyName": name.family}
    return {member: value for member, value in parts.items() if value}


def _ids(record: Record) -> tuple[tuple[str, str], ...]:
    return record.identifiers or ((("doi", record.doi),) if record.doi else ())


def _container(record: Record) -> JsonObject | None:
    """The journal, with its volume and issue around it, or the book."""
    if not record.container_title:
        return None
    whole: JsonObject = {"@type": CONTAINERS.get(record.type, "CreativeWork"), "name": record.container_title}
    if record.issn:
        whole["issn"] = record.issn
    if record.volume:
        whole = {"@type": "PublicationVolume", "volumeNumber": record.volume, "isPartOf": whole}
    if record.issue:
        whole = {"@type": "PublicationIssue", "issueNumber": record.issue, "isPartOf": whole}
    return whole


def _event(record: Record) -> JsonObject:
    online = "https://schema.org/OnlineEventAttendanceMode" if record.is_online else None
    start, end = record.start or record.event_date, record.end
    return {
        "startDate": start.text if start else None,
        "endDate": end.text if end else None,
        "location": {"@type": "Place", "name": record.event_place} if record.event_place else None,
        "eventAttendanceMode": online,
    }
