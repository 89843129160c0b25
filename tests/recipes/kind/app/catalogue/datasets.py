"""Datasets: what was collected and may be used again."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.catalogue.entries import Entry, EntryIn, EntryRow, entry_shape
from app.catalogue.kinds import Kind
from app.catalogue.records import entry_record
from app.catalogue.schema import Line, PartialDateText
from app.exports.record import Record
from app.search.fields import Field, at
from app.search.types import DATE, INTEGER, KEYWORD


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
    shape=entry_shape(
        DatasetRow,
        Field("repository", KEYWORD, at("repository"), "Where it is kept.", facetable=True),
        Field("records", INTEGER, at("records"), "How many records it has.", sortable=True),
        Field("collected", DATE, at("collected"), "When it was collected.", sortable=True),
        body=("repository",),
    ),
    record=record,
)
