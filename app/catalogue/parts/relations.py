"""Ties between entries (DataCite Metadata Schema 4.5, relationType): stored once, shown from both ends."""

from typing import Literal

from app.catalogue.schema import DocumentId, EntryReference, Schema

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
"""The same relation as seen from the other end."""

PART: RelationType = "IsPartOf"


class RelationIn(Schema):
    type: RelationType
    target: EntryReference


class Relation(Schema):
    """A relation to another published entry, seen from this one."""

    type: str
    kind: str
    id: DocumentId
    slug: str
    label: str
    url: str
