"""`/v1/staff/mailing/updates`: announcements, from the first draft to the last delivery."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field, StringConstraints
from sqlalchemy import func, select
from starlette.responses import Response

from app.catalogue.schema import Line, MomentText, Prose, Schema, example
from app.feed.stored_queries import CurrentSnapshot, QueryIn, read_query, stored_form
from app.http.pagination import Page, PageNumber, PerPage
from app.http.services import service
from app.kit.clock import parse_rfc3339, rfc3339
from app.mailing.api.routing import CurrentMailContext
from app.mailing.campaigns import announcements
from app.mailing.content.entries import PublishedEntries
from app.mailing.content.mime import sender_identity
from app.mailing.content.rendering import Message
from app.mailing.context import MailContext
from app.mailing.delivery.models import AnnouncementRow, UpdateState
from app.mailing.messages.previews import announcement_preview, enqueue_test_mail
from app.mailing.subscriptions.saved_queries import describe_stored_query
from app.mailing.subscriptions.schemas import AddressText
from app.search.index.snapshot import Snapshot
from app.staff.auth.authorisation import UnitOfWork, requires_scopes
from app.staff.auth.confirmation import DESCRIPTION, check_confirmation, quantity
from app.staff.auth.preconditions import IfMatch, etag
from app.staff.auth.routing import StaffRoute

READ, WRITE, SEND = "mailing:read", "mailing:write", "mailing:send"
PATH: Final = "/v1/staff/mailing/updates"

router = APIRouter(prefix=PATH, tags=["staff"], route_class=StaffRoute)

CurrentEntries = Annotated[PublishedEntries, service(PublishedEntries)]
AnnouncementNumber = Annotated[int, Path(ge=1, le=2**31 - 1, description="Number of the update.", examples=[1])]
SubjectLine = Annotated[Line, StringConstraints(max_length=200)]


class UpdateIn(Schema):
    """An announcement, as Markdown (CommonMark; images and HTML are not used)."""

    model_config = example({"subject": "Our final report is out", "body": "Read it **today**."})

    subject: SubjectLine
    body: Prose = Field(min_length=1)
    audience: QueryIn | None = Field(
        None, description="Subscribers whose query shares an entry with this one; by default, everybody."
    )


class UpdateChange(Schema):
    """Members that are left out do not change; `audience: null` means everybody."""

    model_config = example({"subject": "Our final report is published", "version": 1})

    subject: SubjectLine = Field(default_factory=str)
    body: Prose = Field(default_factory=str, min_length=1)
    audience: QueryIn | None = None
    version: int | None = None


class StartIn(Schema):
    model_config = example({"send_at": "2099-01-31T09:00:00Z"})

    send_at: MomentText | None = Field(None, description="Default: now.")
    confirm: Line | None = Field(None, description=DESCRIPTION.format(name="the subject of the update"))


class TestIn(Schema):
    model_config = example({"address": "editor@example.org"})

    address: AddressText = Field(description="Your own address. It is deleted as soon as the mail is sent.")


class Preview(BaseModel):
    """A mail as it would be sent."""

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


class TestMailAccepted(BaseModel):
    status: str = "accepted"


class UpdatePage(Page[Update]):
    pass


@router.get(
    "",
    operation_id="list_updates",
    summary="List updates",
    responses={200: {"description": "One page."}},
)
def list_announcements(
    work: Annotated[UnitOfWork, requires_scopes(READ)],
    snapshot: CurrentSnapshot,
    context: CurrentMailContext,
    page: PageNumber = 1,
    per_page: PerPage = 25,
) -> UpdatePage:
    """Drafts, scheduled, sent and missed updates."""
    count = work.session.scalar(select(func.count()).select_from(AnnouncementRow)) or 0
    found = select(AnnouncementRow).order_by(AnnouncementRow.id.desc()).offset((page - 1) * per_page).limit(per_page)
    rows = work.session.scalars(found).all()
    counted = announcements.counts(work.session, [row.id for row in rows])
    results = [_shown(work, context, snapshot, row, counted[row.id]) for row in rows]
    return UpdatePage.build(work.url(PATH), results, count=count, page=page, per_page=per_page)


@router.post("", status_code=201, operation_id="create_update", summary="Create an update")
def create_announcement(
    work: Annotated[UnitOfWork, requires_scopes(WRITE)],
    snapshot: CurrentSnapshot,
    context: CurrentMailContext,
    data: UpdateIn,
    response: Response,
) -> Update:
    """A draft: nothing is sent until somebody starts it."""
    audience = _stored_query(snapshot, data.audience)
    row = announcements.create_draft(work.session, data.subject, data.body, audience, by=work.actor.name, now=work.now)
    return _respond(work, context, snapshot, row, response)


@router.get("/{number}", operation_id="get_update", summary="Get an update")
def get_announcement(
    work: Annotated[UnitOfWork, requires_scopes(READ)],
    snapshot: CurrentSnapshot,
    context: CurrentMailContext,
    number: AnnouncementNumber,
    response: Response,
) -> Update:
    """Includes the number of its deliveries by state."""
    return _respond(work, context, snapshot, announcements.find(work.session, number), response)


@router.patch("/{number}", operation_id="change_update", summary="Change an update")
def change_announcement(
    work: Annotated[UnitOfWork, requires_scopes(WRITE)],
    snapshot: CurrentSnapshot,
    context: CurrentMailContext,
    number: AnnouncementNumber,
    data: UpdateChange,
    response: Response,
    if_match: IfMatch = None,
) -> Update:
    """Only while it is a draft or was missed."""
    row = announcements.find(work.session, number, work.expected_version(data.version))
    values: dict[str, Any] = {
        name: getattr(data, name) for name in ("subject", "body") if name in data.model_fields_set
    }
    if "audience" in data.model_fields_set:
        values["audience"] = _stored_query(snapshot, data.audience)
    announcements.change_announcement(row, values, now=work.now)
    return _respond(work, context, snapshot, row, response)


@router.delete("/{number}", status_code=204, operation_id="discard_update", summary="Delete an update")
def discard_announcement(work: Annotated[UnitOfWork, requires_scopes(WRITE)], number: AnnouncementNumber) -> None:
    """Only a draft or a missed update; what was sent is kept as a record."""
    announcements.discard_announcement(work.session, announcements.find(work.session, number))


@router.post("/{number}/start", operation_id="start_update", summary="Send an update")
def start_announcement(
    work: Annotated[UnitOfWork, requires_scopes(SEND)],
    snapshot: CurrentSnapshot,
    context: CurrentMailContext,
    published: CurrentEntries,
    number: AnnouncementNumber,
    response: Response,
    data: StartIn | None = None,
) -> Update:
    """Now or at `send_at`. If no worker sends it within six hours of that time, it is `missed`. A cancelled or
    missed update can be started again: nobody gets it twice."""
    row = announcements.find(work.session, number)
    requested = data or StartIn()
    check_confirmation(requested.confirm, row.subject)
    if work.dry_run:
        digests = announcements.audience_digests(published, work.session, row.audience)
        readers = announcements.count_recipients(work.session, digests)
        work.effects.append(f"{quantity(readers, 'subscriber')} will get it. A mail cannot be called back.")
    send_at = None if requested.send_at is None else parse_rfc3339(requested.send_at)
    announcements.start_announcement(work.session, row, send_at, by=work.actor.name, now=work.now)
    return _respond(work, context, snapshot, row, response)


@router.post("/{number}/cancel", operation_id="cancel_update", summary="Cancel an update")
def cancel_announcement(
    work: Annotated[UnitOfWork, requires_scopes(SEND)],
    snapshot: CurrentSnapshot,
    context: CurrentMailContext,
    number: AnnouncementNumber,
    response: Response,
) -> Update:
    """Deliveries that have not started are cancelled. It can be started again."""
    row = announcements.find(work.session, number)
    announcements.cancel_announcement(work.session, row, now=work.now)
    return _respond(work, context, snapshot, row, response)


@router.get("/{number}/preview", operation_id="preview_update", summary="Preview an update")
def preview_announcement(
    work: Annotated[UnitOfWork, requires_scopes(READ)], context: CurrentMailContext, number: AnnouncementNumber
) -> Preview:
    """As text and as HTML."""
    row = announcements.find(work.session, number)
    return preview_response(
        announcement_preview(sender_identity(context.settings, context.signing_keys), row.subject, row.body)
    )


@router.post("/{number}/test", status_code=202, operation_id="test_update", summary="Send a test update")
def send_test_announcement(
    work: Annotated[UnitOfWork, requires_scopes(SEND)], number: AnnouncementNumber, data: TestIn
) -> TestMailAccepted:
    """To one address only."""
    row = announcements.find(work.session, number)
    enqueue_test_mail(work.session, data.address, f"update-{row.id}", now=work.now, update=row.id)
    return TestMailAccepted()


def preview_response(message: Message) -> Preview:
    return Preview(subject=message.subject, text=message.text, html=message.html)


def _stored_query(snapshot: Snapshot, given: QueryIn | None) -> dict[str, Any] | None:
    """Raises BadQuery."""
    return None if given is None else stored_form(read_query(snapshot, given))


def _respond(
    work: UnitOfWork, context: MailContext, snapshot: Snapshot, row: AnnouncementRow, response: Response
) -> Update:
    work.session.flush()
    response.headers["ETag"] = etag(row.version)
    return _shown(work, context, snapshot, row, announcements.counts(work.session, [row.id])[row.id])


def _shown(
    work: UnitOfWork, context: MailContext, snapshot: Snapshot, row: AnnouncementRow, deliveries: dict[str, int]
) -> Update:
    everybody = row.audience is None
    address = work.url(f"{PATH}/{row.id}")
    return Update(
        id=row.id,
        subject=row.subject,
        body=row.body,
        audience="Everybody"
        if everybody
        else describe_stored_query(snapshot, row.audience or {}, context.settings.presets),
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
