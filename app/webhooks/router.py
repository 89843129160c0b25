"""`/v1/staff/webhooks`: partners' servers that receive changes."""

from datetime import timedelta
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query
from pydantic import AfterValidator, BaseModel, Field, StringConstraints
from sqlalchemy import func, select
from starlette.responses import Response

from app.catalogue.schema import Line, Schema, WebAddress, example
from app.feed.deliveries import Channel, DeliveryRow, DeliveryState
from app.feed.stored_queries import CurrentSnapshot, QueryIn, read_query, stored_form
from app.http.pagination import Page, PageNumber, PerPage
from app.http.services import service
from app.jobs.models import JobRow, JobState
from app.kit.clock import rfc3339
from app.kit.errors import Conflict
from app.kit.json_types import JsonObject
from app.kit.values.email_addresses import parse_address
from app.search.index.snapshot import Snapshot
from app.staff.auth.authorisation import UnitOfWork, requires_scopes
from app.staff.auth.confirmation import DESCRIPTION, check_confirmation_in_query
from app.staff.auth.preconditions import IfMatch, etag
from app.staff.auth.routing import StaffRoute
from app.webhooks import management
from app.webhooks.context import WebhookContext
from app.webhooks.models import PauseReason, WebhookRow, WebhookState
from app.webhooks.sender import PING

PATH: Final = "/v1/staff/webhooks"
KIND: Final = "webhook"

EXAMPLE: Final = {
    "name": "Library of Sussex",
    "url": "https://library.example.org/hooks/knowledge-base",
    "owner": "systems@library.example.org",
    "query": {"collection": "publications", "filters": {"topic": ["{topics.0}"]}},
}

router = APIRouter(prefix=PATH, tags=["staff"], route_class=StaffRoute)

ManageWork = Annotated[UnitOfWork, requires_scopes("webhooks:manage")]
CurrentContext = Annotated[WebhookContext, service(WebhookContext)]
WebhookNumber = Annotated[int, Path(ge=1, le=2**31 - 1, description="Number of the webhook.", examples=[1])]
WebhookName = Annotated[Line, StringConstraints(max_length=80)]
OwnerAddress = Annotated[
    str,
    Field(max_length=320, json_schema_extra={"format": "idn-email"}),
    AfterValidator(lambda text: parse_address(text.strip(" ")).typed),
]
Confirm = Annotated[
    Line | None,
    Query(description=DESCRIPTION.format(name="the name of the webhook"), examples=[management.FIRST["name"]]),
]
Filter = Annotated[
    QueryIn | None, Field(description="Only documents that it finds, and those that leave it as `left`; null: all.")
]


class WebhookIn(Schema):
    model_config = example(EXAMPLE)

    name: WebhookName
    url: WebAddress = Field(description="A public server that answers `POST` with 2xx within ten seconds.")
    owner: OwnerAddress = Field(description="Address that is notified by mail if it is paused.")
    query: Filter = None
    documents: bool = Field(False, description="Whether messages hold the documents.")


class WebhookChange(Schema):
    model_config = example({"documents": True, "version": 1})

    name: WebhookName | None = None
    url: WebAddress | None = None
    owner: OwnerAddress | None = Field(None, description="Address that is notified by mail if it is paused.")
    query: Filter = None
    documents: bool | None = Field(None, description="Whether messages hold the documents.")
    state: Literal["active", "paused"] | None = Field(
        None, description="`active` resumes with the first change not accepted."
    )
    version: int | None = Field(None, ge=1)


class SecretRotation(Schema):
    model_config = example({"overlap_hours": 24})

    overlap_hours: int = Field(24, ge=0, le=24 * 30, description="How long messages are signed with both.")


class ReplayIn(Schema):
    model_config = example({"since": 0})

    since: int = Field(ge=0, le=2**31 - 1, description="Revision after which all changes are sent again.")


