"""`/v1/staff/mailing`: what was sent to whom with what outcome, the runs of digests, and digests as they would be."""

from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy import func, select

from app.catalogue.schema import Schema, example
from app.jobs.tables import JobRow
from app.kit.clock import rfc3339
from app.kit.errors import Fault, Invalid
from app.mailing.composing import letterhead
from app.mailing.delivery_tables import Channel, DeliveryRow, DeliveryState
from app.mailing.doubting import retry
from app.mailing.library import Library
from app.mailing.previewing import ask_for_test, digest_preview
from app.mailing.queries import QueryIn, as_stored, read_query
from app.mailing.schemas import AddressText
from app.mailing.tables import DigestRunRow, SubscriberRow, SubscriptionRow
from app.mailing.updates_router import READ, SEND, Asked, Held, Preview, Seen, shown_letter
from app.mailing.vanished import LOST, faults
from app.staff.authorising import Work, needs
from app.staff.representing import PageNumber, PerPage, page_of, paged
from app.staff.routing import StaffRoute

HERE: Final = "/v1/staff/mailing"

router = APIRouter(prefix=HERE, tags=["staff"], route_class=StaffRoute)


class Delivery(BaseModel):
    """One mail to one subscriber. `doubts` counts how often nobody could know whether it was sent."""

    id: int
    channel: Channel
    kind: str
    subscriber: int | None
    address: str | None
    update: int | None
    digest: int | None
    entries: int
    state: DeliveryState
    tries: int
    doubts: int
    reply: str | None = Field(description="Codes of the last answer of a mail server (RFC 5321, RFC 3463).")
    error: str | None = Field(description="Of the last try, where it failed.")
    created_at: str
    settled_at: str | None
    next_try_at: str | None


class Run(BaseModel):
    """One pass over what was published, for one frequency."""

    id: int
    frequency: str
    planned_for: str
    began_at: str
    finished_at: str | None
    deliveries: int


class PausedSubscription(BaseModel):
    """A search that names something which is no more; `subscriber` hears nothing of it."""

    id: int
    subscriber: int
    query: dict[str, Any]
    frequency: str
    faults: list[str] = Field(description="Empty where it can be read again: it goes on with the next digest.")


class DigestTestIn(QueryIn):
    address: AddressText = Field(description="Your own. It is forgotten as soon as the mail went.")

    model_config = {
        **QueryIn.model_config,
        "json_schema_extra": {"examples": [{"collection": "publications", "address": "editor@example.org"}]},
    }


class RetryIn(Schema):
    """Which of them: those of that state; where `deliveries` or `update` say so, only those."""

    model_config = example({"state": "uncertain"})

    state: Literal["uncertain", "failed", "refused"]
    deliveries: list[int] | None = Field(None, max_length=1000, description="Numbers.")
    update: int | None = Field(None, ge=1)


class Retried(BaseModel):
    """How many are tried again."""

    retried: int


DeliveryPage: Any = page_of("DeliveryPage", Delivery)
RunPage: Any = page_of("RunPage", Run)
PausedPage: Any = page_of("PausedPage", PausedSubscription)


def library_of(request: Request) -> Library:
    """A dependency."""
    found: Library = request.app.state.library
    return found


Shelves = Annotated[Library, Depends(library_of)]


@router.get(
    "/deliveries",
    operation_id="list_deliveries",
    summary="What was sent to whom, with what outcome",
    responses={200: {"model": DeliveryPage, "description": "One page, newest first."}},
)
def list_deliveries(
    work: Annotated[Work, needs(READ)],
    state: Annotated[DeliveryState | None, Query(description="Only those that are so.", examples=["refused"])] = None,
    update: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="Of one update.", examples=[1])] = None,
    digest: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="Of one run of digests.", examples=[1])] = None,
    subscriber: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="To one subscriber.", examples=[1])] = None,
    page: PageNumber = 1,
    per_page: PerPage = 25,
) -> Any:
    """Digests, updates, confirmations and all other mail, with tries, failures and the next try."""
    asked = {"state": state, "update_id": update, "run_id": digest, "subscriber_id": subscriber}
    wanted = [getattr(DeliveryRow, name) == value for name, value in asked.items() if value is not None]
    count = work.session.scalar(select(func.count()).select_from(DeliveryRow).where(*wanted)) or 0
    found = (
        select(DeliveryRow, SubscriberRow.address, JobRow)
        .outerjoin(SubscriberRow, SubscriberRow.id == DeliveryRow.subscriber_id)
        .outerjoin(JobRow, JobRow.id == DeliveryRow.job_id)
        .where(*wanted)
        .order_by(DeliveryRow.id.desc())
        .offset((page - 1) * per_page)
        .limit(per_page)
    )
    work.note_seen("list", "delivery", note=f"page {page} of {per_page}")
    results = [_shown(row, address, job).model_dump() for row, address, job in work.session.execute(found)]
    named = {"state": state, "update": update, "digest": digest, "subscriber": subscriber, "per_page": per_page}
    query = urlencode({name: value for name, value in named.items() if value is not None})
    return paged(f"{work.url(HERE)}/deliveries?{query}&", results, count=count, page=page, per_page=per_page)


