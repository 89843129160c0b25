"""Vocabularies (schemes) and their terms. A new facet is a new scheme, not new code."""

from itertools import pairwise

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalogue.child_rows import sync_child_rows
from app.catalogue.kind import Kind, Lookup, Parent
from app.catalogue.schema import (
    Document,
    Line,
    Prose,
    Ref,
    Schema,
    SiblingReference,
    Slug,
    SuccessorReference,
    WebAddress,
    example,
)
from app.catalogue.subjects import SubjectRow
from app.db.base import Base
from app.exports.concept import Concept
from app.kit.json_types import JsonMapping, JsonObject
from app.search.query.schema import Field, SearchSchema, extract_at
from app.search.query.value_types import INSTANT, INTEGER, KEYWORD, TITLE


class SchemeRow(SubjectRow):
    """With `synonym_rings` no entry carries its terms: the labels of each are words for the same (ANSI/NISO Z39.19)."""

    __tablename__ = "scheme"
    __table_args__ = (UniqueConstraint("slug"), UniqueConstraint("collection"))

    collection: Mapped[str] = mapped_column(String(80))
    label: Mapped[str]
    definition: Mapped[str]
    single: Mapped[bool]
    required: Mapped[bool]
    ordered: Mapped[bool]
    synonym_rings: Mapped[bool] = mapped_column(server_default=false(), default=False)
    sources: Mapped[list[str]]


class RelatedTermRow(Base):
    """Two concepts that belong together (skos:related): stated at one, shown at both."""

    __tablename__ = "related_term"
    __table_args__ = (CheckConstraint("term_id <> other_id", name="not_itself"),)

    term_id: Mapped[int] = mapped_column(ForeignKey("term.id", ondelete="CASCADE"), primary_key=True)
    other_id: Mapped[int] = mapped_column(ForeignKey("term.id", ondelete="CASCADE"), primary_key=True, index=True)
    position: Mapped[int]

    term: Mapped["TermRow"] = relationship(foreign_keys=[term_id], back_populates="related")
    other: Mapped["TermRow"] = relationship(foreign_keys=[other_id], back_populates="related_from")


class TermRow(SubjectRow):
    __tablename__ = "term"
    __table_args__ = (UniqueConstraint("scheme_id", "slug"),)

    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    label: Mapped[str]
    definition: Mapped[str | None]
    alternative_labels: Mapped[list[str]]
    hidden_labels: Mapped[list[str]]
    broader_id: Mapped[int | None] = mapped_column(ForeignKey("term.id"), index=True)
    replaced_by_id: Mapped[int | None] = mapped_column(ForeignKey("term.id"), index=True)
    position: Mapped[int | None]
    exact_match: Mapped[list[str]]
    sources: Mapped[list[str]]

    scheme: Mapped[SchemeRow] = relationship(lazy="joined", innerjoin=True)
    broader: Mapped["TermRow | None"] = relationship(foreign_keys=[broader_id], remote_side="TermRow.id")
    replaced_by: Mapped["TermRow | None"] = relationship(
        foreign_keys=[replaced_by_id], remote_side="TermRow.id", post_update=True
    )
    related: Mapped[list[RelatedTermRow]] = relationship(
        cascade="all, delete-orphan",
        foreign_keys=RelatedTermRow.term_id,
        back_populates="term",
        order_by=RelatedTermRow.position,
    )
    related_from: Mapped[list[RelatedTermRow]] = relationship(
        foreign_keys=RelatedTermRow.other_id, back_populates="other", passive_deletes=True
    )

    @property
    def current(self) -> "TermRow":
        """The term that readers are shown: itself, or what replaced it in the end."""
        return self.replaced_by.current if self.replaced_by is not None else self

    @property
    def url(self) -> str:
        return f"/v1/{self.scheme.collection}/{self.slug}"

    def ref(self) -> Ref:
        return Ref(id=self.uuid, slug=self.slug, label=self.label, url=self.url)


class SchemeIn(Schema):
    """A controlled vocabulary."""

    model_config = example({"slug": "example", "collection": "examples", "label": "Examples"})

    slug: Slug
    collection: Slug
    label: Line
    definition: Prose = ""
    single: bool = False
    required: bool = False
    ordered: bool = False
    synonym_rings: bool = False
    sources: list[Line] = []


