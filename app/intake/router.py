"""`/v1/staff/import`: from a DOI, a file or a pasted text to proposed entries, and from those to drafts."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from io import BytesIO
from itertools import islice
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import ValidationError
from sqlalchemy import func, select

from app.http.bodies import JSON, media_type_of, read_bytes
from app.http.validation import errors_in_body
from app.intake import importing
from app.intake.answers import PASTED, Import, ImportIn, Imports, ImportsMeta, import_shown, path_of, request_body
from app.intake.creating import Wish
from app.intake.csv_table import template
from app.intake.earlier_records import EarlierRecords
from app.intake.foreign import foreign_text
from app.intake.formats import BY_MEDIA_TYPE, MEDIA_TYPES, SOURCES, Source, recognised
from app.intake.jobs import failures_of, later
from app.intake.looking_up import LookUps, lone_doi
from app.intake.reading import Found, Refusal
from app.intake.showing import fitting, record_shown, row_values, stored
from app.intake.tables import ImportRecordRow, ImportRow, Outcome
from app.kit.errors import BadQuery, Fault, Invalid, NotFound, Unsupported
from app.staff.authorising import Work, needs
from app.staff.representing import PageNumber, PerPage
from app.staff.routing import Sent, StaffRoute

AT_ONCE: Final = 200
"""Records that are answered at once; more are a job."""
LARGEST_AT_ONCE: Final = 2**20
"""Bytes of a text that is read at once; a longer one is a job."""
MOST_RECORDS: Final = 100
"""Of a page."""
Given = tuple[Source, bytes]

Create = Annotated[
    bool, Query(description="Create drafts of what is no duplicate, instead of only proposing them.", examples=[True])
]
Similar = Annotated[
    bool, Query(description="Create also what is like an entry that is there, if no identifier is.", examples=[False])
]


class ImportRoute(StaffRoute):
    """Looks a DOI up before the import begins: `request.state.given` is the text with its format."""

    async def prepare(self, sent: Sent) -> None:
        """Raises Unsupported, Malformed, Invalid and Unavailable."""
        given = await run_in_threadpool(_given, sent.request, sent.body)
        if isinstance(given, str):
            look_ups: LookUps = sent.request.app.state.look_ups
            given = SOURCES["csl"], await look_ups(given)
        sent.request.state.given = given


router = APIRouter(prefix="/v1/staff", tags=["staff"], route_class=ImportRoute)


@router.post(
    "/import",
    operation_id="import_records",
    summary="Propose entries from a DOI, a file or pasted text, and create them as drafts",
    openapi_extra={"requestBody": request_body()},
    responses={
        201: {"model": Import, "description": "Drafts were created, or the reasons say why not."},
        202: {
            "model": Import,
            "description": f"More than {AT_ONCE} records, or a long text: the work goes on at `links.self`.",
        },
    },
)
def import_records(
    work: Annotated[Work, needs("imports:write")],
    request: Request,
    response: Response,
    create: Create = False,
    similar: Similar = False,
) -> Import:
    """Paste a DOI, or BibTeX, BibLaTeX, RIS, CSL-JSON or CSV, as it is; or send a file as what it is. The answer
    says for every record what would be created, where each member comes from, what has no field of its own, and
    what may be there already. With `create=true` the drafts are made; what is there already is left out.
    """
    source, body = request.state.given
    return _imported(work, response, source, body, Wish(by=work.actor.name, create=create, similar=similar))


@router.get(
    "/import/template.csv",
    operation_id="get_import_template",
    summary="A table to fill in",
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
def get_import_template(work: Annotated[Work, needs("imports:write")]) -> Response:
    """Every column that is read, with one row that shows how. Lists are parted by semicolons, names are written
    `Family, Given`, contributors with their role in brackets; only `title` is needed."""
    headers = {"Content-Disposition": 'attachment; filename="template.csv"'}
    return Response(template(), 200, headers, "text/csv; charset=utf-8")


@router.get("/imports", operation_id="list_imports", summary="Imports, newest first")
def list_imports(
    work: Annotated[Work, needs("imports:write")], page: PageNumber = 1, per_page: PerPage = 25
) -> Imports:
    """Everybody's, without their records."""
    count = work.session.scalar(select(func.count()).select_from(ImportRow)) or 0
    statement = select(ImportRow).order_by(ImportRow.id.desc()).limit(per_page).offset((page - 1) * per_page)
    rows = work.session.scalars(statement).all()
    failures = failures_of(work.session, rows)
    shown = [import_shown(row, [], work.url, failure=failures.get(row.id)) for row in rows]
    return Imports(meta=ImportsMeta(count=count), results=shown)


