"""DataCite's own JSON (Metadata Schema 4.6 as its service gives it)."""

import re
from collections.abc import Mapping
from typing import Any, Final

from app.exports.record import Name, Role
from app.exports.text import one_line
from app.intake.json_items import EMPTY, Item, affiliations, legacy_warning, objects, shown, texts
from app.intake.names import from_inverted
from app.intake.reading import Credit, Found, Reading, Refusal, licence_of, typed, within_bounds
from app.intake.types import DATACITE
from app.kit.identifiers import normalise

_CONTRIBUTORS: Final[Mapping[str, Role]] = {"Editor": "editor", "Producer": "producer"}
_CONTAINER: Final[Mapping[str, str]] = {"title": "container_title", "volume": "volume", "issue": "issue"}
_TAKEN: Final = frozenset(
    {
        "types",
        "titles",
        "creators",
        "contributors",
        "dates",
        "publicationYear",
        "doi",
        "id",
        "url",
        "relatedIdentifiers",
        "publisher",
        "language",
        "container",
        "subjects",
        "descriptions",
        "rightsList",
        "fundingReferences",
    }
)
_KNOWN: Final[Mapping[str, str]] = {
    "titles": "title titleType lang",
    "types": "resourceTypeGeneral resourceType ris bibtex citeproc schemaOrg",
    "nameIdentifiers": "nameIdentifier nameIdentifierScheme schemeUri",
    "dates": "date dateType",
    "relatedIdentifiers": "relatedIdentifier relatedIdentifierType relationType",
    "container": "title volume issue firstPage lastPage type",
    "subjects": "subject subjectScheme schemeUri lang",
    "descriptions": "description descriptionType lang",
    "rightsList": "rights rightsUri schemeUri rightsIdentifier rightsIdentifierScheme lang",
    "fundingReferences": "funderName awardNumber awardTitle",
    "names": "name nameType givenName familyName affiliation nameIdentifiers contributorType lang",
}
"""Members of the objects that a member holds."""
BOOKKEEPING: Final = frozenset(
    {
        "prefix",
        "suffix",
        "xml",
        "schemaVersion",
        "metadataVersion",
        "source",
        "isActive",
        "state",
        "reason",
        "created",
        "registered",
        "published",
        "updated",
        "viewCount",
        "viewsOverTime",
        "downloadCount",
        "downloadsOverTime",
        "referenceCount",
        "citationCount",
        "citationsOverTime",
        "partCount",
        "partOfCount",
        "versionCount",
        "versionOfCount",
        "agency",
        "clientId",
        "providerId",
    }
)
"""What DataCite knows of its own record, beside what the work is."""


@within_bounds
def reading_of(item: Item) -> Found:
    reading = Reading(item.line)
    if item.legacy:
        reading.warn(legacy_warning())
    work = item.value
    _kind(reading, work.get("types"))
    for title in objects(reading, work.get("titles"), "titles", _KNOWN["titles"]):
        text, sort = shown(title.get("title") or ""), title.get("titleType")
        if sort:
            reading.note(f"titles {sort}", text)
        else:
            reading.take("title", text, "titles")
    _names(reading, work)
    _dates(reading, work)
    _identifiers(reading, work)
    _container(reading, work)
    _about(reading, work)
    for key, value in work.items():
        if key not in _TAKEN and key not in BOOKKEEPING and value not in EMPTY:
            reading.note(key, shown(value))
    if not reading.values.get("title"):
        return Refusal(item.line, "The record has no title.")
    return reading


def _kind(reading: Reading, value: Any) -> None:
    types = next(iter(objects(reading, value, "types", _KNOWN["types"])), {})
    general = shown(types.get("resourceTypeGeneral") or "")
    typed(reading, general or "other", DATACITE, "types")
    reading.take("genre", shown(types.get("resourceType") or ""), "types")


def _names(reading: Reading, work: Mapping[str, Any]) -> None:
    for given in objects(reading, work.get("creators"), "creators", _KNOWN["names"]):
        _name(reading, given, "author", "creators")
    for given in objects(reading, work.get("contributors"), "contributors", _KNOWN["names"]):
        sort = str(given.get("contributorType") or "")
        _name(reading, given, _CONTRIBUTORS.get(sort, "contributor"), "contributors")
        if sort and sort not in _CONTRIBUTORS:
            reading.note("contributors", f"{given.get('name')}: {sort}")


