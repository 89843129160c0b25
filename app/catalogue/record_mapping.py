"""From a published document of any kind of entry to a `Record`, the shared part."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from app.exports.record import ItemType, Name, Record
from app.exports.record import Role as CslRole
from app.kit.json_types import JsonMapping
from app.kit.values.partial_dates import PartialDate

CSL_ROLES: Mapping[str, CslRole] = {
    "author": "author",
    "editor": "editor",
    "translator": "translator",
    "illustrator": "illustrator",
    "presenter": "author",
    "speaker": "author",
    "interviewer": "interviewer",
    "interviewee": "author",
    "producer": "producer",
    "project_leader": "contributor",
    "project_member": "contributor",
    "contributor": "contributor",
    "partner": "contributor",
}
"""Roles of a contribution as CSL 1.0.2 has them; a publisher is no name of CSL's."""

NOT_KEYWORDS = ("format", "audience", "question")
"""Vocabularies whose terms are no subjects of the entry: no keywords."""

LinkOrder = Literal["landing_page", "full_text", "view", "watch", "listen", "download"]
LINK_ORDER: tuple[LinkOrder, ...] = ("landing_page", "full_text", "view", "watch", "listen", "download")


def identifiers(document: JsonMapping, scheme: str) -> tuple[str, ...]:
    """The values of one scheme, in their order."""
    return tuple(each["value"] for each in document["identifiers"] if each["scheme"] == scheme)


def first(values: tuple[str, ...]) -> str | None:
    return values[0] if values else None


def format_of(document: JsonMapping) -> str | None:
    """The slug of the entry's format."""
    return next((term["slug"] for term in document["terms"].get("format", ())), None)


def names(document: JsonMapping) -> tuple[Name, ...]:
    return tuple(
        Name(family=each["family"], given=each["given"], role=CSL_ROLES[each["role"]])
        if each["family"]
        else Name(literal=each["label"], role=CSL_ROLES[each["role"]])
        for each in document["contributors"]
        if each["role"] in CSL_ROLES
    )


def best_link(document: JsonMapping) -> str:
    """Where a reader is sent: the landing page where there is one, else our own page."""
    by_type = {each["type"]: each["url"] for each in reversed(document["resources"])}
    found = (by_type[kind] for kind in LINK_ORDER if kind in by_type)
    return next(found, first(identifiers(document, "url")) or document["url"])


def publisher(document: JsonMapping) -> str | None:
    return next((each["label"] for each in document["contributors"] if each["role"] == "publisher"), None)


def entry_record(document: JsonMapping, item_type: ItemType, **own: Any) -> Record:
    """The record of an entry; `own` are the members that its kind knows better."""
    formats = document["terms"].get("format", ())
    topics = [
        term["label"] for scheme, terms in document["terms"].items() if scheme not in NOT_KEYWORDS for term in terms
    ]
    shared: dict[str, Any] = {
        "id": document["url"].rpartition("/v1/")[2],
        "type": item_type,
        "title": document["title"],
        "names": names(document),
        "issued": PartialDate(document["issued"]) if document["issued"] else None,
        "doi": first(identifiers(document, "doi")),
        "isbns": identifiers(document, "isbn"),
        "url": best_link(document),
        "publisher": publisher(document),
        "abstract": document["summary"] or None,
        "body": document.get("body") or None,
        "access": document["access"] if document["access"] != "unknown" else None,
        "keywords": tuple(dict.fromkeys(topics)),
        "language": document["language"],
        "licence_id": document["licence"]["id"] if document["licence"] else None,
        "licence_url": document["licence"]["url"] if document["licence"] else None,
        "genre": formats[0]["label"] if formats else None,
        "updated_at": datetime.fromisoformat(document["updated_at"]),
    }
    return Record(**{**shared, **{name: value for name, value in own.items() if value is not None}})
