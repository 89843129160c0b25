"""`/v1/staff/import`: from a DOI, a file or a pasted text to proposed entries, and from those to drafts."""

from collections.abc import Sequence
from hashlib import sha256
from io import BytesIO
from itertools import islice
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from sqlalchemy import func, select

from app.http.bodies import JSON, media_type_of, read_bytes
from app.intake import importing
from app.intake.answers import PASTED, Import, ImportIn, Imports, ImportsMeta, import_shown, path_of, request_body
from app.intake.creating import Settled, Wish
from app.intake.csv_table import template
from app.intake.formats import BY_MEDIA_TYPE, MEDIA_TYPES, SOURCES, Source, recognised
from app.intake.jobs import failure_of, later
from app.intake.looking_up import lone_doi, look_up
from app.intake.reading import Refusal
from app.intake.showing import record_shown, row_values, stored
from app.intake.tables import ImportRecordRow, ImportRow, Outcome
from app.kit.errors import Fault, Invalid, NotFound
from app.outbound.client import Outbound
from app.staff.authorising import Work, needs
from app.staff.representing import PageNumber, PerPage
from app.staff.routing import StaffRoute

AT_ONCE: Final = 200
"""Records that are answered at once; more are a job."""
Given = tuple[Source, bytes]

Create = Annotated[
    bool, Query(description="Create drafts of what is no duplicate, instead of only proposing them.", examples=[True])
]
Similar = Annotated[
    bool, Query(description="Create also what is like an entry that is there, if no identifier is.", examples=[False])
]


def import_router(outbound: Outbound) -> APIRouter:
    """`outbound` asks the registries of DOIs."""
    router = APIRouter(prefix="/v1/staff", tags=["staff"], route_class=StaffRoute)

    @router.post(
        "/import",
        operation_id="import_records",
        summary="Propose entries from a DOI, a file or pasted text, and create them as drafts",
        openapi_extra={"requestBody": request_body()},
        responses={
            201: {"model": Import, "description": "Drafts were created, or the reasons say why not."},
            202: {"model": Import, "description": f"More than {AT_ONCE} records: the work goes on at `links.self`."},
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
        source, body = _given(work, request, outbound)
        return _imported(work, response, source, body, Wish(by=work.actor.name, similar=similar) if create else None)

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

    router.add_api_route(
        "/imports", list_imports, operation_id="list_imports", summary="Imports, newest first", methods=["GET"]
    )
    router.add_api_route(
        "/imports/{id}",
        get_import,
        operation_id="get_import",
        summary="How far an import got",
        methods=["GET"],
        responses={404: {"description": "There is no such import."}},
    )
    return router


def list_imports(
    work: Annotated[Work, needs("imports:write")], page: PageNumber = 1, per_page: PerPage = 25
) -> Imports:
    """Everybody's, without their records."""
    count = work.session.scalar(select(func.count()).select_from(ImportRow)) or 0
    statement = select(ImportRow).order_by(ImportRow.id.desc()).limit(per_page).offset((page - 1) * per_page)
    rows = work.session.scalars(statement).all()
    shown = [import_shown(row, [], work.url, failure=failure_of(work.session, row)) for row in rows]
    return Imports(meta=ImportsMeta(count=count), results=shown)


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
    records = [record_shown(row_values(each), work.url) for each in rows[:per_page]]
    own = f"&outcome={outcome}" if outcome else ""
    following = f"{path_of(row)}?page={page + 1}&per_page={per_page}{own}" if len(rows) > per_page else None
    return import_shown(row, records, work.url, following=following, failure=failure_of(work.session, row))


def _empty(work: Work) -> ImportRow:
    """An import of nothing, which is done."""
    row = importing.made(SOURCES["ris"], None, by=work.actor.name, digest="", size=0, now=work.now)
    importing.finish(row, now=work.now)
    return row


def _given(work: Work, request: Request, outbound: Outbound) -> Given:
    """The text and its format. Raises Unsupported, Malformed, Invalid and Unavailable."""
    media = media_type_of(request, (PASTED, *JSON, *MEDIA_TYPES))
    if media in BY_MEDIA_TYPE:
        return BY_MEDIA_TYPE[media], work.body
    if media == PASTED:
        doi = lone_doi(work.body)
        return _shown_by(work.body, None) if doi is None else (SOURCES["csl"], look_up(outbound, doi))
    try:
        data = ImportIn.model_validate(read_bytes(work.body))
    except ValidationError as error:
        raise RequestValidationError([{**each, "loc": ("body", *each["loc"])} for each in error.errors()]) from None
    if data.doi is not None:
        return SOURCES["csl"], look_up(outbound, data.doi)
    text = (data.text or "").encode()
    return (SOURCES[data.format], text) if data.format else _shown_by(text, "/format")


def _shown_by(text: bytes, pointer: str | None) -> Given:
    """The text with the format that it shows. Raises Invalid; `pointer` is where a format could have been named."""
    source = recognised(text)
    if source is None:
        words = "The text is no DOI, and begins as none of the formats does that are read here."
        fault = Fault("unknown-format", words, pointer=pointer, allowed=tuple(SOURCES))
        raise Invalid(errors=[fault])
    return source, text


def _imported(work: Work, response: Response, source: Source, body: bytes, wish: Wish | None) -> Import:
    first = list(islice(source.read(BytesIO(body)), AT_ONCE + 1))
    if not first:
        raise Invalid("There is no record in the text.")
    wanted: dict[str, Any] = {
        "by": work.actor.name, "digest": sha256(body).hexdigest(), "size": len(body), "now": work.now
    }  # fmt: skip
    if len(first) > AT_ONCE:
        row = importing.begin(work.session, source, wish, body=body, **wanted)
        later(work.session, row, now=work.now)
        return _answered(work, response, row, (), 202)
    settled = importing.settle(work.session, list(enumerate(first, start=1)), wish, now=work.now)
    if wish is None:
        row = importing.made(source, None, **wanted)
        importing.count(row, settled)
        importing.finish(row, now=work.now)
        return _answered(work, response, row, settled, 200)
    row = importing.begin(work.session, source, wish, **wanted)
    importing.keep(work.session, row, settled, now=work.now)
    importing.finish(row, now=work.now)
    return _answered(work, response, row, settled, 201)


def _answered(
    work: Work, response: Response, row: ImportRow, settled: Sequence[Settled | tuple[int, Refusal]], status: int
) -> Import:
    response.status_code = status
    if status != 200:
        response.headers["Location"] = work.url(path_of(row))
    records = [record_shown(stored(each, whole=True), work.url) for each in settled]
    return import_shown(row, records, work.url)