def _name(reading: Reading, given: Mapping[str, Any], role: Role, origin: str) -> None:
    family, first = (one_line(shown(given.get(part) or "")) for part in ("familyName", "givenName"))
    whole = one_line(shown(given.get("name") or ""))
    orcid, others = _orcid(reading, given)
    credit: Credit | None
    if family:
        credit = Credit(Name(family=family, given=first or None, role=role), orcid=orcid)
    elif given.get("nameType") == "Organizational":
        credit = Credit(Name(literal=whole, role=role)) if whole else None
    else:
        credit = from_inverted(whole, role)
    if credit is None:
        reading.note(origin, shown(given))
        return
    reading.credit(credit, origin)
    if family and family not in whole:
        reading.note(origin, whole)
    affiliations(reading, given.get("affiliation"), credit.name.inverted)
    for text in others:
        reading.note(f"identifier of {credit.name.inverted}", text)


def _orcid(reading: Reading, given: Mapping[str, Any]) -> tuple[str | None, list[str]]:
    """The first ORCID iD, and what else identifies the bearer of the name."""
    found, others = None, []
    for each in objects(reading, given.get("nameIdentifiers"), "nameIdentifiers", _KNOWN["nameIdentifiers"]):
        text = shown(each.get("nameIdentifier") or "")
        try:
            found = found or normalise("orcid", text)
        except ValueError:
            others.append(text)
    return found, others


def _dates(reading: Reading, work: Mapping[str, Any]) -> None:
    given = objects(reading, work.get("dates"), "dates", _KNOWN["dates"])
    dates: dict[str, str] = {}
    for each in given:
        sort, text = shown(each.get("dateType") or ""), shown(each.get("date") or "")
        if dates.setdefault(sort, text) != text:
            reading.note(f"dates {sort}", text)
    year = shown(work.get("publicationYear") or "")
    for sort in ("Issued", "Available"):
        if dates.get(sort, "").startswith(year):
            reading.take("issued", dates.pop(sort, ""), f"dates {sort}")
    if "issued" not in reading.values:
        reading.take("issued", year, "publicationYear")
    for sort, text in dates.items():
        reading.note(f"dates {sort}", text)


def _identifiers(reading: Reading, work: Mapping[str, Any]) -> None:
    reading.take("doi", shown(work.get("doi") or ""), "doi")
    reading.take("id", shown(work.get("id") or work.get("doi") or ""), "doi")
    for text in texts(reading, work.get("url"), "url"):
        reading.link(text, "url")
    for each in objects(reading, work.get("relatedIdentifiers"), "relatedIdentifiers", _KNOWN["relatedIdentifiers"]):
        text, sort = shown(each.get("relatedIdentifier") or ""), shown(each.get("relatedIdentifierType") or "")
        if each.get("relationType") == "IsPartOf" and sort == "ISSN":
            reading.take("issn", text, "relatedIdentifiers")
        else:
            reading.note("relatedIdentifiers", f"{each.get('relationType')} {sort} {text}")


def _container(reading: Reading, work: Mapping[str, Any]) -> None:
    for container in objects(reading, work.get("container"), "container", _KNOWN["container"]):
        for key, target in _CONTAINER.items():
            reading.take(target, shown(container.get(key) or ""), "container")
        pages = (shown(container.get(key) or "") for key in ("firstPage", "lastPage"))
        reading.take("pages", "-".join(page for page in pages if page), "container")


def _about(reading: Reading, work: Mapping[str, Any]) -> None:
    publisher = work.get("publisher") or ""
    name = publisher.get("name") if isinstance(publisher, Mapping) else None
    reading.take("publisher", name if isinstance(name, str) and name else shown(publisher), "publisher")
    reading.take("language", shown(work.get("language") or ""), "language")
    subjects = objects(reading, work.get("subjects"), "subjects", _KNOWN["subjects"])
    reading.extend("keywords", (shown(each.get("subject") or "") for each in subjects), "subjects")
    for each in objects(reading, work.get("descriptions"), "descriptions", _KNOWN["descriptions"]):
        text = shown(each.get("description") or "")
        if each.get("descriptionType") == "Abstract":
            reading.take("abstract", text, "descriptions")
        else:
            reading.note(f"descriptions {each.get('descriptionType')}", text)
    for each in objects(reading, work.get("rightsList"), "rightsList", _KNOWN["rightsList"]):
        _rights(reading, each)
    for each in objects(reading, work.get("fundingReferences"), "fundingReferences", _KNOWN["fundingReferences"]):
        said = (shown(each.get(key) or "") for key in ("funderName", "awardNumber", "awardTitle"))
        reading.note("fundingReferences", " ".join(text for text in said if text))


def _rights(reading: Reading, given: Mapping[str, Any]) -> None:
    url = shown(given.get("rightsUri") or "")
    named = licence_of(re.sub(r"/legalcode$", "/", url))
    if named and "licence_id" not in reading.values:
        reading.take("licence_id", named, "rightsList")
        reading.take("licence_url", url, "rightsList")
    elif not named:
        reading.note("rightsList", shown(given.get("rights") or url))
