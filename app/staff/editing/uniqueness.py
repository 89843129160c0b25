"""Slugs and identifiers are unique: checked before the database refuses them, so that the error has a pointer."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from app.catalogue.agents import COLLECTIONS, AgentRow
from app.catalogue.entries import EntryRow
from app.catalogue.identifiers import IdentifierRow
from app.catalogue.subjects import SubjectRow
from app.kit.containers.chunks import chunks
from app.kit.errors import Conflict, ErrorDetail


def check_slugs(session: Session, entries: Mapping[int, EntryRow], count: int) -> None:
    """All entries are at `/v1/entries/{slug}`: a slug belongs to one of them, whatever their kinds. Of `count` changes,
    `entries` are those of entries, by position. Raises `Conflict` with the pointer of the first that is taken."""
    positions: dict[str, int] = {}
    for position, row in entries.items():
        if positions.setdefault(row.slug, position) != position:
            raise _slug_taken(position, count, entries[positions[row.slug]])
    changed = {row.id for row in entries.values()}  # a slug that one of them gives up, another may take
    for slugs in chunks(positions):
        named = select(EntryRow.id, EntryRow.slug).where(EntryRow.slug.in_(slugs))
        with session.no_autoflush:
            taken = [(ident, slug) for ident, slug in session.execute(named) if ident not in changed]
        for ident, slug in taken:
            raise _slug_taken(positions[slug], count, session.get_one(EntryRow, ident))


def _slug_taken(position: int, count: int, other: EntryRow) -> Conflict:
    pointer = f"/{position}/slug" if count > 1 else "/slug"
    error = ErrorDetail("slug-taken", "Another entry has this name in addresses.", pointer=pointer)
    return Conflict(other=f"/v1/staff/{other.collection}/{other.slug}", errors=[error])


def check_unique_identifiers(session: Session, rows: Sequence[SubjectRow]) -> None:
    """An identifier belongs to one entry or agent. Raises `Conflict` with the pointer of the first that is taken."""
    owners: dict[tuple[str, str], tuple[int, SubjectRow]] = {}
    for position, row in enumerate(rows):
        for each in getattr(row, "identifiers", ()):
            _, owner = owners.setdefault((each.scheme, each.value), (position, row))
            if owner is not row:
                raise _identifier_taken(f"/{position}/identifiers", None)
    for chunk in chunks(owners):
        statement = select(IdentifierRow).where(tuple_(IdentifierRow.scheme, IdentifierRow.value).in_(chunk))
        with session.no_autoflush:
            for found in session.scalars(statement):
                position, owner = owners[found.scheme, found.value]
                if found not in getattr(owner, "identifiers", ()):
                    pointer = f"/{position}/identifiers" if len(rows) > 1 else "/identifiers"
                    raise _identifier_taken(pointer, _owner(session, found))


def _owner(session: Session, identifier: IdentifierRow) -> str:
    """Where staff find what has it."""
    if identifier.entry_id is not None:
        entry = session.get_one(EntryRow, identifier.entry_id)
        return f"/v1/staff/{entry.collection}/{entry.slug}"
    agent = session.get_one(AgentRow, identifier.agent_id)
    return f"/v1/staff/{COLLECTIONS[agent.kind]}/{agent.slug}"


def _identifier_taken(pointer: str, other: str | None) -> Conflict:
    error = ErrorDetail(
        "identifier-taken", "This identifier is already used by another entry or agent.", pointer=pointer
    )
    return Conflict("An identifier is already in use.", other=other, errors=(error,))
