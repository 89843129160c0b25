"""DataCite's own JSON (Metadata Schema 4.6 as its service gives it)."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from app.exports.record import Name, Role
from app.exports.text import one_line
from app.intake.json_items import Item, legacy_warning
from app.intake.names import from_inverted
from app.intake.reading import Credit, Found, Reading, Refusal, licence_of, typed
from app.intake.types import DATACITE
from app.kit.identifiers import normalise

_CONTRIBUTORS: Final[Mapping[str, Role]] = {"Editor": "editor", "Producer": "producer"}
_CONTAINER: Final[Mapping[str, str]] = {"title": "container_title", "volume": "volume", "issue": "issue"}
_LEFT: Final = ("version", "sizes", "formats", "geoLocations", "relatedItems")


def reading_of(item: Item) -> Found:
    reading = Reading(item.line)
    if item.legacy:
        reading.warn(legacy_warning())
    work = item.value
    _kind(reading, work.get("types") or {})
    for title in _objects(work.get("titles")):
        text, sort = str(title.get("title") or ""), title.get("titleType")
        if sort:
            reading.note(f"titles {sort}", text)
        else:
            reading.take("title", text, "titles")
    _names(reading, work)
    _dates(reading, work)
    _identifiers(reading, work)
    _about(reading, work)
    for key in _LEFT:
        if work.get(key):
            reading.note(key, work[key])
    if not reading.values.get("title"):
        return Refusal(item.line, "The record has no title.")
    return reading


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    return (each for each in (value if isinstance(value, list) else []) if isinstance(each, Mapping))


def _kind(reading: Reading, types: Mapping[str, Any]) -> None:
    general = str(types.get("resourceTypeGeneral") or "")
    typed(reading, general or "other", DATACITE, "types")
    reading.take("genre", types.get("resourceType") or "", "types")


def _names(reading: Reading, work: Mapping[str, Any]) -> None:
    for given in _objects(work.get("creators")):
        _name(reading, given, "author", "creators")
    for given in _objects(work.get("contributors")):
        sort = str(given.get("contributorType") or "")
        _name(reading, given, _CONTRIBUTORS.get(sort, "contributor"), "contributors")
        if sort and sort not in _CONTRIBUTORS:
            reading.note("contributors", f"{given.get('name')}: {sort}")


def _name(reading: Reading, given: Mapping[str, Any], role: Role, origin: str) -> None:
    family, first = (one_line(str(given.get(part) or "")) for part in ("familyName", "givenName"))
    whole = one_line(str(given.get("name") or ""))
    credit: Credit | None
    if family:
        credit = Credit(Name(family=family, given=first or None, role=role), orcid=_orcid(given))
    elif given.get("nameType") == "Organizational":
        credit = Credit(Name(literal=whole, role=role)) if whole else None
    else:
        credit = from_inverted(whole, role)
    if credit is not None:
        reading.credit(credit, origin)
        for place in given.get("affiliation") or ():
            reading.note(f"affiliation of {credit.name.inverted}", place["name"] if isinstance(place, dict) else place)


def _orcid(given: Mapping[str, Any]) -> str | None:
    for each in _objects(given.get("nameIdentifiers")):
        try:
            return normalise("orcid", str(each.get("nameIdentifier") or ""))
        except ValueError:
            continue
    return None


def _dates(reading: Reading, work: Mapping[str, Any]) -> None:
    dates = {str(each.get("dateType")): str(each.get("date") or "") for each in _objects(work.get("dates"))}
    year = str(work.get("publicationYear") or "")
    for sort in ("Issued", "Available"):
        if dates.get(sort, "").startswith(year):
            reading.take("issued", dates.pop(sort, ""), f"dates {sort}")
    if "issued" not in reading.values:
        reading.take("issued", year, "publicationYear")
    for sort, text in dates.items():
        reading.note(f"dates {sort}", text)


def _identifiers(reading: Reading, work: Mapping[str, Any]) -> None:
    reading.take("doi", work.get("doi") or "", "doi")
    reading.take("id", work.get("id") or work.get("doi") or "", "doi")
    if work.get("url"):
        reading.link(str(work["url"]), "url")
    for each in _objects(work.get("relatedIdentifiers")):
        text, sort = str(each.get("relatedIdentifier") or ""), str(each.get("relatedIdentifierType") or "")
        if each.get("relationType") == "IsPartOf" and sort == "ISSN":
            reading.take("issn", text, "relatedIdentifiers")
        else:
            reading.note("relatedIdentifiers", f"{each.get('relationType')} {sort} {text}")


def _about(reading: Reading, work: Mapping[str, Any]) -> None:
    publisher = work.get("publisher") or ""
    reading.take("publisher", publisher.get("name", "") if isinstance(publisher, Mapping) else publisher, "publisher")
    reading.take("language", work.get("language") or "", "language")
    container = work.get("container") or {}
    for key, target in _CONTAINER.items():
        reading.take(target, container.get(key) or "", "container")
    first, last = container.get("firstPage"), container.get("lastPage")
    reading.take("pages", "-".join(str(page) for page in (first, last) if page), "container")
    reading.extend("keywords", (str(each.get("subject") or "") for each in _objects(work.get("subjects"))), "subjects")
    for each in _objects(work.get("descriptions")):
        text = str(each.get("description") or "")
        if each.get("descriptionType") == "Abstract":
            reading.take("abstract", text, "descriptions")
        else:
            reading.note(f"descriptions {each.get('descriptionType')}", text)
    for each in _objects(work.get("rightsList")):
        _rights(reading, each)
    for each in _objects(work.get("fundingReferences")):
        reading.note("fundingReferences", f"{each.get('funderName', '')} {each.get('awardNumber', '')}")


def _rights(reading: Reading, given: Mapping[str, Any]) -> None:
    url = str(given.get("rightsUri") or "")
    named = licence_of(re.sub(r"/legalcode$", "/", url))
    if named and "licence_id" not in reading.values:
        reading.take("licence_id", named, "rightsList")
        reading.take("licence_url", url, "rightsList")
    elif not named:
        reading.note("rightsList", given.get("rights") or url)
