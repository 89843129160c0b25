"""Projects: what was funded, for how long and by whom."""

from typing import Annotated, Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalogue.agents import AgentRow
from app.catalogue.kind import Kind, Lookup
from app.catalogue.schema import AgentReference, Document, Line, PartialDateText, Prose, Ref, Schema, Slug, not_before
from app.catalogue.subjects import SubjectRow
from app.search.query.schema import Field, SearchSchema, extract_at
from app.search.query.value_types import DATE, KEYWORD, TEXT


class ProjectRow(SubjectRow):
    __tablename__ = "project"
    __table_args__ = (UniqueConstraint("slug"),)

    title: Mapped[str]
    description: Mapped[str]
    start: Mapped[str | None] = mapped_column(String(10))
    end: Mapped[str | None] = mapped_column(String(10))
    funder_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"), index=True)

    funder: Mapped[AgentRow | None] = relationship()


class ProjectIn(Schema):
    """A project: what it was about, and who paid for it."""

    slug: Slug
    title: Line
    description: Prose = ""
    start: PartialDateText | None = None
    end: Annotated[PartialDateText | None, not_before("start")] = None
    funder: AgentReference | None = None


class Project(Document):
    """A project that was funded."""

    title: str
    description: str
    start: str | None
    end: str | None
    funder: Ref | None
    created_at: str
    updated_at: str
    version: int


def apply(row: ProjectRow, data: ProjectIn, lookup: Lookup) -> None:
    row.funder = lookup.agent(data.funder, "/funder") if data.funder else None


def render(row: ProjectRow) -> dict[str, Any]:
    return {"funder": row.funder.current.ref() if row.funder else None}


KIND = Kind(
    row=ProjectRow,
    input=ProjectIn,
    output=Project,
    search_schema=SearchSchema(
        kind="project",
        collection="projects",
        label=extract_at("title"),
        fields=(
            Field("slug", KEYWORD, extract_at("slug"), "The name used in addresses.", sortable=True),
            Field("title", TEXT, extract_at("title"), "Title, in alphabetical order.", sortable=True),
            Field("start", DATE, extract_at("start"), "When it began.", sortable=True),
            Field(
                "funder",
                KEYWORD,
                extract_at("funder.slug"),
                "Who paid for it.",
                facetable=True,
                collection=("people", "organisations"),
            ),
        ),
        title=extract_at("title"),
        names=extract_at("funder.label"),
        body=extract_at("description"),
        sort="title",
    ),
    apply=apply,
    render=render,
)