class Webhook(BaseModel):
    """A webhook. Its secret is not stored."""

    id: int
    name: str
    url: str
    owner: str = Field(description="Address that is notified by mail if it is paused.")
    query: JsonObject | None = Field(description="What it is notified of; null: everything.")
    documents: bool = Field(description="Whether messages hold the documents.")
    state: WebhookState
    pause_reason: PauseReason | None = Field(description="Why it is paused.")
    revision: int = Field(description="The last revision of which it has been notified.")
    failing_since: str | None = Field(description="First failure since the last success.")
    last_accepted_at: str | None = Field(description="When its receiver last accepted a message.")
    former_secret_until: str | None = Field(description="Until then messages are also signed with the former secret.")
    version: int
    created_at: str
    created_by: str
    secret: str | None = Field(None, description="Shown only once, when it is made. If it is lost, rotate it.")


class Webhooks(BaseModel):
    results: list[Webhook]


class WebhookDelivery(BaseModel):
    """One message; every attempt has the same `message`."""

    id: int
    message: str | None = Field(description="The `webhook-id`.")
    type: Literal["changes", "ping"] = Field(description="`ping` is a test.")
    changes: int = Field(description="Number of changes in it.")
    since: str | None = Field(description="Where it begins, for `GET /v1/changes`.")
    state: DeliveryState
    tries: int
    reply: str | None = Field(description="Last response of the receiver, or why there was none.")
    created_at: str
    settled_at: str | None
    next_try_at: str | None


class WebhookDeliveryPage(Page[WebhookDelivery]):
    pass


class PingAccepted(BaseModel):
    status: str = "accepted"


@router.get("", operation_id="list_webhooks", summary="List webhooks")
def list_webhooks(work: ManageWork) -> Webhooks:
    """With the revision that each has reached."""
    return Webhooks(results=[_shown(row) for row in management.all_webhooks(work.session)])


@router.post("", status_code=201, operation_id="create_webhook", summary="Create a webhook")
def create_webhook(work: ManageWork, context: CurrentContext, snapshot: CurrentSnapshot, data: WebhookIn) -> Webhook:
    """It is notified of what is published from now on. The response shows the secret only once."""
    _check_enabled(context)
    values = {**data.model_dump(exclude={"query"}), "query": _stored(snapshot, data.query)}
    row, secret = management.create_webhook(
        work.session, values, context.signing_keys, by=work.actor.name, now=work.now
    )
    work.note("create", KIND, row.id)
    return _with_secret(work, row, secret)


@router.get("/{number}", operation_id="get_webhook", summary="Get a webhook")
def get_webhook(work: ManageWork, number: WebhookNumber, response: Response) -> Webhook:
    """With the revision that it has reached."""
    row = management.read_webhook(work.session, number)
    response.headers["ETag"] = etag(row.version)
    return _shown(row)


@router.patch("/{number}", operation_id="change_webhook", summary="Change, pause or resume a webhook")
def change_webhook(
    work: ManageWork,
    snapshot: CurrentSnapshot,
    number: WebhookNumber,
    data: WebhookChange,
    response: Response,
    if_match: IfMatch = None,
) -> Webhook:
    """Only the members that you send are changed."""
    row = management.find_webhook(work.session, number, work.expected_version(data.version))
    given = data.model_fields_set - {"version"}
    values: dict[str, Any] = {
        name: getattr(data, name) for name in given if name == "query" or getattr(data, name) is not None
    }
    if "query" in values:
        values["query"] = _stored(snapshot, data.query)
    management.change_webhook(row, values)
    work.note("change", KIND, row.id, ", ".join(sorted(given)))
    response.headers["ETag"] = etag(row.version)
    return _shown(row)


@router.delete("/{number}", status_code=204, operation_id="delete_webhook", summary="Delete a webhook")
def delete_webhook(work: ManageWork, number: WebhookNumber, confirm: Confirm = None) -> None:
    """With its deliveries."""
    row = management.find_webhook(work.session, number)
    check_confirmation_in_query(confirm, row.name)
    work.session.delete(row)
    work.note("delete", KIND, number)


@router.post("/{number}/secret", status_code=201, operation_id="rotate_webhook_secret", summary="Rotate the secret")
def rotate_secret(
    work: ManageWork, context: CurrentContext, number: WebhookNumber, data: SecretRotation | None = None
) -> Webhook:
    """Messages are signed with the new and the former secret during the overlap."""
    row = management.find_webhook(work.session, number)
    overlap = timedelta(hours=(data or SecretRotation()).overlap_hours)
    secret = management.rotate_secret(row, context.signing_keys, overlap, now=work.now)
    work.note("rotate", KIND, row.id)
    return _with_secret(work, row, secret)


