"""From catalogue rows to the published JSON of one entry, term or agent: exactly what the public may see."""

from collections.abc import Sequence, Set
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalogue.entries import EntryRow, Licence, Status, Tombstone
from app.catalogue.identifiers import published_identifiers
from app.catalogue.kind import Kind
from app.catalogue.parts.contributions import published_contributor
from app.catalogue.parts.funding import Funding
from app.catalogue.parts.pictures import Picture
from app.catalogue.parts.relations import Relation
from app.catalogue.parts.resources import Resource
from app.catalogue.schema import Ref, Schema
from app.catalogue.terms import SchemeRow
from app.kit.clock import rfc3339
from app.kit.json_types import JsonObject

CC_PREFIX = "CC-"
PUBLIC_DOMAIN = {
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "CC-PDM-1.0": "https://creativecommons.org/publicdomain/mark/1.0/",
}
STAMP = frozenset({"revision", "indexed_at"})
"""Members that the store adds (`app.published.document_writer`)."""


def vocabulary_slugs(session: Session) -> Sequence[str]:
    """The names of the vocabularies whose terms entries carry, in the order in which documents show them."""
    return session.scalars(select(SchemeRow.slug).where(~SchemeRow.synonym_rings).order_by(SchemeRow.slug)).all()


def render(kind: Kind, row: Any, vocabularies: Sequence[str]) -> str:
    """The document of a row, validated by its public model, as compact JSON with relative URLs. An entry's `terms`
    have a list for each of the `vocabularies`. Without the members of `STAMP`."""
    values: JsonObject = {
        name: getattr(row, name) for name in kind.output.model_fields if name in row.__mapper__.column_attrs
    }
    if kind.is_entry:
        values |= _entry(row, vocabularies)
    else:
        values |= {"kind": kind.name, "url": f"/v1/{kind.collection_of(row)}/{row.slug}"}
    values |= {"id": row.uuid, "revision": 0, "indexed_at": ""}
    values |= {"created_at": rfc3339(row.created_at), "updated_at": rfc3339(row.updated_at)}
    if kind.render is not None:
        values |= kind.render(row)
    return dump(kind.output(**values), without=STAMP)


def dump(model: Schema, *, without: Set[str] = frozenset()) -> str:
    return orjson.dumps(model.model_dump(mode="json", exclude=set(without))).decode()


def _entry(row: EntryRow, vocabularies: Sequence[str]) -> JsonObject:
    terms: dict[str, list[Ref]] = {name: [] for name in vocabularies}
    for term in (each.term.current for each in row.terms):
        shown = terms[term.scheme.slug]
        if (ref := term.ref()) not in shown:
            shown.append(ref)
    return {
        "url": row.ref().url,
        "licence": Licence(id=row.licence, url=licence_url(row.licence)) if row.licence else None,
        "picture": _picture(row),
        "terms": terms,
        "contributors": [published_contributor(each) for each in row.contributions],
        "identifiers": published_identifiers(row.identifiers),
        "resources": [
            Resource.model_construct(
                type=each.type,  # type: ignore[arg-type]  # a known type
                url=each.url,
                label=each.label,
                archived_url=each.archived_url,
            )
            for each in row.resources
        ],
        "relations": [_relation(name, other) for name, other in row.published_relations],
        "funding": [
            Funding(
                funder=each.funder.ref(),
                award_number=each.award_number or None,
                award_title=each.award_title,
                award_url=each.award_url,
            )
            for each in row.funding
        ],
    }


def _picture(row: EntryRow) -> Picture | None:
    if row.picture_url is None or row.picture_text is None:
        return None
    return Picture.model_construct(url=row.picture_url, alternative_text=row.picture_text)


def _relation(name: str, other: EntryRow) -> Relation:
    ref = other.ref()
    return Relation(type=name, kind=other.kind, id=ref.id, slug=ref.slug, label=ref.label, url=ref.url)


def licence_url(token: str) -> str | None:
    """The deed of a Creative Commons licence whose version is known; other licences have no address here."""
    parts = token.split("-")
    if token in PUBLIC_DOMAIN:
        return PUBLIC_DOMAIN[token]
    if not token.startswith(CC_PREFIX) or not parts[-1].replace(".", "").isdigit():
        return None
    return f"https://creativecommons.org/licenses/{'-'.join(parts[1:-1]).lower()}/{parts[-1]}/"


def render_redirect(successor: Ref) -> str:
    """What is kept at an address that leads elsewhere."""
    return orjson.dumps({"id": successor.id, "slug": successor.slug, "url": successor.url}).decode()


def render_tombstone(row: EntryRow) -> str:
    """What is left of a withdrawn entry: no title, no words of it."""
    successor = row.replaced_by.current if row.replaced_by is not None else None
    shown = successor if successor is not None and successor.status == Status.published else None
    return dump(
        Tombstone(
            kind=row.kind,
            id=row.uuid,
            slug=row.slug,
            url=row.ref().url,
            reason=row.withdrawn_reason,
            date=rfc3339(row.withdrawn_at or row.updated_at),
            replacement=shown.ref() if shown else None,
            identifiers=published_identifiers(row.identifiers),
        )
    )
