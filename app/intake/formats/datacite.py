"""DataCite's own JSON (Metadata Schema 4.6 as its service gives it)."""

import re
from collections.abc import Mapping
from typing import Final

from app.exports.record import CslRole, Name
from app.intake.formats.json_items import EMPTY, JsonItem, affiliations, legacy_warning, objects, texts, to_text
from app.intake.records.item_types import DATACITE
from app.intake.records.names import parse_inverted_name
from app.intake.records.parsed_record import (
    CreditedName,
    ParsedItem,
    ParsedRecord,
    RejectedRecord,
    licence_of,
    set_item_type,
    within_bounds,
)
from app.kit.json_types import JsonMapping
from app.kit.text.characters import single_line
from app.kit.values.identifiers import normalise

_CONTRIBUTORS: Final[Mapping[str, CslRole]] = {"Editor": "editor", "Producer": "producer"}
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
IGNORED_MEMBERS: Final = frozenset(
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
def parse_item(item: JsonItem) -> ParsedItem:
    parsed = ParsedRecord(item.line)
    if item.legacy:
        parsed.warn(legacy_warning())
    work = item.value
    _kind(parsed, work.get("types"))
    for title in objects(parsed, work.get("titles"), "titles", _KNOWN["titles"]):
        text, sort = to_text(title.get("title") or ""), title.get("titleType")
        if sort:
            parsed.note(f"titles {sort}", text)
        else:
            parsed.set_field("title", text, "titles")
    _names(parsed, work)
    _dates(parsed, work)
    _identifiers(parsed, work)
    _container(parsed, work)
    _about(parsed, work)
    for key, value in work.items():
        if key not in _TAKEN and key not in IGNORED_MEMBERS and value not in EMPTY:
            parsed.note(key, to_text(value))
    if not parsed.values.get("title"):
        return RejectedRecord(item.line, "The record has no title.")
    return parsed


def _kind(parsed: ParsedRecord, value: object) -> None:
    types = next(iter(objects(parsed, value, "types", _KNOWN["types"])), {})
    general = to_text(types.get("resourceTypeGeneral") or "")
    set_item_type(parsed, general or "other", DATACITE, "types")
    parsed.set_field("genre", to_text(types.get("resourceType") or ""), "types")


def _names(parsed: ParsedRecord, work: JsonMapping) -> None:
    for given in objects(parsed, work.get("creators"), "creators", _KNOWN["names"]):
        _name(parsed, given, "author", "creators")
    for given in objects(parsed, work.get("contributors"), "contributors", _KNOWN["names"]):
        sort = str(given.get("contributorType") or "")
        _name(parsed, given, _CONTRIBUTORS.get(sort, "contributor"), "contributors")
        if sort and sort not in _CONTRIBUTORS:
            parsed.note("contributors", f"{given.get('name')}: {sort}")


def _name(parsed: ParsedRecord, given: JsonMapping, role: CslRole, origin: str) -> None:
    family, first = (single_line(to_text(given.get(part) or "")) for part in ("familyName", "givenName"))
    whole = single_line(to_text(given.get("name") or ""))
    orcid, others = _orcid(parsed, given)
    credit: CreditedName | None
    if family:
        credit = CreditedName(Name(family=family, given=first or None, role=role), orcid=orcid)
    elif given.get("nameType") == "Organizational":
        credit = CreditedName(Name(literal=whole, role=role)) if whole else None
    else:
        credit = parse_inverted_name(whole, role)
    if credit is None:
        parsed.note(origin, to_text(given))
        return
    parsed.credit(credit, origin)
    if family and family not in whole:
        parsed.note(origin, whole)
    affiliations(parsed, given.get("affiliation"), credit.name.inverted)
    for text in others:
        parsed.note(f"identifier of {credit.name.inverted}", text)


def _orcid(parsed: ParsedRecord, given: JsonMapping) -> tuple[str | None, list[str]]:
    """The first ORCID iD, and what else identifies the bearer of the name."""
    found, others = None, []
    for each in objects(parsed, given.get("nameIdentifiers"), "nameIdentifiers", _KNOWN["nameIdentifiers"]):
        text = to_text(each.get("nameIdentifier") or "")
        try:
            found = found or normalise("orcid", text)
        except ValueError:
            others.append(text)
    return found, others


def _dates(parsed: ParsedRecord, work: JsonMapping) -> None:
    given = objects(parsed, work.get("dates"), "dates", _KNOWN["dates"])
    dates: dict[str, str] = {}
    for each in given:
        sort, text = to_text(each.get("dateType") or ""), to_text(each.get("date") or "")
        if dates.setdefault(sort, text) != text:
            parsed.note(f"dates {sort}", text)
    year = to_text(work.get("publicationYear") or "")
    for sort in ("Issued", "Available"):
        if dates.get(sort, "").startswith(year):
            parsed.set_field("issued", dates.pop(sort, ""), f"dates {sort}")
    if "issued" not in parsed.values:
        parsed.set_field("issued", year, "publicationYear")
    for sort, text in dates.items():
        parsed.note(f"dates {sort}", text)


def _identifiers(parsed: ParsedRecord, work: JsonMapping) -> None:
    parsed.set_field("doi", to_text(work.get("doi") or ""), "doi")
    parsed.set_field("id", to_text(work.get("id") or work.get("doi") or ""), "doi")
    for text in texts(parsed, work.get("url"), "url"):
        parsed.link(text, "url")
    for each in objects(parsed, work.get("relatedIdentifiers"), "relatedIdentifiers", _KNOWN["relatedIdentifiers"]):
        text, sort = to_text(each.get("relatedIdentifier") or ""), to_text(each.get("relatedIdentifierType") or "")
        if each.get("relationType") == "IsPartOf" and sort == "ISSN":
            parsed.set_field("issn", text, "relatedIdentifiers")
        else:
            parsed.note("relatedIdentifiers", f"{each.get('relationType')} {sort} {text}")


def _container(parsed: ParsedRecord, work: JsonMapping) -> None:
    for container in objects(parsed, work.get("container"), "container", _KNOWN["container"]):
        for key, target in _CONTAINER.items():
            parsed.set_field(target, to_text(container.get(key) or ""), "container")
        pages = (to_text(container.get(key) or "") for key in ("firstPage", "lastPage"))
        parsed.set_field("pages", "-".join(page for page in pages if page), "container")


def _about(parsed: ParsedRecord, work: JsonMapping) -> None:
    publisher = work.get("publisher") or ""
    name = publisher.get("name") if isinstance(publisher, Mapping) else None
    parsed.set_field("publisher", name if isinstance(name, str) and name else to_text(publisher), "publisher")
    parsed.set_field("language", to_text(work.get("language") or ""), "language")
    subjects = objects(parsed, work.get("subjects"), "subjects", _KNOWN["subjects"])
    parsed.add_values("keywords", (to_text(each.get("subject") or "") for each in subjects), "subjects")
    for each in objects(parsed, work.get("descriptions"), "descriptions", _KNOWN["descriptions"]):
        text = to_text(each.get("description") or "")
        if each.get("descriptionType") == "Abstract":
            parsed.set_field("abstract", text, "descriptions")
        else:
            parsed.note(f"descriptions {each.get('descriptionType')}", text)
    for each in objects(parsed, work.get("rightsList"), "rightsList", _KNOWN["rightsList"]):
        _rights(parsed, each)
    for each in objects(parsed, work.get("fundingReferences"), "fundingReferences", _KNOWN["fundingReferences"]):
        texts = (to_text(each.get(key) or "") for key in ("funderName", "awardNumber", "awardTitle"))
        parsed.note("fundingReferences", " ".join(text for text in texts if text))


def _rights(parsed: ParsedRecord, given: JsonMapping) -> None:
    url = to_text(given.get("rightsUri") or "")
    named = licence_of(re.sub(r"/legalcode$", "/", url))
    if named and "licence_id" not in parsed.values:
        parsed.set_field("licence_id", named, "rightsList")
        parsed.set_field("licence_url", url, "rightsList")
    elif not named:
        parsed.note("rightsList", to_text(given.get("rights") or url))
