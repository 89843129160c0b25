"""Frameworks: models to think and work with, made of ordered elements."""

from collections.abc import Mapping
from typing import Any, Literal, get_args

from sqlalchemy import ForeignKey, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalogue.child_rows import sync_child_rows
from app.catalogue.entries import Entry, EntryIn, EntryRow, entry_schema
from app.catalogue.kind import Kind, Lookup
from app.catalogue.record_mapping import entry_record, page_address
from app.catalogue.schema import Line, MarkdownText, Prose, PublishedMarkdown, Ref, Schema, Slug, TermReference
from app.catalogue.terms import TermRow
from app.db.base import Base
from app.exports.checklist import Checklist, ChecklistPart
from app.exports.record import Record
from app.search.query.schema import Field, extract_at
from app.search.query.value_types import KEYWORD

ElementType = Literal["stage", "principle", "phase", "question", "cluster", "lens", "level", "section"]


class FrameworkElementRow(Base):
    __tablename__ = "framework_element"
    __table_args__ = (UniqueConstraint("framework_id", "slug"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    framework_id: Mapped[int] = mapped_column(ForeignKey("framework.id", ondelete="CASCADE"))
    slug: Mapped[str] = mapped_column(String(80))
    type: Mapped[str] = mapped_column(String(20))
    title: Mapped[str]
    description: Mapped[str]
    prompts: Mapped[list[str]]
    body: Mapped[str] = mapped_column(server_default=text("''"), default="")
    term_id: Mapped[int | None] = mapped_column(ForeignKey("term.id"), index=True)
    position: Mapped[int]

    term: Mapped[TermRow | None] = relationship()


class FrameworkRow(EntryRow):
    __tablename__ = "framework"
    __mapper_args__ = {"polymorphic_identity": "framework"}
    collection = "frameworks"

    id: Mapped[int] = mapped_column(ForeignKey("entry.id", ondelete="CASCADE"), primary_key=True)
    acronym: Mapped[str | None] = mapped_column(String(40))
    purpose: Mapped[str]
    basis: Mapped[str]

    elements: Mapped[list[FrameworkElementRow]] = relationship(
        cascade="all, delete-orphan", order_by=FrameworkElementRow.position
    )


class ElementIn(Schema):
    """One element of a framework; `term` links it to a concept, as a stage to its term."""

    slug: Slug
    type: ElementType
    title: Line
    description: Prose = ""
    prompts: list[Line] = []
    body: MarkdownText = ""
    term: TermReference | None = None


class FrameworkIn(EntryIn):
    """A framework: its purpose, its basis, and its elements in order."""

    acronym: Line | None = None
    purpose: Prose = ""
    basis: Prose = ""
    elements: list[ElementIn] = []


class Element(Schema):
    slug: str
    type: str
    title: str
    description: str
    prompts: list[str]
    body: PublishedMarkdown = ""
    term: Ref | None


class Framework(Entry):
    """A framework for thinking and practice, with its elements in order."""

    acronym: str | None
    purpose: str
    basis: str
    elements: list[Element]


def apply(row: FrameworkRow, data: FrameworkIn, lookup: Lookup) -> None:
    desired = []
    for position, element in enumerate(data.elements):
        term = lookup.term(element.term, f"/elements/{position}/term") if element.term else None
        values = element.model_dump(exclude={"term"}) | {"term": term, "position": position}
        desired.append((element.slug, values))
    if len({slug for slug, _ in desired}) < len(desired):
        lookup.errors.add("/elements", "repeated", "Two elements have the same name in addresses.")
    sync_child_rows(row.elements, desired, key=lambda element: element.slug, make=FrameworkElementRow)


def render(row: FrameworkRow) -> dict[str, Any]:
    return {
        "elements": [
            Element(
                slug=element.slug,
                type=element.type,
                title=element.title,
                description=element.description,
                prompts=element.prompts,
                body=element.body,
                term=element.term.current.ref() if element.term else None,
            )
            for element in row.elements
        ]
    }


def record(document: Mapping[str, Any]) -> Record:
    return entry_record(document, "document")


def checklist(document: Mapping[str, Any]) -> Checklist:
    parts = (
        ChecklistPart(each["title"], each["type"], each["description"], tuple(each["prompts"]))
        for each in document["elements"]
    )
    about = document["purpose"] or document["summary"]
    return Checklist(document["title"], page_address(document), about, tuple(parts))


KIND = Kind(
    row=FrameworkRow,
    input=FrameworkIn,
    output=Framework,
    search_schema=entry_schema(
        FrameworkRow,
        Field("acronym", KEYWORD, extract_at("acronym"), "Acronym, as written."),
        Field("element", KEYWORD, extract_at("elements.slug"), "Element of the framework."),
        Field(
            "element_type",
            KEYWORD,
            extract_at("elements.type"),
            "Type of its elements.",
            facetable=True,
            choices=get_args(ElementType),
        ),
        body=("acronym", "purpose", "basis", "elements.title", "elements.description", "elements.prompts"),
        markdown=("elements.body",),
    ),
    record=record,
    checklist=checklist,
    apply=apply,
    render=render,
)
