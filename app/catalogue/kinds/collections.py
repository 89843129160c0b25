"""Collections: curated pages, made of sections that list entries in an order or show what a stored query finds."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, ValidationInfo
from pydantic import Field as Member
from pydantic_core import PydanticCustomError
from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalogue.child_rows import sync_child_rows
from app.catalogue.entries import Entry, EntryIn, EntryRow, Status, entry_schema
from app.catalogue.identifiers import published_identifiers
from app.catalogue.kind import Kind, Lookup
from app.catalogue.record_mapping import entry_record, outward_link
from app.catalogue.schema import DocumentId, EntryReference, Line, MarkdownText, Ref, Schema, Slug
from app.db.base import Base
from app.exports.record import Record

MAX_SECTIONS = 50
MAX_LISTED = 200
"""Entries that a section lists."""
MAX_QUERIES = 10
"""Sections with a query: each query runs whenever the collection is read."""
MAX_FOUND, FOUND = 50, 20
"""Entries that are shown of what a query finds."""


class CollectionSectionRow(Base):
    __tablename__ = "collection_section"
    __table_args__ = (UniqueConstraint("collection_id", "slug"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    collection_id: Mapped[int] = mapped_column(ForeignKey("collection.id", ondelete="CASCADE"))
    slug: Mapped[str] = mapped_column(String(80))
    heading: Mapped[str] = mapped_column(String(1000))
    text: Mapped[str]
    query: Mapped[str | None] = mapped_column(String(1000))
    limit: Mapped[int]
    position: Mapped[int]


class CollectionItemRow(Base):
    """An entry in a section, by the section's slug: a column refers from here to the collection, not to the section,
    so that a collection is found by what it names as any other input is."""

    __tablename__ = "collection_item"
    __table_args__ = (UniqueConstraint("collection_id", "section", "entry_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    collection_id: Mapped[int] = mapped_column(ForeignKey("collection.id", ondelete="CASCADE"))
    section: Mapped[str] = mapped_column(String(80))
    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id", ondelete="CASCADE"), index=True)
    line: Mapped[str | None] = mapped_column(String(1000))
    position: Mapped[int]

    entry: Mapped[EntryRow] = relationship(foreign_keys=[entry_id], lazy="selectin")


class CollectionRow(EntryRow):
    __tablename__ = "collection"
    __mapper_args__ = {"polymorphic_identity": "collection"}
    collection = "collections"

    id: Mapped[int] = mapped_column(ForeignKey("entry.id", ondelete="CASCADE"), primary_key=True)
    introduction: Mapped[str]

    sections: Mapped[list[CollectionSectionRow]] = relationship(
        cascade="all, delete-orphan", order_by=CollectionSectionRow.position
    )
    items: Mapped[list[CollectionItemRow]] = relationship(
        cascade="all, delete-orphan", order_by=CollectionItemRow.position
    )


class ItemIn(Schema):
    """An entry that a section lists, with a line about it."""

    entry: EntryReference
    line: Line | None = None


def _not_beside_entries(value: str | None, info: ValidationInfo) -> str | None:
    if value is not None and (info.data or {}).get("entries"):
        raise PydanticCustomError("not_together", "cannot be combined with `entries`")
    return value


class SectionIn(Schema):
    """A section: it lists `entries`, or shows what `query` finds when the collection is read."""

    slug: Slug
    heading: Line
    text: MarkdownText = ""
    entries: Annotated[list[ItemIn], Member(max_length=MAX_LISTED)] = []
    query: Annotated[Line | None, AfterValidator(_not_beside_entries)] = Member(
        None, description="A list with its parameters, for example `publications?topic=ethics&sort=-issued`."
    )
    limit: Annotated[int, Member(ge=1, le=MAX_FOUND, description="Entries that are shown of what it finds.")] = FOUND


class CollectionIn(EntryIn):
    """A curated page: what it is about, and sections in order. What it is part of is among its `relations`."""

    introduction: MarkdownText = ""
    sections: Annotated[list[SectionIn], Member(max_length=MAX_SECTIONS)] = []


class Item(Schema):
    """An entry in a section."""

    id: DocumentId
    kind: str
    slug: str
    label: str
    url: str
    link: str | None
    line: str | None


class Section(Schema):
    """A section of a collection, with its entries; where it has a query, with the first that are found, how many there
    are and where all of them are. What a query finds is in the collection itself, not in lists."""

    slug: str
    heading: str
    text: str
    entries: list[Item]
    query: str | None
    limit: int
    count: int | None = None
    query_url: str | None = None


class Collection(Entry):
    """A curated page: sections in order, with the collections that it is part of and those that are part of it."""

    introduction: str
    sections: list[Section]
    parents: list[Ref]
    children: list[Ref]


def apply(row: CollectionRow, data: CollectionIn, lookup: Lookup) -> None:
    _check_sections(data, lookup)
    sections = [
        (each.slug, each.model_dump(exclude={"entries"}) | {"position": position})
        for position, each in enumerate(data.sections)
    ]
    sync_child_rows(row.sections, sections, key=lambda each: each.slug, make=CollectionSectionRow)
    items = [
        ((section, entry), {"section": section, "entry": entry, "line": given.line, "position": position})
        for position, (section, entry, given) in enumerate(_items(row, data, lookup))
    ]
    sync_child_rows(row.items, items, key=lambda each: (each.section, each.entry), make=CollectionItemRow)


def _check_sections(data: CollectionIn, lookup: Lookup) -> None:
    if len({each.slug for each in data.sections}) < len(data.sections):
        lookup.errors.add("/sections", "repeated", "Two sections have the same name in addresses.")
    queries = [(position, each.query) for position, each in enumerate(data.sections) if each.query is not None]
    if len(queries) > MAX_QUERIES:
        lookup.errors.add("/sections", "too-many-values", f"At most {MAX_QUERIES} sections with a query.")
        return
    for position, query in queries:
        lookup.check_query(query, f"/sections/{position}/query")


def _items(row: CollectionRow, data: CollectionIn, lookup: Lookup) -> Iterator[tuple[str, EntryRow, ItemIn]]:
    for place, section in enumerate(data.sections):
        seen: set[EntryRow] = set()
        for position, given in enumerate(section.entries):
            pointer = f"/sections/{place}/entries/{position}/entry"
            entry: EntryRow | None = lookup.entry(given.entry, pointer)
            if entry is row:
                lookup.errors.add(pointer, "circle", "A collection cannot list itself.")
            elif entry in seen:
                lookup.errors.add(pointer, "repeated", "A section lists an entry only once.")
            elif entry is not None:
                seen.add(entry)
                yield section.slug, entry, given


def render(row: CollectionRow) -> dict[str, Any]:
    """Entries that are not published are not shown; what was merged is shown as what it was merged into."""
    listed: dict[str, list[Item]] = {}
    for each in row.items:
        entry = each.entry.current
        if entry.status == Status.published:
            listed.setdefault(each.section, []).append(_item(entry, each.line))
    return {
        "sections": [
            Section(
                slug=each.slug,
                heading=each.heading,
                text=each.text,
                entries=listed.get(each.slug, []),
                query=each.query,
                limit=each.limit,
            )
            for each in row.sections
        ],
        "parents": _collections(row, "IsPartOf", "HasPart"),
        "children": _collections(row, "HasPart", "IsPartOf"),
    }


def _item(entry: EntryRow, line: str | None) -> Item:
    ref = entry.ref()
    return Item(id=ref.id, kind=entry.kind, slug=ref.slug, label=ref.label, url=ref.url, link=_link(entry), line=line)


def _link(entry: EntryRow) -> str | None:
    resources = [{"type": each.type, "url": each.url} for each in entry.resources]
    return outward_link(resources, [each.model_dump() for each in published_identifiers(entry.identifiers)])


def _collections(row: CollectionRow, stated: str, inverse: str) -> list[Ref]:
    """The published collections that it is related to in this way, from whichever end that was stated."""
    others = [each.target for each in row.relations if each.type == stated]
    others += [each.entry for each in row.related_from if each.type == inverse]
    shown = (each for each in dict.fromkeys(others) if each.kind == row.kind and each.status == Status.published)
    return [each.ref() for each in shown]


def record(document: Mapping[str, Any]) -> Record:
    return entry_record(document, "webpage")


KIND = Kind(
    row=CollectionRow,
    input=CollectionIn,
    output=Collection,
    search_schema=entry_schema(
        CollectionRow,
        # Not the words of sections: with those of many things it would seem to answer what none of them answers, and
        # the search would not be widened.
        markdown=("introduction",),
        weight=0.6,
        has_sections=True,
    ),
    record=record,
    apply=apply,
    render=render,
)