@router.post("/{number}/ping", status_code=202, operation_id="ping_webhook", summary="Send a test message")
def ping_webhook(work: ManageWork, context: CurrentContext, number: WebhookNumber) -> PingAccepted:
    """Of the type `ping`; the deliveries show the outcome. Works while it is paused, too."""
    _check_enabled(context)
    management.enqueue_ping(work.session, management.find_webhook(work.session, number), now=work.now)
    return PingAccepted()


@router.post("/{number}/replay", operation_id="replay_webhook", summary="Send changes again")
def replay_webhook(work: ManageWork, number: WebhookNumber, data: ReplayIn) -> Webhook:
    """All changes after a revision, as they are now. The messages have new ids."""
    row = management.find_webhook(work.session, number)
    management.send_again(work.session, row, data.since, now=work.now)
    work.note("replay", KIND, row.id, f"since {data.since}")
    return _shown(row)


@router.get(
    "/{number}/deliveries",
    operation_id="list_webhook_deliveries",
    summary="List deliveries of a webhook",
    responses={200: {"description": "One page, newest first."}},
)
def list_deliveries(
    work: ManageWork, number: WebhookNumber, page: PageNumber = 1, per_page: PerPage = 25
) -> WebhookDeliveryPage:
    """Messages with their attempts, responses and the next attempt. They are kept as long as those of mails."""
    management.read_webhook(work.session, number)
    theirs = DeliveryRow.webhook_id == number, DeliveryRow.channel == Channel.webhook
    count = work.session.scalar(select(func.count()).select_from(DeliveryRow).where(*theirs)) or 0
    found = (
        select(DeliveryRow, JobRow)
        .outerjoin(JobRow, JobRow.id == DeliveryRow.job_id)
        .where(*theirs)
        .order_by(DeliveryRow.id.desc())
    )
    rows = work.session.execute(found.offset((page - 1) * per_page).limit(per_page))
    results = [_delivery(row, job) for row, job in rows]
    url = work.url(f"{PATH}/{number}/deliveries")
    return WebhookDeliveryPage.build(url, results, count=count, page=page, per_page=per_page)


def _check_enabled(context: WebhookContext) -> None:
    if not context.is_enabled:
        raise Conflict("Requests to other servers are disabled (KB_OUTBOUND).")


def _stored(snapshot: Snapshot, query: QueryIn | None) -> JsonObject | None:
    return None if query is None else stored_form(read_query(snapshot, query))


def _shown(row: WebhookRow) -> Webhook:
    return Webhook.model_validate(_members(row))


def _with_secret(work: UnitOfWork, row: WebhookRow, secret: str) -> Webhook:
    work.shown_once.update(secret=None)
    return Webhook.model_validate({**_members(row), "secret": secret})


def _members(row: WebhookRow) -> JsonObject:
    plain = ("id", "name", "url", "owner", "query", "documents", "state", "pause_reason", "revision", "version")
    moments = {
        "failing_since": row.failing_since,
        "last_accepted_at": row.last_accepted_at,
        "former_secret_until": row.former_until,
        "created_at": row.created_at,
    }
    times = {name: None if moment is None else rfc3339(moment) for name, moment in moments.items()}
    return {**{name: getattr(row, name) for name in plain}, **times, "created_by": row.created_by}


def _delivery(row: DeliveryRow, job: JobRow | None) -> WebhookDelivery:
    items = row.items or {}
    waiting = job is not None and job.state == JobState.waiting
    return WebhookDelivery(
        id=row.id,
        message=items.get("message"),
        type="ping" if row.kind == PING else "changes",
        changes=items.get("changes", 0),
        since=items.get("since"),
        state=DeliveryState(row.state),
        tries=row.tries,
        reply=row.reply,
        created_at=rfc3339(row.created_at),
        settled_at=rfc3339(row.settled_at) if row.settled_at else None,
        next_try_at=rfc3339(job.due) if job is not None and waiting else None,
    )
