"""DataCite XML (schema 4.6)."""

from collections.abc import Iterable, Iterator
from typing import Final

from app.exports.context import ExportContext
from app.exports.metadata.datacite_metadata import UNAVAILABLE, attributes
from app.exports.metadata.xml_text import XmlAttributes, branch, document, leaf
from app.exports.record import Record
from app.kit.json_types import JsonMapping

_NAMESPACES: Final[XmlAttributes] = {
    "xmlns": "http://datacite.org/schema/kernel-4",
    "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "xsi:schemaLocation": "http://datacite.org/schema/kernel-4 http://schema.datacite.org/meta/kernel-4.6/metadata.xsd",
}


def pieces(records: Iterable[Record], context: ExportContext) -> Iterator[str]:
    """A single thing is one `resource`; a list is `resources` with one for each."""
    resources = (_resource(attributes(record)) for record in records)
    return document(resources, root=None if context.is_single else "resources")


def _resource(members: JsonMapping) -> str:
    return branch("resource", *_elements(members), attributes=_NAMESPACES)


def _elements(members: JsonMapping) -> Iterator[str]:
    own = members.get("identifiers", ())
    doi, first = members.get("doi"), next((each["identifier"] for each in own), UNAVAILABLE)
    yield leaf("identifier", doi or first, {"identifierType": "DOI" if doi else "URL"})
    yield branch("creators", *(_person("creator", each) for each in members["creators"]))
    yield branch("titles", *(leaf("title", each["title"]) for each in members["titles"]))
    yield leaf("publisher", members["publisher"]["name"])
    yield leaf("publicationYear", members["publicationYear"])
    types = members["types"]
    yield leaf("resourceType", types["resourceType"], {"resourceTypeGeneral": types["resourceTypeGeneral"]})
    subjects = (
        leaf("subject", each["subject"], {"subjectScheme": each["subjectScheme"], "valueURI": each["valueUri"]})
        for each in members.get("subjects", ())
    )
    yield branch("subjects", *subjects)
    yield branch("contributors", *(_person("contributor", each) for each in members.get("contributors", ())))
    dates = (leaf("date", each["date"], {"dateType": each["dateType"]}) for each in members.get("dates", ()))
    yield branch("dates", *dates)
    yield leaf("language", members.get("language"))
    others = (
        leaf("alternateIdentifier", each["identifier"], {"alternateIdentifierType": each["identifierType"]})
        for each in own[0 if doi else 1 :]
    )
    yield branch("alternateIdentifiers", *others)
    yield branch("sizes", *(leaf("size", each) for each in members.get("sizes", ())))
    yield leaf("version", members.get("version"))
    yield from _links(members)


def _links(members: JsonMapping) -> Iterator[str]:
    related = (
        leaf(
            "relatedIdentifier",
            each["relatedIdentifier"],
            {name: each[name] for name in ("relatedIdentifierType", "relationType")},
        )
        for each in members.get("relatedIdentifiers", ())
    )
    yield branch("relatedIdentifiers", *related)
    yield branch("rightsList", *map(_rights, members.get("rightsList", ())))
    descriptions = (
        leaf("description", each["description"], {"descriptionType": each["descriptionType"]})
        for each in members.get("descriptions", ())
    )
    yield branch("descriptions", *descriptions)
    places = (
        branch("geoLocation", leaf("geoLocationPlace", each["geoLocationPlace"]))
        for each in members.get("geoLocations", ())
    )
    yield branch("geoLocations", *places)
    yield branch("fundingReferences", *map(_funding, members.get("fundingReferences", ())))
    yield branch("relatedItems", *map(_related_item, members.get("relatedItems", ())))


def _person(role: str, person: JsonMapping) -> str:
    return branch(
        role,
        leaf(f"{role}Name", person["name"], {"nameType": person.get("nameType")}),
        leaf("givenName", person.get("givenName")),
        leaf("familyName", person.get("familyName")),
        attributes={"contributorType": person.get("contributorType")},
    )


def _rights(rights: JsonMapping) -> str:
    """The licence's address stands for one that has no name."""
    named: XmlAttributes = {
        "rightsURI": rights.get("rightsUri"),
        "rightsIdentifier": rights.get("rightsIdentifier"),
        "rightsIdentifierScheme": rights.get("rightsIdentifierScheme"),
    }
    return leaf("rights", rights.get("rights") or rights.get("rightsUri"), named)


def _funding(reference: JsonMapping) -> str:
    return branch(
        "fundingReference",
        leaf("funderName", reference["funderName"]),
        leaf("awardNumber", reference.get("awardNumber"), {"awardURI": reference.get("awardUri")}),
        leaf("awardTitle", reference.get("awardTitle")),
    )


def _related_item(item: JsonMapping) -> str:
    identifier = item.get("relatedItemIdentifier", {})
    kind = {"relatedItemIdentifierType": identifier.get("relatedItemIdentifierType")}
    return branch(
        "relatedItem",
        leaf("relatedItemIdentifier", identifier.get("relatedItemIdentifier"), kind),
        branch("creators", *(_person("creator", each) for each in item.get("creators", ()))),
        branch("titles", *(leaf("title", each["title"]) for each in item["titles"])),
        leaf("publicationYear", item.get("publicationYear")),
        leaf("volume", item.get("volume")),
        leaf("issue", item.get("issue")),
        leaf("number", item.get("number"), {"numberType": item.get("numberType")}),
        leaf("firstPage", item.get("firstPage")),
        leaf("lastPage", item.get("lastPage")),
        leaf("publisher", item.get("publisher")),
        leaf("edition", item.get("edition")),
        branch("contributors", *(_person("contributor", each) for each in item.get("contributors", ()))),
        attributes={name: item[name] for name in ("relatedItemType", "relationType")},
    )
