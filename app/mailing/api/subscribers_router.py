"""Subscribers and the suppression list, for staff. E-mail addresses occur in bodies only, never in URLs, and no stored
response repeats personal data."""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlalchemy import func, select

from app.catalogue.schema import Line, Schema, example
from app.feed.stored_queries import CurrentSnapshot
from app.http.pagination import Page, PageNumber, PerPage
from app.kit.clock import rfc3339
from app.kit.values.email_addresses import parse_address
from app.mailing.api.routing import CurrentMailContext
from app.mailing.consent import suppression
from app.mailing.consent.consent_log import ConsentStatement
from app.mailing.context import MailContext
from app.mailing.models import SubscriberRow, SuppressionReason, SuppressionRow
from app.mailing.privacy import export
from app.mailing.privacy.erasure import erase_address
from app.mailing.privacy.subscriber_import import ImportReport, add_subscribers, read_subscribers
from app.mailing.subscriptions.counts import count_by_query, count_by_state
from app.mailing.subscriptions.schemas import AddressText
from app.mailing.subscriptions.signup import find_subscriber
from app.mailing.subscriptions.unsubscribe import end_all
from app.staff.auth.authorisation import UnitOfWork, requires_scopes
from app.staff.auth.confirmation import DESCRIPTION, check_confirmation
from app.staff.auth.routing import StaffRoute

ReadWork = Annotated[UnitOfWork, requires_scopes("mailing:read")]
WriteWork = Annotated[UnitOfWork, requires_scopes("mailing:write")]
KIND: Final = "subscriber"
StateName = Literal["pending", "active", "unsubscribed", "bounced", "complained"]


class AddressIn(Schema):
    """The address, as its owner writes it."""

    model_config = example({"address": "reader@example.org"})

    address: AddressText


class ErasureIn(AddressIn):
    """The address, as its owner writes it."""

    model_config = AddressIn.model_config

    confirm: AddressText | None = Field(None, description=DESCRIPTION.format(name="the address once more"))


class TableIn(Schema):
    """CSV with the column `address`, and if you like `presets`, `query`, `frequency`, `language`. `basis` says what
    entitles us to write to these people; it becomes part of the proof of each consent."""

    model_config = example(
        {"table": "address,frequency\nreader@example.org,monthly\n", "basis": "Signed up on paper on 4 May 2026."}
    )

    table: Annotated[
        str,
        Field(
            description="At most the size of a request body (`KB_MAX_BODY`).",
            json_schema_extra={"contentMediaType": "text/csv"},
        ),
    ]
    basis: Annotated[Line, Field(max_length=500)]


class Subscriber(BaseModel):
    """One subscriber."""

    id: int
    address: str
    state: StateName
    state_since: str
    language: str
    created_at: str


class SubscriberPage(Page[Subscriber]):
    """A page of subscribers, the newest first."""


class QueryCounts(BaseModel):
    """Number of subscribers to one query."""

    title: str = Field(description="What is subscribed to, in words.")
    subscribers: int = Field(description="Subscribers.")
    frequencies: dict[str, int] = Field(description="Subscribers by frequency.")


class SubscriberCounts(BaseModel):
    """`counts` has subscribers by state, `results` those who receive something."""

    counts: dict[str, int] = Field(description="Subscribers by state.")
    results: list[QueryCounts] = Field(description="Most subscribers first.")


class HeldData(BaseModel):
    """All stored data; null if the address is not known."""

    held: dict[str, Any] | None


class Erased(BaseModel):
    """Whether there was any data to erase."""

    erased: bool


class ImportResult(BaseModel):
    """`refused` names the first lines that were refused and what is wrong with them."""

    imported: int
    present: int
    suppressed: int
    refused_lines: int
    refused: dict[str, str]


class Suppressions(BaseModel):
    """Number of suppressed addresses by reason."""

    counts: dict[str, int]


class SuppressionReasons(BaseModel):
    """Why the address is suppressed; empty if it is not."""

    reasons: list[str]


router = APIRouter(prefix="/v1/staff", tags=["staff"], route_class=StaffRoute)


def staff_statement(context: MailContext, work: UnitOfWork) -> ConsentStatement:
    """Something done by staff for somebody else."""
    return context.statement(f"staff: {work.actor.name}"[:200])


@router.get("/subscribers", operation_id="list_subscribers", summary="List subscribers")
def list_subscribers(
    work: ReadWork,
    state: Annotated[
        StateName | None, Query(description="Only subscribers in this state.", examples=["active"])
    ] = None,
    page: PageNumber = 1,
    per_page: PerPage = 25,
) -> SubscriberPage:
    """All subscribers. Their subscriptions are part of the export of their data."""
    where = [] if state is None else [SubscriberRow.state == state]
    count = work.session.scalar(select(func.count()).select_from(SubscriberRow).where(*where)) or 0
    found = select(SubscriberRow).where(*where).order_by(SubscriberRow.id.desc())
    rows = work.session.scalars(found.limit(per_page).offset((page - 1) * per_page))
    work.note_seen("list", KIND, note=f"page {page} of {per_page}, {state or 'all'}")
    results = [_person(row) for row in rows]
    url = work.url("/v1/staff/subscribers")
    return SubscriberPage.build(url, results, count=count, page=page, per_page=per_page, filters={"state": state})