@router.post("/deliveries/retry", operation_id="retry_deliveries", summary="Send mails again")
def retry_deliveries(work: Annotated[Work, needs(SEND)], data: RetryIn) -> Retried:
    """Those that are uncertain, failed or refused, under the same Message-ID: what is uncertain may come twice. Left
    out is what was done longer ago than its job is kept, and who must not be written to."""
    return Retried(retried=retry(work.session, data.state, data.deliveries, update=data.update, now=work.now))


@router.get(
    "/digests",
    operation_id="list_digests",
    summary="Runs of digests, newest first",
    responses={200: {"model": RunPage, "description": "One page."}},
)
def list_digests(work: Annotated[Work, needs(READ)], page: PageNumber = 1, per_page: PerPage = 25) -> Any:
    """When they were planned, begun and finished, and how many mails came of each."""
    count = work.session.scalar(select(func.count()).select_from(DigestRunRow)) or 0
    of_run = select(func.count()).where(DeliveryRow.run_id == DigestRunRow.id).scalar_subquery()
    found = select(DigestRunRow, of_run).order_by(DigestRunRow.id.desc()).offset((page - 1) * per_page).limit(per_page)
    results = [_run(row, number).model_dump() for row, number in work.session.execute(found)]
    return paged(f"{work.url(HERE)}/digests?per_page={per_page}&", results, count=count, page=page, per_page=per_page)


@router.get(
    "/paused",
    operation_id="list_paused_subscriptions",
    summary="Subscriptions whose search names what is no more",
    responses={200: {"model": PausedPage, "description": "One page, oldest first."}},
)
def list_paused_subscriptions(
    work: Annotated[Work, needs(READ)], snapshot: Seen, page: PageNumber = 1, per_page: PerPage = 25
) -> Any:
    """They are paused, and go on by themselves once the term is there again, or one that replaces it."""
    count = work.session.scalar(select(func.count()).select_from(SubscriptionRow).where(*LOST)) or 0
    found = select(SubscriptionRow).where(*LOST).order_by(SubscriptionRow.id)
    rows = work.session.scalars(found.offset((page - 1) * per_page).limit(per_page))
    results = [
        PausedSubscription(
            id=row.id,
            subscriber=row.subscriber_id,
            query=row.query,
            frequency=row.frequency,
            faults=faults(snapshot, row.query),
        ).model_dump()
        for row in rows
    ]
    return paged(f"{work.url(HERE)}/paused?per_page={per_page}&", results, count=count, page=page, per_page=per_page)


@router.post("/digests/preview", operation_id="preview_digest", summary="A digest as it would be")
def preview_digest(
    work: Annotated[Work, needs(READ)], office: Held, snapshot: Seen, library: Shelves, data: QueryIn
) -> Preview:
    """For a query: with the newest of what it finds."""
    stored = as_stored(read_query(snapshot, data))
    head = letterhead(office.settings, office.keyring)
    letter = digest_preview(library, head, work.session, stored, office.settings.presets)
    if letter is None:
        raise Invalid(errors=[Fault("nothing-found", "The query finds nothing: there would be no mail.", pointer="")])
    return shown_letter(letter)


@router.post("/digests/test", status_code=202, operation_id="test_digest", summary="Send a digest to yourself")
def test_digest(work: Annotated[Work, needs(SEND)], snapshot: Seen, data: DigestTestIn) -> Asked:
    """The digest of `POST /v1/staff/mailing/digests/preview`, to one address."""
    stored = as_stored(read_query(snapshot, data))
    ask_for_test(work.session, data.address, "digest", now=work.now, query=stored)
    return Asked()


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
        entries=len({ident for documents in (row.items or {}).values() for ident in documents}),
        state=DeliveryState(row.state),
        tries=row.tries,
        doubts=row.doubts,
        reply=row.reply,
        error=None if job is None else job.error,
        created_at=rfc3339(row.created_at),
        settled_at=rfc3339(row.settled_at) if row.settled_at else None,
        next_try_at=rfc3339(job.due) if job is not None and waiting else None,
    )


def _run(row: DigestRunRow, deliveries: int) -> Run:
    return Run(
        id=row.id,
        frequency=row.frequency,
        planned_for=row.slot,
        began_at=rfc3339(row.at),
        finished_at=rfc3339(row.finished_at) if row.finished_at else None,
        deliveries=deliveries,
    )