class TermIn(Schema):
    """One concept of the vocabulary `scheme` (SKOS Concept)."""

    model_config = example({"scheme": "{vocabularies.0}", "slug": "an-example", "label": "An example"})

    scheme: Slug
    slug: Slug
    label: Line
    definition: Prose | None = None
    alternative_labels: list[Line] = []
    hidden_labels: list[Line] = []
    broader: SiblingReference | None = None
    related: list[SiblingReference] = []
    replaced_by: SuccessorReference | None = None
    position: int | None = None
    exact_match: list[WebAddress] = []
    sources: list[Line] = []


class Vocabulary(Document):
    """A controlled vocabulary. Its name is the query parameter, its collection is the path of its terms."""

    label: str
    definition: str
    collection: str
    single: bool
    required: bool
    ordered: bool
    synonym_rings: bool
    sources: list[str]
    created_at: str
    updated_at: str
    version: int


class Term(Document):
    """One concept of a vocabulary (SKOS Concept)."""

    scheme: str
    label: str
    definition: str | None
    alternative_labels: list[str]
    hidden_labels: list[str]
    broader: Ref | None
    related: list[Ref]
    replaced_by: Ref | None
    position: int | None
    exact_match: list[str]
    sources: list[str]
    created_at: str
    updated_at: str
    version: int


LABEL = Field("label", TITLE, extract_at("label"), "The name shown to readers.", sortable=True)
UPDATED = Field("updated_at", INSTANT, extract_at("updated_at"), "When it was last changed.", sortable=True)

VOCABULARY_SCHEMA = SearchSchema(
    kind="vocabulary",
    collection="vocabularies",
    label=extract_at("label"),
    fields=(Field("slug", KEYWORD, extract_at("slug"), "The name used in URLs.", sortable=True), LABEL, UPDATED),
    title=extract_at("label"),
    names=extract_at("slug"),
    body=extract_at("definition"),
    sort="label",
    defines=extract_at("slug", "collection"),
    rings=extract_at("synonym_rings"),
    ordered=extract_at("ordered"),
    required=extract_at("required"),
)
TERM_SCHEMA = SearchSchema(
    kind="term",
    collection=None,
    label=extract_at("label"),
    fields=(
        Field("slug", KEYWORD, extract_at("slug"), "The name used in URLs.", sortable=True),
        Field("broader", KEYWORD, extract_at("broader.slug"), "Broader term."),
        Field("position", INTEGER, extract_at("position"), "Position in the vocabulary.", sortable=True),
        LABEL,
        UPDATED,
    ),
    title=extract_at("label"),
    names=extract_at("alternative_labels", "hidden_labels"),
    body=extract_at("definition"),
    sort="position,label",
    broader=extract_at("broader.slug"),
)


def apply_scheme(row: SchemeRow, data: SchemeIn, lookup: Lookup) -> None:
    """A collection's name is in every address of its terms, so it stays; and what entries may carry stays so."""
    if row.collection is not None and row.collection != data.collection:
        lookup.errors.add("/collection", "fixed", "The collection of a vocabulary cannot be changed.")
    if row.collection is not None and row.synonym_rings != data.synonym_rings:
        lookup.errors.add("/synonym_rings", "fixed", "A vocabulary cannot become one of synonym rings, or cease to be.")


def apply_term(row: TermRow, data: TermIn, lookup: Lookup) -> None:
    if row.scheme.slug != data.scheme:
        lookup.errors.add("/scheme", "fixed", "A term cannot move to another vocabulary.")
        return
    for name in ("broader", "replaced_by"):
        reference = getattr(data, name)
        other = _find_term(data.scheme, reference, f"/{name}", lookup) if reference else None
        if reference and any(above is row for above in _chain(other, name)):
            lookup.errors.add(f"/{name}", "circle", "The term would replace itself.")
        elif getattr(row, name) is not other:
            setattr(row, name, other)
    if not all(_may_move(one.scheme, other.scheme) for one, other in pairwise(_chain(row, "replaced_by"))):
        lookup.errors.add("/replaced_by", "fixed", _IMMOVABLE)
    if _is_above_itself(row.current):
        pointer = "/broader" if data.broader else "/replaced_by"
        lookup.errors.add(pointer, "circle", "This would make a term broader than itself.")
    _apply_related(row, data, lookup)


