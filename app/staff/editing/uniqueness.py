"""What only one thing may have, claimed before the database refuses it, so that the refusal names the place."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from app.catalogue.entries import EntryRow
from app.catalogue.identifiers import IdentifierRow
from app.catalogue.subjects import SubjectRow
from app.kit.errors import Conflict, ErrorDetail

CHUNK = 400


def check_slugs(session: Session, entries: Mapping[int, EntryRow], count: int) -> None:
    """All entries are at `/v1/entries/{slug}`: a slug belongs to one of them, whatever their kinds. Of `count` changes,
    `entries` are those at their places. Raises `Conflict` with the place of the first that is taken."""
    places: dict[str, int] = {}
    for place, row in entries.items():
        if places.setdefault(row.slug, place) != place:
            raise _slug_taken(place, count, entries[places[row.slug]])
    changed = {row.id for row in entries.values()}  # what one of them gives up, another may have
    slugs = list(places)
    for start in range(0, len(slugs), CHUNK):
        named = select(EntryRow.id, EntryRow.slug).where(EntryRow.slug.in_(slugs[start : start + CHUNK]))
        with session.no_autoflush:
            taken = [(ident, slug) for ident, slug in session.execute(named) if ident not in changed]
        for ident, slug in taken:
            raise _slug_taken(places[slug], count, session.get_one(EntryRow, ident))


def _slug_taken(place: int, count: int, other: EntryRow) -> Conflict:
    pointer = f"/{place}/slug" if count > 1 else "/slug"
    error = ErrorDetail("slug-taken", "Another entry has this slug.", pointer=pointer)
    return Conflict(other=f"/v1/staff/{other.collection}/{other.slug}", errors=[error])


def check_unique_identifiers(session: Session, rows: Sequence[SubjectRow]) -> None:
    """An identifier belongs to one thing. Raises `Conflict` with the place of the first that is taken."""
    owners: dict[tuple[str, str], tuple[int, SubjectRow]] = {}
    for place, row in enumerate(rows):
        for each in getattr(row, "identifiers", ()):
            _, owner = owners.setdefault((each.scheme, each.value), (place, row))
            if owner is not row:
                raise _taken(f"/{place}/identifiers")
    keys = list(owners)
    for start in range(0, len(keys), CHUNK):
        chunk = keys[start : start + CHUNK]
        statement = select(IdentifierRow).where(tuple_(IdentifierRow.scheme, IdentifierRow.value).in_(chunk))
        with session.no_autoflush:
            for found in session.scalars(statement):
                place, owner = owners[found.scheme, found.value]
                if found not in getattr(owner, "identifiers", ()):
                    raise _taken(f"/{place}/identifiers" if len(rows) > 1 else "/identifiers")


def _taken(pointer: str) -> Conflict:
    error = ErrorDetail(
        "identifier-taken", "This identifier is already used by another entry or agent.", pointer=pointer
    )
    return Conflict("An identifier is already in use.", errors=(error,))
