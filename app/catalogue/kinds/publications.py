"""Publications: everything that was written, drawn, filmed or recorded."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator
from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.catalogue.entries import Entry, EntryIn, EntryRow, entry_schema
from app.catalogue.identifiers import published_identifiers
from app.catalogue.kind import FromRecord, Kind
from app.catalogue.parts.contributions import Contributor, published_contributor
from app.catalogue.record_mapping import IN_A_BOOK, IN_A_SERIES, container, entry_record, first, format_of
from app.catalogue.schema import (
    DurationText,
    Line,
    PartialDateText,
    PublishedIdentifier,
    Ref,
    example,
    not_before,
)
from app.exports.record import ItemType, Record
from app.kit.values.identifiers import normalise
from app.kit.values.partial_dates import PartialDate
from app.search.query.schema import Field, extract_at
from app.search.query.value_types import DATE, DURATION, KEYWORD


def canonical_issn(value: str) -> str:
    """Canonical ISSN; raises ValueError when its check digit is wrong."""
    return normalise("issn", value)


def canonical_isbn(value: str) -> str:
    return normalise("isbn", value)


class Container(Ref):
    """The publication that another is part of, with what a citation says of it."""

    issued: str | None
    venue: str | None
    volume: str | None
    publisher: str | None
    edition: str | None
    contributors: list[Contributor]
    identifiers: list[PublishedIdentifier]


class PublicationRow(EntryRow):
    __tablename__ = "publication"
    __mapper_args__ = {"polymorphic_identity": "publication"}
    collection = "publications"

    id: Mapped[int] = mapped_column(ForeignKey("entry.id", ondelete="CASCADE"), primary_key=True)
    venue: Mapped[str | None]
    issn: Mapped[str | None] = mapped_column(String(9))
    volume: Mapped[str | None]
    issue: Mapped[str | None]
    pages: Mapped[str | None]
    article_number: Mapped[str | None]
    publisher: Mapped[str | None]
    edition: Mapped[str | None]
    cover_date: Mapped[str | None] = mapped_column(String(10))
    duration: Mapped[str | None] = mapped_column(String(20))


class PublicationIn(EntryIn):
    """A publication: `venue` is the journal, website or series in which it appeared. `issued` is when it was first
    public, online as a rule; `cover_date` that of the issue, where it is another (PRISM coverDate)."""

    model_config = example(
        {
            "slug": "an-example-of-a-report",
            "title": "An example of a report",
            "summary": "What it found, in a sentence or two.",
            "issued": "2024-05",
            "terms": {"format": ["report"], "topic": ["trustworthy-innovation"]},
            "resources": [{"type": "landing_page", "url": "https://example.org/report"}],
            "sources": ["Its title page"],
        }
    )

    venue: Line | None = None
    issn: Annotated[Line, AfterValidator(canonical_issn)] | None = None
    volume: Line | None = None
    issue: Line | None = None
    pages: Line | None = None
    article_number: Line | None = None
    publisher: Line | None = None
    edition: Line | None = None
    cover_date: Annotated[PartialDateText | None, not_before("issued")] = None
    duration: DurationText | None = None


class Publication(Entry):
    """A text, picture, film or recording; `terms.format` names its format."""

    doi: str | None
    venue: str | None
    issn: str | None
    volume: str | None
    issue: str | None
    pages: str | None
    article_number: str | None
    publisher: str | None
    edition: str | None
    cover_date: str | None
    duration: str | None
    container: Container | None


CSL_TYPES: Mapping[str, ItemType] = {
    "article": "article-journal",
    "book": "book",
    "book-chapter": "chapter",
    "discussion-paper": "report",
    "report": "report",
    "infographic": "graphic",
    "tool": "document",
    "webinar": "broadcast",
    "video": "motion_picture",
    "podcast": "broadcast",
    "blog-post": "post-weblog",
    "practice-article": "article-magazine",
    "interview": "interview",
    "web-page": "webpage",
}
"""CSL 1.0.2 item types by the slug of the format; any other format is a `document`."""


ROLES_OF_A_CONTAINER = ("author", "editor", "translator", "publisher")
FROM_RECORD: Mapping[str, str] = {
    "venue": "container_title",
    "issn": "issn",
    "volume": "volume",
    "issue": "issue",
    "pages": "pages",
    "article_number": "number",
    "publisher": "publisher",
    "edition": "edition",
    "cover_date": "cover_date",
    "duration": "duration",
}
"""The way back from `record`: members by the field of a record that they are."""


def render(row: PublicationRow) -> dict[str, Any]:
    wholes = (each for each in row.wholes if isinstance(each, PublicationRow))
    return {
        "doi": first(tuple(each.value for each in row.identifiers if each.scheme == "doi")),
        "container": next(map(_container, wholes), None),
    }


def _container(row: PublicationRow) -> Container:
    contributors = (each for each in row.contributions if each.role in ROLES_OF_A_CONTAINER)
    return Container(
        **row.ref().model_dump(),
        issued=row.issued,
        venue=row.venue,
        volume=row.volume,
        publisher=row.publisher,
        edition=row.edition,
        contributors=[published_contributor(each) for each in contributors],
        identifiers=published_identifiers(row.identifiers),
    )


def record(document: Mapping[str, Any]) -> Record:
    item_type = CSL_TYPES.get(format_of(document) or "", "document")
    is_serial = item_type in IN_A_SERIES
    whole = container(document)
    title = whole.title if whole else None
    return entry_record(
        document,
        item_type,
        container=whole if item_type in IN_A_BOOK and document["venue"] in (None, title) else None,
        container_title=document["venue"] or (None if is_serial else title),
        collection_title=title if is_serial else None,
        volume=document["volume"],
        issue=document["issue"],
        pages=document["pages"],
        number=document["article_number"],
        issn=document["issn"],
        publisher=document["publisher"],
        edition=document["edition"],
        cover_date=PartialDate(document["cover_date"]) if document["cover_date"] else None,
        duration=document["duration"],
    )


KIND = Kind(
    row=PublicationRow,
    input=PublicationIn,
    output=Publication,
    search_schema=entry_schema(
        PublicationRow,
        Field(
            "venue", KEYWORD, extract_at("venue"), "Journal, website or series in which it appeared.", facetable=True
        ),
        Field("publisher", KEYWORD, extract_at("publisher"), "Publisher.", facetable=True),
        Field("issn", KEYWORD, extract_at("issn"), "ISSN of the journal.", parse=canonical_issn, caption="ISSN"),
        Field(
            "isbn",
            KEYWORD,
            extract_at("identifiers.value", scheme="isbn"),
            "ISBN, in any spelling.",
            parse=canonical_isbn,
            caption="ISBN",
        ),
        Field("cover_date", DATE, extract_at("cover_date"), "Date of the issue, if it differs.", sortable=True),
        Field("duration", DURATION, extract_at("duration"), "Length of a recording.", sortable=True),
        body=("venue", "publisher", "issn", "article_number"),
        sort="-issued,title",
    ),
    record=record,
    render=render,
    from_record=FromRecord(FROM_RECORD, CSL_TYPES),
)
