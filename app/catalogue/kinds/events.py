"""Events: what happened, when, and who was there."""

from collections.abc import Mapping
from typing import Annotated, Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.catalogue.entries import PERIOD_DESCRIPTION, Entry, EntryIn, EntryRow, entry_schema
from app.catalogue.kind import Kind
from app.catalogue.record_mapping import entry_record
from app.catalogue.schema import Line, PartialDateText, not_before
from app.exports.record import Record
from app.kit.values.partial_dates import PartialDate
from app.search.query.schema import Field, extract_at, extract_period
from app.search.query.value_types import BOOLEAN, DATE, KEYWORD, PERIOD


class EventRow(EntryRow):
    __tablename__ = "event"
    __mapper_args__ = {"polymorphic_identity": "event"}
    collection = "events"

    id: Mapped[int] = mapped_column(ForeignKey("entry.id", ondelete="CASCADE"), primary_key=True)
    event_type: Mapped[str | None]
    start: Mapped[str | None] = mapped_column(String(10))
    end: Mapped[str | None] = mapped_column(String(10))
    place: Mapped[str | None]
    online: Mapped[bool | None]


class EventIn(EntryIn):
    """An event on one day, or from `start` to `end`."""

    event_type: Line | None = None
    start: PartialDateText | None = None
    end: Annotated[PartialDateText | None, not_before("start")] = None
    place: Line | None = None
    online: bool | None = None


class Event(Entry):
    """A past or future event."""

    event_type: str | None
    start: str | None
    end: str | None
    place: str | None
    online: bool | None


def render(row: EventRow) -> dict[str, Any]:
    """An event is of the day on which it begins, unless it is said otherwise."""
    return {"issued": row.issued or row.start}


def record(document: Mapping[str, Any]) -> Record:
    return entry_record(
        document,
        "event",
        event_title=document["title"],
        event_place=document["place"],
        event_date=PartialDate(document["start"]) if document["start"] else None,
        start=PartialDate(document["start"]) if document["start"] else None,
        end=PartialDate(document["end"]) if document["end"] else None,
        is_online=document["online"],
        genre=document["event_type"],
    )


KIND = Kind(
    row=EventRow,
    input=EventIn,
    output=Event,
    search_schema=entry_schema(
        EventRow,
        Field("event_type", KEYWORD, extract_at("event_type"), "Type of event.", facetable=True),
        Field("start", DATE, extract_at("start"), "First day.", sortable=True),
        Field("end", DATE, extract_at("end"), "Last day.", sortable=True),
        Field("period", PERIOD, extract_period("start", "end"), PERIOD_DESCRIPTION),
        Field("place", KEYWORD, extract_at("place"), "Where.", facetable=True),
        Field("online", BOOLEAN, extract_at("online"), "Whether it is online.", facetable=True),
        body=("event_type", "place"),
        sort="-start,title",
        weight=0.6,
    ),
    record=record,
    render=render,
    is_occasion=True,
)
