"""People and organisations."""

from typing import Annotated

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalogue.child_rows import sync_child_rows
from app.catalogue.identifiers import IdentifierRow, apply_identifiers, published_identifiers
from app.catalogue.kind import Kind, Lookup
from app.catalogue.record_mapping import page_address
from app.catalogue.schema import (
    Document,
    Identifier,
    Line,
    PartialDateText,
    Prose,
    PublishedIdentifier,
    Ref,
    Schema,
    Slug,
    example,
    not_before,
)
from app.catalogue.subjects import SubjectRow
from app.db.base import Base
from app.exports import agent as exports
from app.kit.json_types import JsonMapping, JsonObject
from app.search.query.schema import Field, SearchSchema, extract_at
from app.search.query.value_types import INSTANT, KEYWORD, TEXT

COLLECTIONS = {"person": "people", "organisation": "organisations"}


class AgentRow(SubjectRow):
    """A person or an organisation; `kind` says which, and the two have addresses of their own."""

    __tablename__ = "agent"
    __table_args__ = (UniqueConstraint("kind", "slug"),)

    kind: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(index=True)
    family: Mapped[str | None]
    given: Mapped[str | None]
    alternative_names: Mapped[list[str]]
    hidden_names: Mapped[list[str]]
    description: Mapped[str]
    sources: Mapped[list[str]]
    replaced_by_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"), index=True)

    replaced_by: Mapped["AgentRow | None"] = relationship(
        foreign_keys=[replaced_by_id], remote_side="AgentRow.id", post_update=True
    )
    identifiers: Mapped[list[IdentifierRow]] = relationship(
        cascade="all, delete-orphan", order_by="IdentifierRow.position"
    )
    affiliations: Mapped[list["AffiliationRow"]] = relationship(
        cascade="all, delete-orphan",
        order_by="AffiliationRow.position",
        foreign_keys="AffiliationRow.person_id",
    )

    @property
    def current(self) -> "AgentRow":
        """Itself, or the agent that it was merged into."""
        return self.replaced_by.current if self.replaced_by is not None else self

    @property
    def url(self) -> str:
        return f"/v1/{COLLECTIONS[self.kind]}/{self.slug}"

    def ref(self) -> Ref:
        return Ref(id=self.uuid, slug=self.slug, label=self.name, url=self.url)


