"""`/v1/staff/mailing/updates`: announcements, from the first draft to the last delivery."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, Field, StringConstraints
from sqlalchemy import func, select
from starlette.responses import Response

from app.catalogue.schema import Line, MomentText, Prose, Schema, example
from app.kit.clock import parsed_moment, rfc3339
from app.mailing import updates
from app.mailing.composing import letterhead
from app.mailing.delivery_tables import UpdateRow, UpdateState
from app.mailing.office import Office, office_of, snapshot_of
from app.mailing.previewing import ask_for_test, update_preview
from app.mailing.queries import QueryIn, as_stored, read_query, told
from app.mailing.rendering import Letter
from app.mailing.schemas import AddressText
from app.search.snapshot import Snapshot
from app.staff.authorising import Work, needs
from app.staff.representing import PageNumber, PerPage, page_of, paged
from app.staff.routing import StaffRoute
from app.staff.versions import IfMatch, etag

READ, WRITE, SEND = "mailing:read", "mailing:write", "mailing:send"
HERE: Final = "/v1/staff/mailing/updates"

router = APIRouter(prefix=HERE, tags=["staff"], route_class=StaffRoute)

Held = Annotated[Office, Depends(office_of)]
Seen = Annotated[Snapshot, Depends(snapshot_of)]
Number = Annotated[int, Path(ge=1, le=2**31 - 1, description="Number of the update.", examples=[1])]
Subject = Annotated[Line, StringConstraints(max_length=200)]


class UpdateIn(Schema):
    """An announcement, as Markdown (CommonMark; images and HTML are not used)."""

    model_config = example({"subject": "Our final report is out", "body": "Read it **today**."})

    subject: Subject
    body: Prose = Field(min_length=1)
    audience: QueryIn | None = Field(
        None, description="Those who follow something that shares an entry with this query; without it, everybody."
    )


class UpdateChange(Schema):
    """What is left out stays as it is; `audience: null` is everybody."""

    model_config = example({"subject": "Our final report is published", "version": 1})

    subject: Subject = Field(default_factory=str)
    body: Prose = Field(default_factory=str, min_length=1)
    audience: QueryIn | None = None
    version: int | None = None


class Start(Schema):
    model_config = example({"send_at": "2099-01-31T09:00:00Z"})

    send_at: MomentText | None = Field(None, description="Without it: now.")


class TestIn(Schema):
    model_config = example({"address": "editor@example.org"})

    address: AddressText = Field(description="Your own. It is forgotten as soon as the mail went.")


class Preview(BaseModel):
    """A mail as it would be."""

    subject: str
    text: str
    html: str


class Update(BaseModel):
    """`deliveries` counts the mails by their state: see `GET /v1/staff/mailing/deliveries`."""

    id: int
    subject: str
    body: str
    audience: str
    state: UpdateState
    send_at: str | None
    written_by: str
    sent_by: str | None
    created_at: str
    updated_at: str
    version: int
    deliveries: dict[str, int]
    links: dict[str, str]


class Asked(BaseModel):
    status: str = "accepted"


UpdatePage: Any = page_of("UpdatePage", Update)


@router.get(
    "",
    operation_id="list_updates",
    summary="Updates, newest first",
    responses={200: {"model": UpdatePage, "description": "One page."}},
)
def list_updates(
    work: Annotated[Work, needs(READ)],
    snapshot: Seen,
    office: Held,
    page: PageNumber = 1,
    per_page: PerPage = 25,
) -> Any:
    """Drafts, what is scheduled, what was sent, and what was missed and waits for a decision."""
    count = work.session.scalar(select(func.count()).select_from(UpdateRow)) or 0
    found = select(UpdateRow).order_by(UpdateRow.id.desc()).offset((page - 1) * per_page).limit(per_page)
    rows = work.session.scalars(found).all()
    counted = updates.counts(work.session, [row.id for row in rows])
    results = [_shown(work, office, snapshot, row, counted[row.id]).model_dump() for row in rows]
    return paged(f"{work.url(HERE)}?per_page={per_page}&", results, count=count, page=page, per_page=per_page)


@router.post("", status_code=201, operation_id="create_update", summary="Write an update")
def create_update(
    work: Annotated[Work, needs(WRITE)], snapshot: Seen, office: Held, data: UpdateIn, response: Response
) -> Update:
    """A draft: nothing is sent before somebody starts it."""
    audience = _stored(snapshot, data.audience)
    row = updates.draft(work.session, data.subject, data.body, audience, by=work.actor.name, now=work.now)
    return _answered(work, office, snapshot, row, response)


@router.get("/{number}", operation_id="get_update", summary="One update")
def get_update(
    work: Annotated[Work, needs(READ)], snapshot: Seen, office: Held, number: Number, response: Response
) -> Update:
    """With how many mails there are of it, by their state."""
    return _answered(work, office, snapshot, updates.find(work.session, number), response)


@router.patch("/{number}", operation_id="change_update", summary="Change an update")
def change_update(
    work: Annotated[Work, needs(WRITE)],
    snapshot: Seen,
    office: Held,
    number: Number,
    data: UpdateChange,
    response: Response,
    if_match: IfMatch = None,
) -> Update:
    """While it is a draft, or was missed."""
    row = updates.find(work.session, number, work.expected(data.version))
    values: dict[str, Any] = {
        name: getattr(data, name) for name in ("subject", "body") if name in data.model_fields_set
    }
    if "audience" in data.model_fields_set:
        values["audience"] = _stored(snapshot, data.audience)
    updates.change(row, values, now=work.now)
    return _answered(work, office, snapshot, row, response)


@router.delete("/{number}", status_code=204, operation_id="discard_update", summary="Discard an update")
def discard_update(work: Annotated[Work, needs(WRITE)], number: Number) -> None:
    """A draft, or one that was missed; what was sent to anybody stays as a record."""
    updates.discard(work.session, updates.find(work.session, number))


@router.post("/{number}/start", operation_id="start_update", summary="Send an update")
def start_update(
    work: Annotated[Work, needs(SEND)],
    snapshot: Seen,
    office: Held,
    number: Number,
    response: Response,
    data: Start | None = None,
) -> Update:
    """Now, or at a time. If nobody is there to send it within six hours of its time, it is `missed` and waits for you.
    What was cancelled or missed is started again here: nobody gets it twice."""
    row = updates.find(work.session, number)
    send_at = None if data is None or data.send_at is None else parsed_moment(data.send_at)
    updates.start(work.session, row, send_at, by=work.actor.name, now=work.now)
    return _answered(work, office, snapshot, row, response)


@router.post("/{number}/cancel", operation_id="cancel_update", summary="Stop an update")
def cancel_update(
    work: Annotated[Work, needs(SEND)], snapshot: Seen, office: Held, number: Number, response: Response
) -> Update:
    """What is not under way yet is not sent. It can be started again."""
    row = updates.find(work.session, number)
    updates.cancel(work.session, row, now=work.now)
    return _answered(work, office, snapshot, row, response)


@router.get("/{number}/preview", operation_id="preview_update", summary="An update as a mail")
def preview_update(work: Annotated[Work, needs(READ)], office: Held, number: Number) -> Preview:
    """As text and as HTML."""
    row = updates.find(work.session, number)
    return shown_letter(update_preview(letterhead(office.settings, office.keyring), row.subject, row.body))


@router.post("/{number}/test", status_code=202, operation_id="test_update", summary="Send an update to yourself")
def test_update(work: Annotated[Work, needs(SEND)], number: Number, data: TestIn) -> Asked:
    """To one address, and to nobody else."""
    row = updates.find(work.session, number)
    ask_for_test(work.session, data.address, f"update-{row.id}", now=work.now, update=row.id)
    return Asked()


def shown_letter(letter: Letter) -> Preview:
    return Preview(subject=letter.subject, text=letter.text, html=letter.html)


def _stored(snapshot: Snapshot, given: QueryIn | None) -> dict[str, Any] | None:
    """Raises BadQuery."""
    return None if given is None else as_stored(read_query(snapshot, given))


def _answered(work: Work, office: Office, snapshot: Snapshot, row: UpdateRow, response: Response) -> Update:
    work.session.flush()
    response.headers["ETag"] = etag(row.version)
    return _shown(work, office, snapshot, row, updates.counts(work.session, [row.id])[row.id])


def _shown(work: Work, office: Office, snapshot: Snapshot, row: UpdateRow, deliveries: dict[str, int]) -> Update:
    everybody = row.audience is None
    address = work.url(f"{HERE}/{row.id}")
    return Update(
        id=row.id,
        subject=row.subject,
        body=row.body,
        audience="Everybody" if everybody else told(snapshot, row.audience or {}, office.settings.presets),
        state=UpdateState(row.state),
        send_at=rfc3339(row.send_at) if row.send_at else None,
        written_by=row.written_by,
        sent_by=row.sent_by,
        created_at=rfc3339(row.created_at),
        updated_at=rfc3339(row.updated_at),
        version=row.version,
        deliveries=deliveries,
        links={
            "self": address,
            "preview": f"{address}/preview",
            "deliveries": work.url(f"/v1/staff/mailing/deliveries?update={row.id}"),
        },
    )
