"""A record as the DataCite Metadata Schema 4.6 has it, with the names of its JSON."""

from collections.abc import Mapping
from typing import Final

from app.exports.record import ContainerRecord, ItemType, Name, Record
from app.kit.clock import rfc3339
from app.kit.json_types import JsonObject

SCHEMA_VERSION: Final = "http://datacite.org/schema/kernel-4"
UNAVAILABLE: Final = ":unav"
"""What stands for a value that must be there and is not known (appendix 3 of the schema's documentation)."""
UNKNOWN_YEAR: Final = "0000"

RESOURCE_TYPES: Final[Mapping[ItemType, str]] = {
    "article": "Preprint",
    "article-journal": "JournalArticle",
    "article-magazine": "Text",
    "book": "Book",
    "broadcast": "Audiovisual",
    "chapter": "BookChapter",
    "collection": "Collection",
    "dataset": "Dataset",
    "event": "Event",
    "figure": "Image",
    "graphic": "Image",
    "map": "Image",
    "motion_picture": "Audiovisual",
    "paper-conference": "ConferencePaper",
    "periodical": "Journal",
    "report": "Report",
    "software": "Software",
    "song": "Sound",
    "speech": "Text",
    "standard": "Standard",
    "thesis": "Dissertation",
}
"""`resourceTypeGeneral`; what is not here is text."""

CONTRIBUTOR_TYPES: Final[Mapping[str, str]] = {
    "editor": "Editor",
    "producer": "Producer",
    "project_leader": "ProjectLeader",
    "project_member": "ProjectMember",
    "translator": "Translator",
}
"""`contributorType` by the catalogue's roles; all others are `Other`."""


def attributes(record: Record) -> JsonObject:
    """Members that are empty are left out; creators, publisher, year and type are always there."""
    date = record.issued or record.cited_date
    known: JsonObject = {
        "doi": record.doi,
        "identifiers": _identifiers(record),
        "creators": [_person(name) for name in record.names_of("author")] or [{"name": UNAVAILABLE}],
        "titles": [{"title": record.title}],
        "publisher": {"name": record.cited_publisher or UNAVAILABLE},
        "publicationYear": date.text[:4] if date else UNKNOWN_YEAR,
        "types": {
            "resourceTypeGeneral": RESOURCE_TYPES.get(record.type, "Text"),
            "resourceType": record.format or record.type,
        },
        "subjects": [
            {"subject": each.label, "subjectScheme": each.scheme, "valueUri": each.url} for each in record.subjects
        ],
        "contributors": [_contributor(name) for name in record.names_but("author")],
        "dates": _dates(record),
        "language": record.language,
        "relatedIdentifiers": [
            {"relatedIdentifier": each.page_url, "relatedIdentifierType": "URL", "relationType": each.relation}
            for each in record.related
        ],
        "relatedItems": _related_items(record),
        "sizes": [record.duration] if record.duration else [],
        "version": record.edition,
        "rightsList": _rights(record),
        "descriptions": _descriptions(record),
        "geoLocations": [{"geoLocationPlace": place} for place in (record.nation, record.event_place) if place],
        "fundingReferences": [
            _known(
                {"funderName": each.funder, "awardNumber": each.number, "awardUri": each.url, "awardTitle": each.title}
            )
            for each in record.awards
        ],
        "url": record.url,
        "schemaVersion": SCHEMA_VERSION,
    }
    return _known(known)


def _known(members: JsonObject) -> JsonObject:
    return {name: value for name, value in members.items() if value}


def _person(name: Name) -> JsonObject:
    if name.family:
        parts = {"givenName": name.given, "familyName": name.family}
        return _known({"name": name.inverted, "nameType": "Personal", **parts})
    return {"name": name.literal, "nameType": "Organizational"}


def _contributor(name: Name) -> JsonObject:
    return _person(name) | {"contributorType": CONTRIBUTOR_TYPES.get(name.function or name.role, "Other")}


def _identifiers(record: Record) -> list[JsonObject]:
    """Those beside the DOI; our own page is always one."""
    found = [("URL", record.page_url)] if record.page_url else []
    found += [(scheme.upper(), value) for scheme, value in record.identifiers if scheme not in ("doi", "url")]
    return [{"identifier": value, "identifierType": scheme} for scheme, value in found]


def _dates(record: Record) -> list[JsonObject]:
    span = record.start and (f"{record.start}/{record.end}" if record.end else record.start.text)
    kind = "Valid" if record.type == "event" else "Collected"
    first, issued = record.issued, record.cover_date or record.issued
    found = [
        (first.text if first and record.cover_date else None, "Available"),
        (issued.text if issued else None, "Issued"),
        (span, kind),
        (rfc3339(record.updated_at) if record.updated_at else None, "Updated"),
    ]
    return [{"date": date, "dateType": kind} for date, kind in found if date]


def _related_items(record: Record) -> list[JsonObject]:
    """What it was published in."""
    if not record.container_title:
        return []
    first, last = record.page_range or (None, None)
    kind = "Journal" if record.type.startswith("article") else "Book" if record.type == "chapter" else "Other"
    item: JsonObject = {
        "relatedItemType": kind,
        "relationType": "IsPublishedIn",
        "relatedItemIdentifier": _container_identifier(record),
        "titles": [{"title": record.container_title}],
        "volume": record.cited_volume,
        "issue": record.issue,
        "number": record.number,
        "numberType": "Article" if record.number else None,
        "firstPage": first,
        "lastPage": last,
    }
    return [_known(item | (_book(record.container) if record.container else {}))]


def _container_identifier(record: Record) -> JsonObject | None:
    """Of a journal its ISSN, of a book its DOI or its first ISBN."""
    book = record.container
    known = [(record.issn, "ISSN")]
    known += [(book.doi, "DOI"), (next(iter(book.isbns), None), "ISBN"), (book.page_url, "URL")] if book else []
    found = ((value, kind) for value, kind in known if value)
    value, kind = next(found, (None, ""))
    return {"relatedItemIdentifier": value, "relatedItemIdentifierType": kind} if value else None


def _book(book: ContainerRecord) -> JsonObject:
    return {
        "creators": [_person(name) for name in book.names if name.role == "author"],
        "publicationYear": book.issued.text[:4] if book.issued else None,
        "publisher": book.publisher,
        "edition": book.edition,
        "contributors": [_contributor(name) for name in book.names if name.role != "author"],
    }


def _rights(record: Record) -> list[JsonObject]:
    if not (record.licence_id or record.licence_url):
        return []
    named = {"rightsIdentifier": record.licence_id, "rightsIdentifierScheme": record.licence_id and "SPDX"}
    return [_known({"rights": record.licence_id, "rightsUri": record.licence_url, **named})]


def _descriptions(record: Record) -> list[JsonObject]:
    found = [(record.abstract, "Abstract"), (", ".join(record.methods), "Methods"), (record.note, "Other")]
    found.append((record.collection_title, "SeriesInformation"))
    return [{"description": text, "descriptionType": kind} for text, kind in found if text]
