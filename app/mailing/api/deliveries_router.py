"""`/v1/staff/mailing`: what was sent to whom with what outcome, the runs of digests, and digests as they would be."""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlalchemy import func, select

from app.catalogue.schema import Schema, example
from app.feed.deliveries import Channel, DeliveryRow, DeliveryState
from app.feed.reconciliation import retry_unsettled
from app.feed.stored_queries import CurrentSnapshot, QueryIn, read_query, stored_form
from app.http.pagination import Page, PageNumber, PerPage
from app.jobs.models import JobRow
from app.kit.clock import rfc3339
from app.kit.errors import ErrorDetail, Invalid
from app.mailing.api.announcements_router import (
    READ,
    SEND,
    CurrentEntries,
    Preview,
    TestMailAccepted,
    preview_response,
)
from app.mailing.api.routing import CurrentMailContext
from app.mailing.content.mime import sender_identity
from app.mailing.messages.previews import digest_preview, enqueue_test_mail
from app.mailing.models import DigestRunRow, SubscriberRow, SubscriptionRow
from app.mailing.subscriptions.broken_queries import PAUSED_BY_BROKEN_QUERY, query_errors
from app.mailing.subscriptions.schemas import AddressText
from app.staff.auth.authorisation import UnitOfWork, requires_scopes
from app.staff.auth.routing import StaffRoute

HERE: Final = "/v1/staff/mailing"

router = APIRouter(prefix=HERE, tags=["staff"], route_class=StaffRoute)


class Delivery(BaseModel):
    """One mail to one subscriber, or another message. `doubts` counts the attempts whose outcome remained unknown."""

    id: int
    channel: Channel
    kind: str
    subscriber: int | None
    address: str | None
    update: int | None
    digest: int | None
    entries: int
    feed: str | None = Field(description="Path of the feed that a WebSub hub was told of.")
    state: DeliveryState
    tries: int
    doubts: int
    reply: str | None = Field(description="Reply codes of the mail server (RFC 5321, RFC 3463).")
    error: str | None = Field(description="Error of the last attempt.")
    created_at: str
    settled_at: str | None
    next_try_at: str | None


class DigestRun(BaseModel):
    """One run of the digests of one frequency."""

    id: int
    frequency: str
    planned_for: str
    began_at: str
    finished_at: str | None
    deliveries: int


class PausedSubscription(BaseModel):
    """A subscription whose query refers to something that no longer exists; `subscriber` receives nothing for it."""

    id: int
    subscriber: int
    query: dict[str, Any]
    frequency: str
    faults: list[str] = Field(description="Empty if the query is valid again: it resumes with the next digest.")


class DigestTestIn(QueryIn):
    address: AddressText = Field(description="Your own address. It is deleted as soon as the mail is sent.")

    model_config = {
        **QueryIn.model_config,
        "json_schema_extra": {"examples": [{"collection": "publications", "address": "editor@example.org"}]},
    }


class RetryIn(Schema):
    """The deliveries to retry: those in this state, limited by `deliveries` or `update` if given."""

    model_config = example({"state": "uncertain"})

    state: Literal["uncertain", "failed", "refused"]
    deliveries: list[int] | None = Field(None, max_length=1000, description="Numbers.")
    update: int | None = Field(None, ge=1)


class RetryResult(BaseModel):
    """Number of deliveries that will be retried."""

    retried: int


class DeliveryPage(Page[Delivery]):
    pass


class RunPage(Page[DigestRun]):
    pass


class PausedPage(Page[PausedSubscription]):
    pass


@router.get(
    "/deliveries",
    operation_id="list_deliveries",
    summary="List deliveries",
    responses={200: {"description": "One page, newest first."}},
)
def list_deliveries(
    work: Annotated[UnitOfWork, requires_scopes(READ)],
    state: Annotated[DeliveryState | None, Query(description="Only items in this state.", examples=["refused"])] = None,
    update: Annotated[
        int | None, Query(ge=1, le=2**31 - 1, description="Only deliveries of this update.", examples=[1])
    ] = None,
    digest: Annotated[
        int | None, Query(ge=1, le=2**31 - 1, description="Only deliveries of this digest run.", examples=[1])
    ] = None,
    subscriber: Annotated[
        int | None, Query(ge=1, le=2**31 - 1, description="Only deliveries to this subscriber.", examples=[1])
    ] = None,
    channel: Annotated[
        Channel, Query(description="How they were sent: `mail`, `webhook` or `websub`.", examples=["mail"])
    ] = Channel.mail,
    page: PageNumber = 1,
    per_page: PerPage = 25,
) -> DeliveryPage:
    """Digests, updates, confirmations and all other mail, with attempts, errors and the next attempt."""
    filters = {"state": state, "update_id": update, "run_id": digest, "subscriber_id": subscriber}
    requested = [getattr(DeliveryRow, name) == value for name, value in filters.items() if value is not None]
    requested.append(DeliveryRow.channel == channel)
    count = work.session.scalar(select(func.count()).select_from(DeliveryRow).where(*requested)) or 0
    found = (
        select(DeliveryRow, SubscriberRow.address, JobRow)
        .outerjoin(SubscriberRow, SubscriberRow.id == DeliveryRow.subscriber_id)
        .outerjoin(JobRow, JobRow.id == DeliveryRow.job_id)
        .where(*requested)
        .order_by(DeliveryRow.id.desc())
        .offset((page - 1) * per_page)
        .limit(per_page)
    )
    work.note_seen("list", "delivery", note=f"page {page} of {per_page}")
    results = [_shown(row, address, job) for row, address, job in work.session.execute(found)]
    named = {"state": state, "update": update, "digest": digest, "subscriber": subscriber}
    url = work.url(f"{HERE}/deliveries")
    return DeliveryPage.build(url, results, count=count, page=page, per_page=per_page, filters=named)


