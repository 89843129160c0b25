"""Datasets: what was collected and may be used again."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.catalogue.entries import Entry, EntryIn, EntryRow, entry_schema
from app.catalogue.kind import FromRecord, Kind
from app.catalogue.record_mapping import entry_record
from app.catalogue.schema import Line, PartialDateText
from app.exports.record import Record
from app.search.query.schema import Field, extract_at
from app.search.query.value_types import DATE, INTEGER, KEYWORD


class DatasetRow(EntryRow):
    __tablename__ = "dataset"
    __mapper_args__ = {"polymorphic_identity": "dataset"}
    collection = "datasets"

    id: Mapped[int] = mapped_column(ForeignKey("entry.id", ondelete="CASCADE"), primary_key=True)
    repository: Mapped[str | None]
    records: Mapped[int | None]
    collected: Mapped[str | None] = mapped_column(String(10))


class DatasetIn(EntryIn):
    """A dataset: where it is kept, how many records it has, when they were collected."""

    repository: Line | None = None
    records: int | None = None
    collected: PartialDateText | None = None


class Dataset(Entry):
    """Something collected that may be used again."""

    repository: str | None
    records: int | None
    collected: str | None


def record(document: Mapping[str, Any]) -> Record:
    return entry_record(document, "dataset", publisher=document["repository"])


KIND = Kind(
    row=DatasetRow,
    input=DatasetIn,
    output=Dataset,
    search_schema=entry_schema(
        DatasetRow,
        Field("repository", KEYWORD, extract_at("repository"), "Where it is kept.", facetable=True),
        Field("records", INTEGER, extract_at("records"), "How many records it has.", sortable=True),
        Field("collected", DATE, extract_at("collected"), "When it was collected.", sortable=True),
        body=("repository",),
    ),
    record=record,
    from_record=FromRecord({"repository": "publisher"}, {"report": "dataset"}, types=("dataset",)),
)
