"""From a published document of any kind of entry to a `Record`, the shared part."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.exports.record import (
    Award,
    ContainerRecord,
    CslRole,
    ItemType,
    Name,
    Record,
    RelatedItem,
    SubjectTerm,
    WebLink,
)
from app.kit.json_types import JsonMapping, JsonObject
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

LINK_ORDER: tuple[str, ...] = ("full_text", "landing_page", "view", "watch", "listen", "download")
"""Where a reader is sent first."""

WITHOUT_GENRE: frozenset[ItemType] = frozenset(
    {
        "article-journal",
        "article-magazine",
        "article-newspaper",
        "book",
        "chapter",
        "entry-dictionary",
        "entry-encyclopedia",
        "post-weblog",
        "webpage",
    }
)
"""Types that say enough by themselves: APA (7th edition, section 9.21) describes in brackets what is out of the
ordinary."""

IN_A_SERIES: frozenset[ItemType] = frozenset({"book", "report"})
"""Types that are parts of a series rather than of a container."""

IN_A_BOOK: frozenset[ItemType] = frozenset({"chapter", "entry-dictionary", "entry-encyclopedia"})
"""Types that are cited with editors, publisher and ISBN of what they are in."""


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
        Name(
            family=each["family"] or None,
            given=each["given"] if each["family"] else None,
            literal=None if each["family"] else each["label"],
            role=CSL_ROLES[each["role"]],
            function=each["role"],
            page_url=page_address(each),
        )
        for each in document["contributors"]
        if each["role"] in CSL_ROLES
    )


def record_id(document: JsonMapping) -> str:
    """Its address without what all have."""
    return str(document["url"].rpartition("/v1/")[2])


def page_address(document: JsonMapping) -> str:
    """Of our own page for people; absolute where the document's own address is."""
    return f"{page_base(document)}/{record_id(document)}"


def page_base(document: JsonMapping) -> str:
    """What the addresses of our own pages begin with."""
    return str(document["url"].rpartition("/v1/")[0])


def best_link(document: JsonMapping) -> str:
    """Where a reader of a citation is sent: to the DOI, else the full text, else the landing page, else
    wherever else the thing is found, else to our own page of it."""
    by_scheme = {each["scheme"]: each["url"] for each in reversed(document["identifiers"])}
    if doi := by_scheme.get("doi"):
        return str(doi)
    by_type = {each["type"]: each["url"] for each in reversed(document["resources"])}
    found = (by_type[kind] for kind in LINK_ORDER if kind in by_type)
    return str(next(found, by_scheme.get("url") or page_address(document)))


def genre(document: JsonMapping, item_type: ItemType) -> str | None:
    """The label of the format, where the type of the item does not say it already, as of a report that is called so."""
    label = next((term["label"] for term in document["terms"].get("format", ())), None)
    return None if label is None or item_type in WITHOUT_GENRE or label.casefold() == item_type == "report" else label


def container(document: JsonMapping) -> ContainerRecord | None:
    """What it is part of: of a chapter, its book."""
    whole = document["container"]
    if whole is None:
        return None
    return ContainerRecord(
        id=record_id(whole),
        title=whole["label"],
        page_url=page_address(whole),
        names=names(whole),
        issued=PartialDate(whole["issued"]) if whole["issued"] else None,
        series=whole["venue"],
        volume=whole["volume"],
        edition=whole["edition"],
        publisher=whole["publisher"] or publisher(whole),
        doi=first(identifiers(whole, "doi")),
        isbns=identifiers(whole, "isbn"),
    )


def outward_link(resources: Sequence[JsonMapping], identifiers: Sequence[JsonMapping]) -> str | None:
    """Where an entry is on the web, by its published links, else by its identifiers; None where that is not known."""
    by_type = {each["type"]: each["url"] for each in reversed(resources)}
    found = (by_type[kind] for kind in LINK_ORDER if kind in by_type)
    return next(found, next((each["url"] for each in identifiers if each["url"]), None))


def publisher(document: JsonMapping) -> str | None:
    return next((each["label"] for each in document["contributors"] if each["role"] == "publisher"), None)


def entry_record(document: JsonMapping, item_type: ItemType, **own: Any) -> Record:
    """The record of an entry; `own` are the members that its kind knows better."""
    topics = [
        term["label"] for scheme, terms in document["terms"].items() if scheme not in NOT_KEYWORDS for term in terms
    ]
    shared: dict[str, Any] = {
        "id": record_id(document),
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
        "genre": genre(document, item_type),
        "updated_at": datetime.fromisoformat(document["updated_at"]),
        **_own(document),
    }
    return Record(**{**shared, **{name: value for name, value in own.items() if value is not None}})


def _own(document: JsonMapping) -> JsonObject:
    """What the knowledge base says beside what a citation does."""
    return {
        "uid": document["id"],
        "kind": document["kind"],
        "slug": document["slug"],
        "page_url": page_address(document),
        "format": next((term["label"] for term in document["terms"].get("format", ())), None),
        "subjects": tuple(
            SubjectTerm(scheme, each["slug"], each["label"], each["url"])
            for scheme, terms in document["terms"].items()
            for each in terms
        ),
        "identifiers": tuple((each["scheme"], each["value"]) for each in document["identifiers"]),
        "links": tuple(WebLink(each["type"], each["url"], each["label"]) for each in document["resources"]),
        "related": tuple(
            RelatedItem(each["type"], each["kind"], each["label"], page_address(each)) for each in document["relations"]
        ),
        "awards": tuple(
            Award(each["funder"]["label"], each["award_number"], each["award_title"], each["award_url"])
            for each in document["funding"]
        ),
        "created_at": datetime.fromisoformat(document["created_at"]),
    }
