"""What every kind of entry shares: its columns, what staff may send, what the public sees, its search fields."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, ClassVar, Literal, get_args

from pydantic import AfterValidator, ValidationInfo
from pydantic import Field as Member
from pydantic_core import PydanticCustomError
from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalogue.identifiers import IdentifierRow
from app.catalogue.parts.contributions import ContributionIn, ContributionRow, Contributor
from app.catalogue.parts.funding import Funding, FundingIn, FundingRow
from app.catalogue.parts.pictures import Picture
from app.catalogue.parts.relations import INVERSE, PART, Relation, RelationIn, RelationType
from app.catalogue.parts.resources import LinkType, Resource, ResourceRow
from app.catalogue.schema import (
    Document,
    DocumentId,
    HiddenLabels,
    Identifier,
    LanguageTag,
    LicenceToken,
    Line,
    MarkdownText,
    PartialDateText,
    Prose,
    PublishedIdentifier,
    PublishedMarkdown,
    Ref,
    Schema,
    Slug,
    example,
)
from app.catalogue.subjects import SubjectRow
from app.catalogue.terms import TermRow
from app.db.base import Base
from app.kit.json_types import JsonMapping
from app.kit.text.markdown import markdown_to_text
from app.kit.values.identifiers import normalise
from app.search.query.schema import Extractor, Field, SearchSchema, extract_at
from app.search.query.value_types import DATE, INSTANT, KEYWORD, TITLE, YEAR

TITLE_KEY = String(200).with_variant(String(200, collation="C"), "postgresql")
"""Titles as they are compared (`kit.text.slugs.title_key`), in the order of code points on both databases."""

Access = Literal["open", "restricted", "unknown"]


class Status(StrEnum):
    draft = "draft"
    in_review = "in_review"
    published = "published"
    withdrawn = "withdrawn"
    merged = "merged"


UNPUBLISHED = (Status.draft, Status.in_review)
"""What was never public."""


class EntryTermRow(Base):
    __tablename__ = "entry_term"

    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id", ondelete="CASCADE"), primary_key=True)
    term_id: Mapped[int] = mapped_column(ForeignKey("term.id"), primary_key=True, index=True)
    position: Mapped[int]

    term: Mapped[TermRow] = relationship()


class RelationRow(Base):
    """A relation as it was stated; `app.catalogue.parts.relations.INVERSE` names it from the other end."""

    __tablename__ = "relation"
    __table_args__ = (CheckConstraint("entry_id <> target_id", name="not_itself"),)

    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id", ondelete="CASCADE"), primary_key=True)
    type: Mapped[str] = mapped_column(String(30), primary_key=True)
    target_id: Mapped[int] = mapped_column(ForeignKey("entry.id", ondelete="CASCADE"), primary_key=True, index=True)
    position: Mapped[int]

    entry: Mapped["EntryRow"] = relationship(foreign_keys=[entry_id], back_populates="relations")
    target: Mapped["EntryRow"] = relationship(foreign_keys=[target_id], back_populates="related_from")


class EntryRow(SubjectRow):
    """One entry of the knowledge base; each kind joins it one to one."""

    __tablename__ = "entry"
    __table_args__ = (UniqueConstraint("slug"),)
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_abstract": True}

    collection: ClassVar[str]

    kind: Mapped[str] = mapped_column(String(40))
    title: Mapped[str]
    title_key: Mapped[str] = mapped_column(TITLE_KEY, server_default=text("''"), default="", index=True)
    alternative_titles: Mapped[list[str]]
    summary: Mapped[str]
    body: Mapped[str] = mapped_column(server_default=text("''"), default="")
    hidden_labels: Mapped[list[str]] = mapped_column(default=list)
    language: Mapped[str] = mapped_column(String(35))
    status: Mapped[str] = mapped_column(String(12), index=True)
    issued: Mapped[str | None] = mapped_column(String(10))
    issued_on: Mapped[date | None] = mapped_column(index=True)
    licence: Mapped[str | None] = mapped_column(String(60))
    access: Mapped[str] = mapped_column(String(12), server_default=text("'unknown'"), default="unknown")
    access_source: Mapped[str | None] = mapped_column(String(1000))
    picture_url: Mapped[str | None] = mapped_column(String(2000))
    picture_text: Mapped[str | None] = mapped_column(String(1000))
    sources: Mapped[list[str]]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str | None]
    replaced_by_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"), index=True)

    terms: Mapped[list[EntryTermRow]] = relationship(cascade="all, delete-orphan", order_by=EntryTermRow.position)
    contributions: Mapped[list[ContributionRow]] = relationship(
        cascade="all, delete-orphan", order_by=ContributionRow.position
    )
    identifiers: Mapped[list[IdentifierRow]] = relationship(
        cascade="all, delete-orphan", order_by=IdentifierRow.position
    )
    resources: Mapped[list[ResourceRow]] = relationship(cascade="all, delete-orphan", order_by=ResourceRow.position)
    funding: Mapped[list[FundingRow]] = relationship(cascade="all, delete-orphan", order_by=FundingRow.position)
    relations: Mapped[list[RelationRow]] = relationship(
        cascade="all, delete-orphan",
        foreign_keys=RelationRow.entry_id,
        back_populates="entry",
        order_by=RelationRow.position,
    )
    related_from: Mapped[list[RelationRow]] = relationship(
        foreign_keys=RelationRow.target_id, back_populates="target", passive_deletes=True
    )
    replaced_by: Mapped["EntryRow | None"] = relationship(
        foreign_keys=[replaced_by_id], remote_side="EntryRow.id", post_update=True
    )

    @property
    def current(self) -> "EntryRow":
        """Itself, or the entry that it was merged into."""
        merged = self.status == Status.merged and self.replaced_by is not None
        return self.replaced_by.current if merged and self.replaced_by else self

    @property
    def published_relations(self) -> list[tuple[str, "EntryRow"]]:
        """Those stated here, then those stated at their other end, each once; without those to unpublished entries."""
        stated = [(each.type, each.target) for each in self.relations]
        others = ((INVERSE[each.type], each.entry) for each in self.related_from)
        stated += sorted(others, key=lambda pair: (pair[0], pair[1].id))
        return list(dict.fromkeys(pair for pair in stated if pair[1].status == Status.published))

    @property
    def wholes(self) -> list["EntryRow"]:
        """What it is part of, for all to see."""
        return [other for name, other in self.published_relations if name == PART]

    def ref(self) -> Ref:
        return Ref(id=self.uuid, slug=self.slug, label=self.title, url=f"/v1/{self.collection}/{self.slug}")


def _for_access(value: str | None, info: ValidationInfo) -> str | None:
    known = (info.data or {}).get("access", "unknown") != "unknown"
    if known and value is None and not (info.context or {}).get("accepted"):
        raise PydanticCustomError("source_missing", "must say how it is known, unless `access` is unknown")
    return value


class EntryIn(Schema):
    """What staff may send of every kind of entry."""

    model_config = example({"slug": "an-example", "title": "An example", "terms": {"format": ["web-page"]}})

    slug: Slug
    title: Line
    alternative_titles: list[Line] = []
    summary: Prose = ""
    body: MarkdownText = ""
    hidden_labels: HiddenLabels = []
    language: LanguageTag = "en"
    issued: PartialDateText | None = None
    licence: LicenceToken | None = None
    access: Access = "unknown"
    access_source: Annotated[Line | None, AfterValidator(_for_access), Member(validate_default=True)] = None
    picture: Picture | None = None
    terms: dict[Slug, list[Slug]] = {}
    contributors: list[ContributionIn] = []
    identifiers: list[Identifier] = []
    resources: list[Resource] = []
    relations: list[RelationIn] = []
    funding: list[FundingIn] = []
    sources: list[Line] = []


class Licence(Schema):
    id: str
    url: str | None


class Entry(Document):
    """What the public sees of every kind of entry."""

    title: str
    alternative_titles: list[str]
    summary: str
    body: PublishedMarkdown = ""
    hidden_labels: list[str] = []
    language: str
    issued: str | None
    licence: Licence | None
    access: str
    access_source: str | None
    picture: Picture | None
    terms: dict[str, list[Ref]]
    contributors: list[Contributor]
    identifiers: list[PublishedIdentifier]
    resources: list[Resource]
    relations: list[Relation]
    funding: list[Funding]
    sources: list[str]
    created_at: str
    updated_at: str
    version: int


class Tombstone(Schema):
    """What is left where something was withdrawn."""

    kind: str
    id: DocumentId
    slug: str
    url: str
    reason: str | None
    date: str
    replacement: Ref | None
    identifiers: list[PublishedIdentifier]


def canonical_doi(value: str) -> str:
    return normalise("doi", value)


AGENTS = ("people", "organisations")
ENTRY_FIELDS = (
    Field("kind", KEYWORD, extract_at("kind"), "Kind of entry.", sortable=True, facetable=True),
    Field("slug", KEYWORD, extract_at("slug"), "The name used in URLs.", sortable=True),
    Field("title", TITLE, extract_at("title"), "Title, in alphabetical order.", sortable=True),
    Field("issued", DATE, extract_at("issued"), "Date of publication: a year, a month or a day.", sortable=True),
    Field("year", YEAR, extract_at("issued"), "Year of publication.", sortable=True, facetable=True),
    Field("language", KEYWORD, extract_at("language"), "BCP 47 language tag.", facetable=True),
    Field("licence", KEYWORD, extract_at("licence.id"), "Licence: an SPDX identifier or its stem.", facetable=True),
    Field(
        "access",
        KEYWORD,
        extract_at("access"),
        "Whether everybody may read it.",
        facetable=True,
        choices=get_args(Access),
    ),
    Field(
        "contributor",
        KEYWORD,
        extract_at("contributors.slug"),
        "A person or an organisation, in any role.",
        facetable=True,
        collection=AGENTS,
    ),
    Field(
        "author",
        KEYWORD,
        extract_at("contributors.slug", role="author"),
        "An author.",
        facetable=True,
        collection=AGENTS,
    ),
    Field(
        "doi",
        KEYWORD,
        extract_at("identifiers.value", scheme="doi"),
        "DOI, in any spelling.",
        parse=canonical_doi,
        caption="DOI",
    ),
    Field("identifier", KEYWORD, extract_at("identifiers.value"), "Any identifier, in its normal form."),
    Field(
        "resource",
        KEYWORD,
        extract_at("resources.type"),
        "Type of its links.",
        facetable=True,
        choices=get_args(LinkType),
    ),
    Field(
        "relation",
        KEYWORD,
        extract_at("relations.type"),
        "Relations.",
        facetable=True,
        choices=get_args(RelationType),
    ),
    Field("funder", KEYWORD, extract_at("funding.funder.slug"), "Funder.", facetable=True, collection=AGENTS),
    Field("award_number", KEYWORD, extract_at("funding.award_number"), "Grant number."),
    Field("created_at", INSTANT, extract_at("created_at"), "When the entry was created.", sortable=True),
    Field("updated_at", INSTANT, extract_at("updated_at"), "When the entry was last changed.", sortable=True),
)


PERIOD_DESCRIPTION = "From its first day to its last: `2021-06` finds all that took place in that month."


def _extract_words(plain: Extractor, markdown: Extractor) -> Extractor:
    def extract(document: JsonMapping) -> list[str]:
        return [*plain(document), *map(markdown_to_text, markdown(document))]

    return extract


def entry_schema(
    row: type[EntryRow],
    *fields: Field,
    body: tuple[str, ...] = (),
    markdown: tuple[str, ...] = (),
    sort: str = "title",
    weight: float = 1.0,
    has_sections: bool = False,
) -> SearchSchema:
    """The shape of one kind of entry: the shared fields and its own; `body` and, for texts in Markdown, `markdown` add
    paths to the words searched, and `weight` is what they count."""
    words = extract_at("summary", "issued", "funding.funder.label", "funding.award_number", "resources.label", *body)
    return SearchSchema(
        kind=row.__mapper_args__["polymorphic_identity"],
        collection=row.collection,
        label=extract_at("title"),
        fields=(*ENTRY_FIELDS, *fields),
        title=extract_at("title", "alternative_titles"),
        names=extract_at("terms.*.label", "contributors.label"),
        body=_extract_words(words, extract_at("body", *markdown)),
        hidden=extract_at("hidden_labels"),
        sort=sort,
        weight=weight,
        has_terms=True,
        has_sections=has_sections,
        language=extract_at("language"),
    )
