"""The request and response models of imports."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, StringConstraints, model_validator

from app.catalogue.schema import Line, Schema
from app.http.pagination import Page
from app.intake.formats.csv_table import template
from app.intake.formats.source_formats import SOURCE_FORMATS, FormatName
from app.intake.formats.workbook import MEDIA_TYPE as WORKBOOK
from app.intake.runs.models import ImportRow, ImportState, Outcome
from app.intake.runs.serialisers import ImportedRecord, UrlMaker
from app.kit.clock import rfc3339
from app.kit.json_types import JsonObject

BIBTEX = """@article{example2022,
  author = {van der Berg, Jan and {Example Trust}},
  title = {An example of {BibTeX}},
  journal = {Journal of Examples},
  year = 2022,
  pages = {1--10}
}
"""
RIS = """TY  - JOUR
AU  - van der Berg, Jan
TI  - An example of RIS
T2  - Journal of Examples
PY  - 2022
SP  - 1
EP  - 10
ER  - 
"""
CSL = """[{"type": "article-journal", "title": "An example of CSL-JSON", "issued": {"date-parts": [[2022, 9]]},
  "author": [{"family": "Berg", "given": "Jan", "non-dropping-particle": "van der"}],
  "container-title": "Journal of Examples"}]
"""
PLAIN_TEXT = "text/plain"
"""Pasted text: a DOI, or references in one of the formats, which is detected."""
EXAMPLES = {"bibtex": BIBTEX, "ris": RIS, "csl": CSL, "csv": template()}


class ImportIn(Schema):
    """A DOI to be looked up, or a text; `format` may be omitted if it can be detected."""

    doi: Line | None = Field(None, description="In any spelling, for example `10.1093/bjsw/bcac183` or its URL.")
    format: FormatName | None = None
    text: Annotated[str, StringConstraints(min_length=1)] | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.doi is None) == (self.text is None) or (self.doi is not None and self.format is not None):
            raise ValueError("send either `doi`, or `text` with an optional `format`")
        return self


def request_body() -> JsonObject:
    """For OpenAPI: every media type that is read, each with an example. The first is what the documentation page
    begins with."""
    pasted = {"schema": ImportIn.model_json_schema(), "example": {"format": "ris", "text": RIS}}
    content: JsonObject = {PLAIN_TEXT: {"schema": {"type": "string"}, "example": RIS}, "application/json": pasted}
    for source in SOURCE_FORMATS.values():
        for media in source.media_types:
            content[media] = {"schema": {"type": "string"}, "example": EXAMPLES[source.name]}
    content[WORKBOOK] = {"schema": {"type": "string", "contentEncoding": "binary"}}
    return {"required": True, "content": content}


class ImportCounts(BaseModel):
    """Number of records so far, by result."""

    seen: int
    proposed: int
    created: int
    duplicate: int
    refused: int


class ImportProgress(BaseModel):
    """In bytes of the text."""

    read: int
    of: int


class ImportLinks(BaseModel):
    self: str | None
    next: str | None


class Import(BaseModel):
    """An import, with the result of every record or its progress."""

    id: int | None = Field(description="Null if nothing was created: proposals are not stored.")
    state: Literal["waiting", "running", "done", "failed"] = Field(
        description="`failed` after several unsuccessful attempts: the counted records are done, the others are not."
    )
    reason: str | None = Field(None, description="Why it failed.")
    format: FormatName
    creates: bool = Field(description="Whether drafts are created or only proposed.")
    counts: ImportCounts
    progress: ImportProgress
    actor: str
    created_at: str
    finished_at: str | None
    records: list[ImportedRecord]
    links: ImportLinks


class Imports(Page[Import]):
    pass


def path_of(row: ImportRow) -> str:
    return f"/v1/staff/imports/{row.id}"


def import_response(
    row: ImportRow,
    records: list[ImportedRecord],
    address: UrlMaker,
    *,
    following: str | None = None,
    failure: str | None = None,
) -> Import:
    """`following` is the path of the next page of records. An import without id is not stored."""
    is_stored = row.id is not None
    return Import(
        id=row.id,
        state="failed" if failure else ImportState(row.state).value,
        reason=failure,
        format=SOURCE_FORMATS[row.format].name,
        creates=row.create,
        counts=ImportCounts(seen=row.seen, **{str(outcome): getattr(row, outcome) for outcome in Outcome}),
        progress=ImportProgress(read=row.position, of=row.size),
        actor=row.actor,
        created_at=rfc3339(row.created_at),
        finished_at=rfc3339(row.finished_at) if row.finished_at else None,
        records=records,
        links=ImportLinks(
            self=address(path_of(row)) if is_stored else None, next=address(following) if following else None
        ),
    )