@router.get("/subscribers/counts", operation_id="count_subscribers", summary="Count subscribers")
def count_subscribers(work: ReadWork, context: CurrentMailContext, snapshot: CurrentSnapshot) -> SubscriberCounts:
    """By what they subscribed to (presets, topics, queries of their own) and how often. Nobody is named."""
    found = count_by_query(work.session, snapshot, context.settings.presets)
    results = [
        QueryCounts(title=each.title, subscribers=each.subscribers, frequencies=each.by_frequency) for each in found
    ]
    return SubscriberCounts(counts=dict(count_by_state(work.session)), results=results)


def _person(row: SubscriberRow) -> Subscriber:
    return Subscriber.model_validate(
        {
            "id": row.id,
            "address": row.address,
            "state": row.state,
            "state_since": rfc3339(row.state_since),
            "language": row.language,
            "created_at": rfc3339(row.created_at),
        }
    )


@router.post("/subscribers/export", operation_id="export_subscriber", summary="Export a subscriber's data")
def export_subscriber(work: ReadWork, context: CurrentMailContext, data: AddressIn) -> HeldData:
    """For a subject access request (UK GDPR Article 15): address, subscriptions, consent history with the texts
    shown, and deliveries."""
    row = find_subscriber(work.session, parse_address(data.address).unique_key)
    work.shown_once.update(held=None)
    work.note_seen("export", KIND, "" if row is None else row.id)
    return HeldData(held=None if row is None else export.export_subscriber(context, work.session, row))


@router.post("/subscribers/erase", operation_id="erase_subscriber", summary="Erase a subscriber")
def erase_subscriber(work: WriteWork, context: CurrentMailContext, data: ErasureIn) -> Erased:
    """For an erasure request (UK GDPR Article 17). If there was consent, a keyed hash is kept so that imports
    cannot bring the address back."""
    row = find_subscriber(work.session, parse_address(data.address).unique_key)
    number = "" if row is None else row.id
    check_confirmation(data.confirm, data.address)
    if work.dry_run:
        held = "The address, its subscriptions and its links are deleted" if row else "There is no such subscriber"
        work.effects.append(f"{held}.")
    erased = erase_address(context, work.session, data.address, staff_statement(context, work), now=work.now)
    work.note("erase", KIND, number, None if erased else "no data was stored")
    return Erased(erased=erased)


@router.post("/subscribers/import", operation_id="import_subscribers", summary="Import subscribers")
def import_subscribers(
    work: WriteWork, context: CurrentMailContext, snapshot: CurrentSnapshot, data: TableIn
) -> ImportResult:
    """Without double opt-in. Suppressed addresses are skipped. For longer tables use `kb subscribers import`."""
    report = ImportReport()
    people = read_subscribers(context, snapshot, data.table, report)
    add_subscribers(context, work.session, people, staff_statement(context, work), data.basis, report, now=work.now)
    work.note("import", KIND, note=report.summary)
    refused = {str(line): why for line, why in report.refused.items()}
    if work.dry_run:
        work.effects.extend([f"{report.summary}.", *(f"Line {line}: {why}." for line, why in refused.items())])
    counts = {name: getattr(report, name) for name in ("imported", "present", "suppressed", "refused_lines")}
    return ImportResult(**counts, refused=refused)


@router.get("/suppressions", operation_id="count_suppressions", summary="Count suppressed addresses")
def count_suppressions(work: ReadWork) -> Suppressions:
    """By reason. The list holds keyed hashes, so only single addresses can be looked up."""
    found = select(SuppressionRow.reason, func.count()).group_by(SuppressionRow.reason).order_by(SuppressionRow.reason)
    return Suppressions(counts={row[0]: row[1] for row in work.session.execute(found)})


@router.post("/suppressions/find", operation_id="find_suppression", summary="Look up a suppressed address")
def find_suppression(work: ReadWork, context: CurrentMailContext, data: AddressIn) -> SuppressionReasons:
    """Returns all reasons."""
    key = parse_address(data.address).unique_key
    return SuppressionReasons(reasons=[*suppression.reasons(work.session, context.signing_keys, key)])


@router.post("/suppressions", status_code=201, operation_id="suppress_address", summary="Suppress an address")
def suppress_address(work: WriteWork, context: CurrentMailContext, data: AddressIn) -> SuppressionReasons:
    """Until staff lift the suppression. The address's subscriptions end."""
    key = parse_address(data.address).unique_key
    suppression.suppress(work.session, context.signing_keys, key, SuppressionReason.manual, now=work.now)
    subscriber = find_subscriber(work.session, key)
    work.note("suppress", "suppression", "" if subscriber is None else subscriber.id)
    if subscriber is not None:
        end_all(context, work.session, subscriber, staff_statement(context, work), now=work.now)
    return SuppressionReasons(reasons=[*suppression.reasons(work.session, context.signing_keys, key)])


@router.post("/suppressions/lift", operation_id="lift_suppression", summary="Lift a suppression")
def lift_suppression(work: WriteWork, context: CurrentMailContext, data: AddressIn) -> SuppressionReasons:
    """Lifts suppressions by bounces, complaints and staff, and a request of the owner never to receive mail: lift that
    only if they ask. Nobody is subscribed. Only the owner can reverse unsubscribing or erasure, by signing up."""
    key = parse_address(data.address).unique_key
    decided = (
        SuppressionReason.manual,
        SuppressionReason.hard_bounce,
        SuppressionReason.soft_bounces,
        SuppressionReason.complaint,
        SuppressionReason.never_again,
    )
    lifted = suppression.lift(work.session, context.signing_keys, key, decided)
    subscriber = find_subscriber(work.session, key)
    work.note("lift", "suppression", "" if subscriber is None else subscriber.id, f"{lifted} reason(s)")
    return SuppressionReasons(reasons=[*suppression.reasons(work.session, context.signing_keys, key)])