@router.get(
    "/imports/{id}",
    operation_id="get_import",
    summary="How far an import got",
    responses={404: {"description": "There is no such import."}},
)
def get_import(
    work: Annotated[Work, needs("imports:write")],
    id: Annotated[
        int, Path(ge=0, le=2**31 - 1, description="Its number; 0 is an empty one, to see the form.", examples=[0])
    ],
    outcome: Annotated[Outcome | None, Query(description="Only records so settled.", examples=["refused"])] = None,
    page: PageNumber = 1,
    per_page: PerPage = 25,
) -> Import:
    """State, counts and progress, and what became of the records: a page of them, in the order of the file."""
    if id == 0:
        return import_shown(_empty(work), [], work.url)
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
        words = f"The records of this page are too large for one answer: ask for {fit} of them, or fewer."
        raise BadQuery(errors=[Fault("too-large", words, parameter="per_page")])
    records = [record_shown(each, work.url) for each in values]
    own = f"&outcome={outcome}" if outcome else ""
    following = f"{path_of(row)}?page={page + 1}&per_page={per_page}{own}" if len(rows) > per_page else None
    failure = failures_of(work.session, [row]).get(id)
    return import_shown(row, records, work.url, following=following, failure=failure)


def _empty(work: Work) -> ImportRow:
    """An import of nothing, which is done."""
    wish = Wish(by=work.actor.name, create=False)
    row = importing.made(SOURCES["ris"], wish, digest="", size=0, now=work.now)
    importing.finish(row, now=work.now)
    return row


def _given(request: Request, body: bytes) -> Given | str:
    """The text and its format, or the DOI to look up. Raises Unsupported, Malformed and Invalid."""
    media = _media_type(request, body)
    if media in BY_MEDIA_TYPE:
        return _source_of(body, None, BY_MEDIA_TYPE[media])
    if media == PASTED:
        return lone_doi(body) or _source_of(body, None)
    try:
        data = ImportIn.model_validate(read_bytes(body))
    except ValidationError as error:
        raise Invalid(errors=errors_in_body(error)) from None
    if data.doi is not None:
        return data.doi
    text = (data.text or "").encode()
    return _source_of(text, "/format", SOURCES[data.format] if data.format else None)


def _media_type(request: Request, body: bytes) -> str:
    """Raises Unsupported, which says of a file of another kind what to do instead."""
    try:
        return media_type_of(request, (PASTED, *JSON, *MEDIA_TYPES))
    except Unsupported as error:
        foreign = foreign_text(body)
        raise error if foreign is None else Unsupported(foreign, accepts=error.accepts) from None


def _source_of(text: bytes, pointer: str | None, named: Source | None = None) -> Given:
    """The text with its format: the one that is named, else the one that it shows. Raises Invalid; `pointer` is where a
    format could have been named."""
    if (foreign := foreign_text(text)) is not None:
        raise Invalid(errors=[Fault("foreign-format", foreign)])
    source = named or recognised(text)
    if source is None:
        words = "The text is no DOI, and begins as none of the formats does that are read here."
        fault = Fault("unknown-format", words, pointer=pointer, allowed=tuple(SOURCES))
        raise Invalid(errors=[fault])
    return source, text


def _imported(work: Work, response: Response, source: Source, body: bytes, wish: Wish) -> Import:
    first = list(islice(source.read(BytesIO(body)), AT_ONCE + 1))
    _check_readable(first)
    wanted: dict[str, Any] = {"digest": sha256(body).hexdigest(), "size": len(body), "now": work.now}
    if len(first) > AT_ONCE or len(body) > LARGEST_AT_ONCE:
        return _as_job(work, response, importing.begin(work.session, source, wish, body=body, **wanted))
    numbered = list(enumerate(first, start=1))
    settled = importing.settle(work.session, numbered, wish, EarlierRecords(), now=work.now)
    values = [stored(each, whole=True) for each in settled]
    fit = fitting(values)
    if wish.create:
        row = importing.begin(work.session, source, wish, **wanted)
        importing.keep(work.session, row, settled, now=work.now)
    elif fit < len(values):
        return _as_job(work, response, importing.begin(work.session, source, wish, body=body, **wanted))
    else:
        row = importing.made(source, wish, **wanted)
        importing.count(row, settled)
    importing.finish(row, now=work.now)
    return _answered(work, response, row, values, fit)


def _check_readable(found: Sequence[Found]) -> None:
    """Raises Invalid where nothing can be read, with the reasons."""
    if not found:
        raise Invalid("There is no record in the text.")
    refusals = [each for each in found if isinstance(each, Refusal)]
    if len(refusals) == len(found) <= AT_ONCE:
        faults = (Fault("unreadable", f"Line {each.line}: {each.reason}") for each in refusals)
        raise Invalid("There is no record in the text that can be read.", errors=faults)


def _as_job(work: Work, response: Response, row: ImportRow) -> Import:
    later(work.session, row, now=work.now)
    response.status_code = 202
    response.headers["Location"] = work.url(path_of(row))
    return import_shown(row, [], work.url)


def _answered(work: Work, response: Response, row: ImportRow, values: Sequence[Mapping[str, Any]], fit: int) -> Import:
    """With as many of the records as fit into an answer; those of an import that is kept go on at another address."""
    fit = fit if fit == len(values) else min(fit, MOST_RECORDS)
    records = [record_shown(each, work.url) for each in values[:fit]]
    if row.create:
        response.status_code = 201
        response.headers["Location"] = work.url(path_of(row))
    following = f"{path_of(row)}?page=2&per_page={fit}" if fit < len(values) else None
    return import_shown(row, records, work.url, following=following)
