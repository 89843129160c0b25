"""`/v1/staff/import`: from a DOI, a file or a pasted text to proposed entries, and from those to drafts."""

from collections.abc import Sequence
from hashlib import sha256
from io import BytesIO
from itertools import islice
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import AfterValidator
from sqlalchemy import func, select

from app.catalogue.registry import ENTRY_KINDS
from app.http.bodies import JSON, media_type_of, read_bytes
from app.http.pagination import PageNumber, PerPage
from app.http.problems.validation_errors import validate_body
from app.http.services import services_of
from app.intake.api.schemas import (
    PLAIN_TEXT,
    Import,
    ImportIn,
    Imports,
    import_response,
    path_of,
    request_body,
)
from app.intake.doi_lookup import LookUps
from app.intake.formats.csv_table import template_rows
from app.intake.formats.source_formats import BY_MEDIA_TYPE, MEDIA_TYPES, SOURCE_FORMATS, SourceFormat, detect_format
from app.intake.formats.unsupported_files import unsupported_text
from app.intake.formats.workbook import MEDIA_TYPE as WORKBOOK
from app.intake.formats.workbook import WorkbookError, is_workbook, read_workbook, write_workbook
from app.intake.identifier_lines import ParsedIdentifier, find_identifiers, known_records
from app.intake.matching.earlier_records import EarlierRecords
from app.intake.matching.templates import Rows, allowed_values, as_csv, kind_template
from app.intake.records.parsed_record import ParsedItem, RejectedRecord
from app.intake.runs import runner
from app.intake.runs.entry_creation import ImportOptions
from app.intake.runs.jobs import enqueue_import, failures_of
from app.intake.runs.models import ImportRecordRow, ImportRow, Outcome
from app.intake.runs.serialisers import fitting, imported_record, row_values, serialise_result
from app.kit.errors import BadQuery, ErrorDetail, Invalid, NotFound, UnsupportedMediaType
from app.kit.json_types import JsonMapping, JsonObject
from app.staff.auth.authorisation import UnitOfWork, requires_scopes
from app.staff.auth.routing import StaffRequest, StaffRoute

MAX_SYNCHRONOUS: Final = 200
"""Records that are answered at once; more are a job."""
MAX_AT_ONCE_SIZE: Final = 2**20
"""Bytes of a text that is read at once; a longer one is a job."""
MAX_RECORDS: Final = 100
"""Of a page."""
SourceText = tuple[SourceFormat, bytes]

KINDS: Final = [kind.name for kind in ENTRY_KINDS]


def _kind_of_entry(name: str | None) -> str | None:
    """Raises ValueError."""
    if name is not None and name not in KINDS:
        raise ValueError(f"must be one of {', '.join(KINDS)}")
    return name


Create = Annotated[
    bool,
    Query(
        description="Create drafts of all records that are not duplicates, instead of only proposing them.",
        examples=[True],
    ),
]
Similar = Annotated[
    bool,
    Query(
        description="Also create records that resemble an existing entry, unless they share an identifier.",
        examples=[False],
    ),
]


TemplateKind = Annotated[
    str | None,
    AfterValidator(_kind_of_entry),
    Query(description="Kind of entry.", examples=["event"], json_schema_extra={"enum": KINDS}),
]
AllowedValues = Annotated[bool, Query(description="The allowed values of columns instead.", examples=[True])]


class ImportRoute(StaffRoute):
    """Looks a DOI up before the import begins: `request.state.given` is the text with its format."""

    async def prepare(self, staff_request: StaffRequest) -> None:
        """Raises UnsupportedMediaType, Malformed, Invalid and Unavailable."""
        given = await run_in_threadpool(_read_source, staff_request.request, staff_request.body)
        if isinstance(given, list):
            known = await run_in_threadpool(_known_records, staff_request, given)
            look_ups = services_of(staff_request.request)[LookUps]
            given = SOURCE_FORMATS["csl"], await look_ups.all_of(given, known)
        staff_request.request.state.given = given


router = APIRouter(prefix="/v1/staff", tags=["staff"], route_class=ImportRoute)


@router.post(
    "/import",
    operation_id="import_records",
    summary="Import references: propose entries or create drafts",
    openapi_extra={"requestBody": request_body()},
    responses={
        201: {"model": Import, "description": "Drafts were created; `reasons` explains why others were not."},
        202: {
            "model": Import,
            "description": (
                f"More than {MAX_SYNCHRONOUS} records or a long text: the import continues in the "
                "background, see `links.self`."
            ),
        },
    },
)
def import_records(
    work: Annotated[UnitOfWork, requires_scopes("imports:write")],
    request: Request,
    response: Response,
    create: Create = False,
    similar: Similar = False,
) -> Import:
    """Paste DOIs, ISBNs and URLs (one per line), BibTeX, BibLaTeX, RIS, CSL-JSON or CSV, or send a file with its media
    type. For every record, the response shows the entry that would be created, the source of each member, unmapped
    fields and possible duplicates. With `create=true` drafts are created; duplicates are skipped."""
    source, body = request.state.given
    return _run_import(work, response, source, body, ImportOptions(by=work.actor.name, create=create, similar=similar))