_IMMOVABLE = "Terms cannot move out of a required vocabulary, into one of which entries carry one term, or to synonyms."


def _find_term(scheme: str, reference: str, pointer: str, lookup: Lookup) -> TermRow | None:
    """A term by its slug, or by the collection of another vocabulary and its slug."""
    found: TermRow | None = (
        lookup.term(reference, pointer) if "/" in reference else lookup.scheme_term(scheme, reference, pointer)
    )
    return found


def _may_move(one: SchemeRow, other: SchemeRow) -> bool:
    """Whether entries may carry terms of the second vocabulary in the place of terms of the first."""
    rings = one.synonym_rings or other.synonym_rings
    return one is other or not (one.required or other.single or rings)


def _apply_related(row: TermRow, data: TermIn, lookup: Lookup) -> None:
    desired = []
    for position, slug in enumerate(data.related):
        other = lookup.scheme_term(data.scheme, slug, f"/related/{position}")
        if other is row:
            lookup.errors.add(f"/related/{position}", "circle", "A term cannot be related to itself.")
        elif other is not None:
            desired.append((other.id, {"other": other, "position": position}))
    sync_child_rows(row.related, desired, key=lambda each: each.other_id, make=RelatedTermRow)


def _chain(term: TermRow | None, name: str) -> list[TermRow]:
    """A term and all that it leads to by `broader` or `replaced_by`."""
    chain: list[TermRow] = []
    while term is not None and term not in chain:
        chain.append(term)
        term = getattr(term, name)
    return chain


def _is_above_itself(term: TermRow) -> bool:
    """Whether a term leads back to itself by what readers are shown as broader: what replaced it, where it was."""
    seen: list[TermRow] = []
    while term.broader is not None and term not in seen:
        seen.append(term)
        term = term.broader.current
    return bool(seen) and term is seen[0]


def render_term(row: TermRow) -> JsonObject:
    return {
        "scheme": row.scheme.slug,
        "broader": _broader(row),
        "related": _related(row),
        "replaced_by": row.replaced_by.ref() if row.replaced_by else None,
    }


def _broader(row: TermRow) -> Ref | None:
    """The broader term as it is now; none where it has moved to another vocabulary, for a hierarchy is of one."""
    broader = row.broader.current if row.broader else None
    return broader.ref() if broader is not None and broader.scheme is row.scheme else None


def _related(row: TermRow) -> list[Ref]:
    """What it states, then what states it; each once, and as it is now."""
    others = [each.other.current for each in row.related]
    others += sorted((each.term.current for each in row.related_from), key=lambda term: term.id)
    return [term.ref() for term in dict.fromkeys(others) if term is not row]


def scheme_concept(document: JsonMapping) -> Concept:
    return Concept(
        uri=document["url"],
        scheme=document["url"],
        label=document["label"],
        definition=document["definition"] or None,
        is_scheme=True,
    )


def term_concept(document: JsonMapping) -> Concept:
    """The scheme's URI follows from the term's: both hang below the same root."""
    root = document["url"].rsplit("/", 2)[0]
    return Concept(
        uri=document["url"],
        scheme=f"{root}/vocabularies/{document['scheme']}",
        label=document["label"],
        definition=document["definition"],
        alternative_labels=tuple(document["alternative_labels"]),
        hidden_labels=tuple(document["hidden_labels"]),
        broader=document["broader"]["url"] if document["broader"] else None,
        related=tuple(each["url"] for each in document["related"]),
        exact_match=tuple(document["exact_match"]),
    )


VOCABULARY = Kind(
    SchemeRow,
    SchemeIn,
    Vocabulary,
    VOCABULARY_SCHEMA,
    apply=apply_scheme,
    concept=scheme_concept,
    scope="vocabularies",
)
TERM_KIND = Kind(
    TermRow,
    TermIn,
    Term,
    TERM_SCHEMA,
    apply=apply_term,
    render=render_term,
    concept=term_concept,
    scope="vocabularies",
    parent=Parent(SchemeRow, "scheme"),
)