class AffiliationRow(Base):
    """A person's place in an organisation."""

    __tablename__ = "affiliation"
    __table_args__ = (UniqueConstraint("person_id", "organisation_id", "role"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("agent.id", ondelete="CASCADE"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("agent.id"), index=True)
    role: Mapped[str] = mapped_column(String(1000), default="")
    start: Mapped[str | None] = mapped_column(String(10))
    end: Mapped[str | None] = mapped_column(String(10))
    position: Mapped[int]

    organisation: Mapped[AgentRow] = relationship(foreign_keys=[organisation_id])


class AffiliationIn(Schema):
    organisation: Slug
    role: Line | None = None
    start: PartialDateText | None = None
    end: Annotated[PartialDateText | None, not_before("start")] = None


class AgentIn(Schema):
    slug: Slug
    name: Line
    alternative_names: list[Line] = []
    hidden_names: list[Line] = []
    description: Prose = ""
    identifiers: list[Identifier] = []
    sources: list[Line] = []


class PersonIn(AgentIn):
    """A person, in a public professional role only."""

    model_config = example({"slug": "jo-example", "name": "Jo Example", "family": "Example", "given": "Jo"})

    family: Line | None = None
    given: Line | None = None
    affiliations: list[AffiliationIn] = []


class OrganisationIn(AgentIn):
    """An organisation: a partner, a funder, a publisher."""

    model_config = example({"slug": "an-example-trust", "name": "An Example Trust"})


class Affiliation(Schema):
    organisation: Ref
    role: str | None
    start: str | None
    end: str | None


class AgentDocument(Document):
    name: str
    alternative_names: list[str]
    hidden_names: list[str]
    description: str
    identifiers: list[PublishedIdentifier]
    sources: list[str]
    created_at: str
    updated_at: str
    version: int


class Person(AgentDocument):
    """A person named by something published."""

    family: str | None
    given: str | None
    affiliations: list[Affiliation]


class Organisation(AgentDocument):
    """An organisation named by something published."""


FIELDS = (
    Field("slug", KEYWORD, extract_at("slug"), "The name used in URLs.", sortable=True),
    Field("name", TEXT, extract_at("name"), "The name shown to readers.", sortable=True),
    Field(
        "identifier",
        KEYWORD,
        extract_at("identifiers.value"),
        "Any identifier, for example ORCID or ROR.",
    ),
    Field("updated_at", INSTANT, extract_at("updated_at"), "When it was last changed.", sortable=True),
)
PERSON_SCHEMA = SearchSchema(
    kind="person",
    collection="people",
    label=extract_at("name"),
    fields=(
        *FIELDS,
        Field("family", TEXT, extract_at("family"), "Family name.", sortable=True),
        Field(
            "organisation",
            KEYWORD,
            extract_at("affiliations.organisation.slug"),
            "Affiliation.",
            facetable=True,
            collection="organisations",
        ),
    ),
    title=extract_at("name"),
    names=extract_at("alternative_names", "hidden_names"),
    body=extract_at("description"),
    sort="family,name",
)
ORGANISATION_SCHEMA = SearchSchema(
    kind="organisation",
    collection="organisations",
    label=extract_at("name"),
    fields=FIELDS,
    title=extract_at("name"),
    names=extract_at("alternative_names", "hidden_names"),
    body=extract_at("description"),
    sort="name",
)


def apply_agent(row: AgentRow, data: AgentIn, lookup: Lookup) -> None:
    apply_identifiers(row.identifiers, data.identifiers, lookup.errors)


def apply_person(row: AgentRow, data: PersonIn, lookup: Lookup) -> None:
    apply_agent(row, data, lookup)
    desired = []
    for position, given in enumerate(data.affiliations):
        organisation = lookup.agent(f"organisations/{given.organisation}", f"/affiliations/{position}/organisation")
        if organisation is not None:
            role = given.role or ""
            values = {"organisation": organisation, "role": role, "start": given.start, "end": given.end}
            desired.append(((organisation, role), values | {"position": position}))
    sync_child_rows(
        row.affiliations,
        desired,
        key=lambda affiliation: (affiliation.organisation, affiliation.role),
        make=AffiliationRow,
    )


def render_agent(row: AgentRow) -> JsonObject:
    return {"identifiers": published_identifiers(row.identifiers)}


def render_person(row: AgentRow) -> JsonObject:
    affiliations = [
        Affiliation(organisation=each.organisation.ref(), role=each.role or None, start=each.start, end=each.end)
        for each in row.affiliations
    ]
    return render_agent(row) | {"affiliations": affiliations}


def exported_agent(document: JsonMapping) -> exports.Agent:
    return exports.Agent(
        page_url=page_address(document),
        name=document["name"],
        is_person=document["kind"] == "person",
        family=document.get("family"),
        given=document.get("given"),
        alternative_names=tuple(document["alternative_names"]),
        description=document["description"] or None,
        same_as=tuple(each["url"] for each in document["identifiers"] if each["url"]),
        affiliations=tuple(page_address(each["organisation"]) for each in document.get("affiliations", ())),
    )


PERSON = Kind(
    AgentRow,
    PersonIn,
    Person,
    PERSON_SCHEMA,
    apply=apply_person,
    render=render_person,
    agent=exported_agent,
    scope="agents",
    public_while_named=True,
)
ORGANISATION = Kind(
    AgentRow,
    OrganisationIn,
    Organisation,
    ORGANISATION_SCHEMA,
    apply=apply_agent,
    render=render_agent,
    agent=exported_agent,
    scope="agents",
    public_while_named=True,
)
