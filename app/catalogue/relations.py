"""Ties between entries (DataCite Metadata Schema 4.5, relationType): stored once, shown from both ends."""

from typing import TYPE_CHECKING, Literal

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalogue.schema import EntryReference, Schema
from app.db.base import Base

if TYPE_CHECKING:
    from app.catalogue.entries import EntryRow

RelationType = Literal[
    "IsSupplementTo",
    "IsSupplementedBy",
    "IsPartOf",
    "HasPart",
    "References",
    "IsReferencedBy",
    "Cites",
    "IsCitedBy",
    "Documents",
    "IsDocumentedBy",
    "Describes",
    "IsDescribedBy",
    "Continues",
    "IsContinuedBy",
    "IsDerivedFrom",
    "IsSourceOf",
    "Reviews",
    "IsReviewedBy",
    "IsVersionOf",
    "HasVersion",
    "IsNewVersionOf",
    "IsPreviousVersionOf",
    "Requires",
    "IsRequiredBy",
    "IsTranslationOf",
    "HasTranslation",
]

_PAIRS = (
    ("IsSupplementTo", "IsSupplementedBy"),
    ("IsPartOf", "HasPart"),
    ("References", "IsReferencedBy"),
    ("Cites", "IsCitedBy"),
    ("Documents", "IsDocumentedBy"),
    ("Describes", "IsDescribedBy"),
    ("Continues", "IsContinuedBy"),
    ("IsDerivedFrom", "IsSourceOf"),
    ("Reviews", "IsReviewedBy"),
    ("IsVersionOf", "HasVersion"),
    ("IsNewVersionOf", "IsPreviousVersionOf"),
    ("Requires", "IsRequiredBy"),
    ("IsTranslationOf", "HasTranslation"),
)
INVERSE = {**dict(_PAIRS), **{inverse: name for name, inverse in _PAIRS}}
"""The same tie as seen from the other end."""


class RelationRow(Base):
    __tablename__ = "relation"
    __table_args__ = (CheckConstraint("entry_id <> target_id", name="not_itself"),)

    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id", ondelete="CASCADE"), primary_key=True)
    type: Mapped[str] = mapped_column(String(30), primary_key=True)
    target_id: Mapped[int] = mapped_column(ForeignKey("entry.id", ondelete="CASCADE"), primary_key=True, index=True)
    position: Mapped[int]

    entry: Mapped["EntryRow"] = relationship(foreign_keys=[entry_id], back_populates="relations")
    target: Mapped["EntryRow"] = relationship(foreign_keys=[target_id], back_populates="related_from")


class RelationIn(Schema):
    type: RelationType
    target: EntryReference


class Relation(Schema):
    """A tie to another published entry, named from this end."""

    type: str
    kind: str
    slug: str
    label: str
    url: str
