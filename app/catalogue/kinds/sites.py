"""Sites: where the ethnography was done, under neutral labels, with nothing that would give a place away."""

from collections.abc import Mapping
from typing import Annotated, Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.catalogue.entries import PERIOD_DESCRIPTION, Entry, EntryIn, EntryRow, entry_schema
from app.catalogue.kind import Kind
from app.catalogue.record_mapping import entry_record
from app.catalogue.schema import Line, PartialDateText, Prose, not_before
from app.exports.record import Record
from app.kit.values.partial_dates import PartialDate
from app.search.query.schema import Field, extract_at, extract_period
from app.search.query.value_types import DATE, KEYWORD, PERIOD


class SiteRow(EntryRow):
    __tablename__ = "site"
    __mapper_args__ = {"polymorphic_identity": "site"}
    collection = "sites"

    id: Mapped[int] = mapped_column(ForeignKey("entry.id", ondelete="CASCADE"), primary_key=True)
    nation: Mapped[str | None]
    organisation_kind: Mapped[str | None]
    fieldwork_start: Mapped[str | None] = mapped_column(String(10))
    fieldwork_end: Mapped[str | None] = mapped_column(String(10))
    methods: Mapped[list[str]]
    learning: Mapped[str | None]


class SiteIn(EntryIn):
    """A site under a neutral label; do not name any place below the nation."""

    nation: Line | None = None
    organisation_kind: Line | None = None
    fieldwork_start: PartialDateText | None = None
    fieldwork_end: Annotated[PartialDateText | None, not_before("fieldwork_start")] = None
    methods: list[Line] = []
    learning: Prose | None = None


class Site(Entry):
    """An ethnographic site summary."""

    nation: str | None
    organisation_kind: str | None
    fieldwork_start: str | None
    fieldwork_end: str | None
    methods: list[str]
    learning: str | None


def record(document: Mapping[str, Any]) -> Record:
    return entry_record(
        document,
        "document",
        nation=document["nation"],
        methods=tuple(document["methods"]),
        start=PartialDate(document["fieldwork_start"]) if document["fieldwork_start"] else None,
        end=PartialDate(document["fieldwork_end"]) if document["fieldwork_end"] else None,
    )


KIND = Kind(
    row=SiteRow,
    input=SiteIn,
    output=Site,
    search_schema=entry_schema(
        SiteRow,
        Field("nation", KEYWORD, extract_at("nation"), "Nation of the site.", facetable=True),
        Field("organisation_kind", KEYWORD, extract_at("organisation_kind"), "Type of organisation.", facetable=True),
        Field("fieldwork_start", DATE, extract_at("fieldwork_start"), "Start of the fieldwork.", sortable=True),
        Field("fieldwork_end", DATE, extract_at("fieldwork_end"), "End of the fieldwork.", sortable=True),
        Field("period", PERIOD, extract_period("fieldwork_start", "fieldwork_end"), PERIOD_DESCRIPTION),
        Field("method", KEYWORD, extract_at("methods"), "Method used.", facetable=True),
        body=("nation", "organisation_kind", "methods", "learning"),
        weight=0.45,
    ),
    record=record,
    confidential=True,
)