@router.post("/deliveries/retry", operation_id="retry_deliveries", summary="Retry deliveries")
def retry_deliveries(work: Annotated[UnitOfWork, requires_scopes(SEND)], data: RetryIn) -> RetryResult:
    """Retries uncertain, failed or refused deliveries under the same Message-ID: uncertain ones may arrive twice.
    Deliveries whose job has expired and suppressed addresses are skipped."""
    chosen = data.state, data.deliveries
    return RetryResult(retried=retry_unsettled(work.session, Channel.mail, *chosen, update=data.update, now=work.now))


@router.get(
    "/digests",
    operation_id="list_digests",
    summary="List digest runs",
    responses={200: {"description": "One page."}},
)
def list_digests(
    work: Annotated[UnitOfWork, requires_scopes(READ)], page: PageNumber = 1, per_page: PerPage = 25
) -> RunPage:
    """When each run was planned, started and finished, and how many mails it produced."""
    count = work.session.scalar(select(func.count()).select_from(DigestRunRow)) or 0
    of_run = select(func.count()).where(DeliveryRow.run_id == DigestRunRow.id).scalar_subquery()
    found = select(DigestRunRow, of_run).order_by(DigestRunRow.id.desc()).offset((page - 1) * per_page).limit(per_page)
    results = [_run(row, number) for row, number in work.session.execute(found)]
    return RunPage.build(work.url(f"{HERE}/digests"), results, count=count, page=page, per_page=per_page)


@router.get(
    "/paused",
    operation_id="list_paused_subscriptions",
    summary="List subscriptions with a broken query",
    responses={200: {"description": "One page, oldest first."}},
)
def list_paused_subscriptions(
    work: Annotated[UnitOfWork, requires_scopes(READ)],
    snapshot: CurrentSnapshot,
    page: PageNumber = 1,
    per_page: PerPage = 25,
) -> PausedPage:
    """They are paused, and resume automatically once the term, or its replacement, exists."""
    count = work.session.scalar(select(func.count()).select_from(SubscriptionRow).where(*PAUSED_BY_BROKEN_QUERY)) or 0
    found = select(SubscriptionRow).where(*PAUSED_BY_BROKEN_QUERY).order_by(SubscriptionRow.id)
    rows = work.session.scalars(found.offset((page - 1) * per_page).limit(per_page))
    results = [
        PausedSubscription(
            id=row.id,
            subscriber=row.subscriber_id,
            query=row.query,
            frequency=row.frequency,
            faults=query_errors(snapshot, row.query),
        )
        for row in rows
    ]
    return PausedPage.build(work.url(f"{HERE}/paused"), results, count=count, page=page, per_page=per_page)


@router.post("/digests/preview", operation_id="preview_digest", summary="Preview a digest")
def preview_digest(
    work: Annotated[UnitOfWork, requires_scopes(READ)],
    context: CurrentMailContext,
    snapshot: CurrentSnapshot,
    published: CurrentEntries,
    data: QueryIn,
) -> Preview:
    """For a query, with its newest results."""
    stored = stored_form(read_query(snapshot, data))
    sender = sender_identity(context.settings, context.signing_keys)
    message = digest_preview(published, sender, work.session, stored, context.settings.presets)
    if message is None:
        raise Invalid(
            errors=[ErrorDetail("nothing-found", "The query has no results: no mail would be sent.", pointer="")]
        )
    return preview_response(message)


@router.post("/digests/test", status_code=202, operation_id="test_digest", summary="Send a test digest")
def test_digest(
    work: Annotated[UnitOfWork, requires_scopes(SEND)], snapshot: CurrentSnapshot, data: DigestTestIn
) -> TestMailAccepted:
    """Sends the digest of `POST /v1/staff/mailing/digests/preview` to one address."""
    stored = stored_form(read_query(snapshot, data))
    enqueue_test_mail(work.session, data.address, "digest", now=work.now, query=stored)
    return TestMailAccepted()


def _shown(row: DeliveryRow, address: str | None, job: JobRow | None) -> Delivery:
    waiting = job is not None and job.state == "waiting"
    return Delivery(
        id=row.id,
        channel=Channel(row.channel),
        kind=row.kind,
        subscriber=row.subscriber_id,
        address=address,
        update=row.update_id,
        digest=row.run_id,
        entries=_count_entries(row),
        feed=(row.items or {}).get("feed") if row.channel == Channel.websub else None,
        state=DeliveryState(row.state),
        tries=row.tries,
        doubts=row.doubts,
        reply=row.reply,
        error=None if job is None else job.error,
        created_at=rfc3339(row.created_at),
        settled_at=rfc3339(row.settled_at) if row.settled_at else None,
        next_try_at=rfc3339(job.due) if job is not None and waiting else None,
    )


def _count_entries(row: DeliveryRow) -> int:
    items = row.items if row.channel == Channel.mail else None
    return len({ident for documents in (items or {}).values() for ident in documents})


def _run(row: DigestRunRow, deliveries: int) -> DigestRun:
    return DigestRun(
        id=row.id,
        frequency=row.frequency,
        planned_for=row.slot,
        began_at=rfc3339(row.at),
        finished_at=rfc3339(row.finished_at) if row.finished_at else None,
        deliveries=deliveries,
    )