@router.get(
    "/import/template.csv",
    operation_id="get_import_template",
    summary="Get the CSV template",
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
def get_import_template(
    work: Annotated[UnitOfWork, requires_scopes("imports:write")],
    kind: TemplateKind = None,
    values: AllowedValues = False,
) -> Response:
    """The columns of references, or of one kind, with an example row. Separate list items with semicolons; write names
    as `Family, Given`, contributors with their role in brackets. Only `title` is required."""
    text = as_csv(allowed_values(work.session) if values else _template(work, kind))
    return Response(text, 200, _file_name("values" if values else kind or "template", "csv"), "text/csv; charset=utf-8")


@router.get(
    "/import/template.xlsx",
    operation_id="get_import_workbook",
    summary="Get the template as a workbook",
    response_class=Response,
    responses={200: {"content": {WORKBOOK: {"schema": {"type": "string", "format": "binary"}}}}},
)
def get_import_workbook(
    work: Annotated[UnitOfWork, requires_scopes("imports:write")], kind: TemplateKind = None
) -> Response:
    """As the CSV template, for Excel; its second sheet has the values of columns."""
    sheets = {"Entries": _template(work, kind), "Values": allowed_values(work.session)}
    return Response(write_workbook(sheets), 200, _file_name(kind or "template", "xlsx"), WORKBOOK)


def _template(work: UnitOfWork, kind: str | None) -> Rows:
    named = next((each for each in ENTRY_KINDS if each.name == kind), None)
    return kind_template(work.session, named) if named else template_rows()


def _file_name(stem: str, extension: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{stem}.{extension}"'}


@router.get("/imports", operation_id="list_imports", summary="List imports")
def list_imports(
    work: Annotated[UnitOfWork, requires_scopes("imports:write")], page: PageNumber = 1, per_page: PerPage = 25
) -> Imports:
    """Imports of all staff, without their records."""
    count = work.session.scalar(select(func.count()).select_from(ImportRow)) or 0
    statement = select(ImportRow).order_by(ImportRow.id.desc()).limit(per_page).offset((page - 1) * per_page)
    rows = work.session.scalars(statement).all()
    failures = failures_of(work.session, rows)
    shown = [import_response(row, [], work.url, failure=failures.get(row.id)) for row in rows]
    return Imports.build(work.url("/v1/staff/imports"), shown, count=count, page=page, per_page=per_page)


@router.get(
    "/imports/{id}",
    operation_id="get_import",
    summary="Get an import",
    responses={404: {"description": "Unknown import."}},
)
def get_import(
    work: Annotated[UnitOfWork, requires_scopes("imports:write")],
    id: Annotated[
        int, Path(ge=0, le=2**31 - 1, description="Number of the import; 0 is an empty example.", examples=[0])
    ],
    outcome: Annotated[
        Outcome | None, Query(description="Only records with this outcome.", examples=["refused"])
    ] = None,
    page: PageNumber = 1,
    per_page: PerPage = 25,
) -> Import:
    """State, counts, progress, and a page of the records in the order of the file."""
    if id == 0:
        return import_response(_empty_import(work), [], work.url)
    row = work.session.get(ImportRow, id)
    if row is None:
        raise NotFound
    statement = select(ImportRecordRow).where(ImportRecordRow.import_id == id)
    if outcome is not None:
        statement = statement.where(ImportRecordRow.outcome == outcome)
    ordered = statement.order_by(ImportRecordRow.number).offset((page - 1) * per_page)
    rows = work.session.scalars(ordered.limit(per_page + 1)).all()
    values = [row_values(each) for each in rows[:per_page]]
    if (fit := fitting(values)) < len(values):
        words = f"The records of this page are too large for one response: request at most {fit} of them."
        raise BadQuery(errors=[ErrorDetail("too-large", words, parameter="per_page")])
    records = [imported_record(each, work.url) for each in values]
    own = f"&outcome={outcome}" if outcome else ""
    following = f"{path_of(row)}?page={page + 1}&per_page={per_page}{own}" if len(rows) > per_page else None
    failure = failures_of(work.session, [row]).get(id)
    return import_response(row, records, work.url, following=following, failure=failure)


def _empty_import(work: UnitOfWork) -> ImportRow:
    """An import of nothing, which is done."""
    options = ImportOptions(by=work.actor.name, create=False)
    row = runner.new_import(SOURCE_FORMATS["ris"], options, digest="", size=0, now=work.now)
    runner.finish_import(row, now=work.now)
    return row


def _known_records(staff_request: StaffRequest, identifiers: list[ParsedIdentifier]) -> dict[ParsedIdentifier, bytes]:
    with staff_request.context.sessions.read() as session:
        return known_records(session, identifiers)


def _read_source(request: Request, body: bytes) -> SourceText | list[ParsedIdentifier]:
    """The text and its format, or the identifiers to look up. Raises UnsupportedMediaType, Malformed and Invalid."""
    media = _media_type(request, body)
    if media == WORKBOOK or is_workbook(body):
        return SOURCE_FORMATS["csv"], _table_of(body)
    if media in BY_MEDIA_TYPE:
        return _source_of(body, None, BY_MEDIA_TYPE[media])
    if media == PLAIN_TEXT:
        return find_identifiers(body) or _source_of(body, None)
    data = validate_body(ImportIn, read_bytes(body))
    if data.doi is not None:
        found = find_identifiers(data.doi.encode())
        return found if found and found[0].scheme == "doi" else [ParsedIdentifier("doi", data.doi, data.doi)]
    text = (data.text or "").encode()
    return _source_of(text, "/format", SOURCE_FORMATS[data.format] if data.format else None)


def _table_of(workbook: bytes) -> bytes:
    """Raises Invalid."""
    if not is_workbook(workbook):
        words = unsupported_text(workbook) or "This is not an Excel workbook."
        raise Invalid(errors=[ErrorDetail("foreign-format", words)])
    try:
        return read_workbook(workbook)
    except WorkbookError as error:
        raise Invalid(errors=[ErrorDetail("unreadable", str(error))]) from error


def _media_type(request: Request, body: bytes) -> str:
    """Raises UnsupportedMediaType, which says of a file of another kind what to do instead."""
    try:
        return media_type_of(request, (PLAIN_TEXT, *JSON, *MEDIA_TYPES, WORKBOOK))
    except UnsupportedMediaType as error:
        foreign = unsupported_text(body)
        raise error if foreign is None else UnsupportedMediaType(foreign, accepts=error.accepts) from None


def _source_of(text: bytes, pointer: str | None, named: SourceFormat | None = None) -> SourceText:
    """The text with its format: the one that is named, else the one that it shows. Raises Invalid; `pointer` is where a
    format could have been named."""
    if (foreign := unsupported_text(text)) is not None:
        raise Invalid(errors=[ErrorDetail("foreign-format", foreign)])
    source = named or detect_format(text)
    if source is None:
        words = "The text is not a list of DOIs, ISBNs or web addresses, and its format is not recognised."
        error = ErrorDetail("unknown-format", words, pointer=pointer, allowed=tuple(SOURCE_FORMATS))
        raise Invalid(errors=[error])
    return source, text


def _run_import(
    work: UnitOfWork, response: Response, source: SourceFormat, body: bytes, options: ImportOptions
) -> Import:
    first = list(islice(source.read(BytesIO(body)), MAX_SYNCHRONOUS + 1))
    _check_readable(first)
    requested: JsonObject = {"digest": sha256(body).hexdigest(), "size": len(body), "now": work.now}
    if len(first) > MAX_SYNCHRONOUS or len(body) > MAX_AT_ONCE_SIZE:
        return _as_job(work, response, runner.start_import(work.session, source, options, body=body, **requested))
    numbered = list(enumerate(first, start=1))
    results = runner.process_chunk(work.session, numbered, options, EarlierRecords(), now=work.now)
    values = [serialise_result(each, whole=True) for each in results]
    fit = fitting(values)
    if options.create:
        row = runner.start_import(work.session, source, options, **requested)
        runner.store_results(work.session, row, results, now=work.now)
    elif fit < len(values):
        return _as_job(work, response, runner.start_import(work.session, source, options, body=body, **requested))
    else:
        row = runner.new_import(source, options, **requested)
        runner.count_results(row, results)
    runner.finish_import(row, now=work.now)
    return _respond(work, response, row, values, fit)


def _check_readable(found: Sequence[ParsedItem]) -> None:
    """Raises Invalid where nothing can be read, with the reasons."""
    if not found:
        raise Invalid("The text contains no record.")
    refusals = [each for each in found if isinstance(each, RejectedRecord)]
    if len(refusals) == len(found) <= MAX_SYNCHRONOUS:
        errors = (ErrorDetail("unreadable", f"Line {each.line}: {each.reason}") for each in refusals)
        raise Invalid("The text contains no valid record.", errors=errors)


def _as_job(work: UnitOfWork, response: Response, row: ImportRow) -> Import:
    enqueue_import(work.session, row, now=work.now)
    response.status_code = 202
    response.headers["Location"] = work.url(path_of(row))
    return import_response(row, [], work.url)


def _respond(work: UnitOfWork, response: Response, row: ImportRow, values: Sequence[JsonMapping], fit: int) -> Import:
    """With as many of the records as fit into an answer; those of a stored import continue on another page."""
    fit = fit if fit == len(values) else min(fit, MAX_RECORDS)
    records = [imported_record(each, work.url) for each in values[:fit]]
    if row.create:
        response.status_code = 201
        response.headers["Location"] = work.url(path_of(row))
    following = f"{path_of(row)}?page=2&per_page={fit}" if fit < len(values) else None
    return import_response(row, records, work.url, following=following)
