"""What only one thing may have, claimed before the database refuses it, so that the refusal names the place."""

from collections.abc import Sequence

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from app.catalogue.identifiers import IdentifierRow
from app.catalogue.subjects import SubjectRow
from app.kit.errors import Conflict, Fault

CHUNK = 400


def check_identifiers(session: Session, rows: Sequence[SubjectRow]) -> None:
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
    fault = Fault("identifier-taken", "Another entry or agent has this identifier.", pointer=pointer)
    return Conflict("An identifier belongs to something else already.", errors=(fault,))
