"""Identifiers of entries and agents: normalised, unique per scheme."""

from collections.abc import Hashable, Sequence

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.catalogue.child_rows import ColumnValues, sync_child_rows
from app.catalogue.input_errors import InputErrors
from app.catalogue.schema import Identifier, PublishedIdentifier
from app.db.base import Base
from app.kit.values.identifiers import normalise, url_for


class IdentifierRow(Base):
    __tablename__ = "identifier"
    __table_args__ = (
        UniqueConstraint("scheme", "value"),
        CheckConstraint("(entry_id IS NULL) <> (agent_id IS NULL)", name="one_owner"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    scheme: Mapped[str] = mapped_column(String(20))
    value: Mapped[str] = mapped_column(String(2048))
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id", ondelete="CASCADE"), index=True)
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]


def apply_identifiers(rows: list[IdentifierRow], given: Sequence[Identifier], errors: InputErrors) -> None:
    sync_child_rows(rows, normalised(given, errors), key=lambda row: (row.scheme, row.value), make=IdentifierRow)


def normalised(given: Sequence[Identifier], errors: InputErrors) -> list[tuple[Hashable, ColumnValues]]:
    """Keys and columns of each in its normal form; a checksum that fails is an error with its pointer."""
    desired: list[tuple[Hashable, ColumnValues]] = []
    for index, identifier in enumerate(given):
        try:
            value = normalise(identifier.scheme, identifier.value)
        except ValueError as error:
            errors.add(f"/identifiers/{index}/value", "invalid-identifier", str(error))
            continue
        desired.append(
            (
                (identifier.scheme, value),
                {"scheme": identifier.scheme, "value": value, "position": len(desired)},
            )
        )
    return desired


def published_identifiers(rows: Sequence[IdentifierRow]) -> list[PublishedIdentifier]:
    return [PublishedIdentifier(scheme=row.scheme, value=row.value, url=url_for(row.scheme, row.value)) for row in rows]
