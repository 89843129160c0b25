"""Subscribers, and those whom nobody may write to, for staff. An address stands in bodies alone, never in an address of
the service, and no stored answer repeats what is held about somebody."""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy import func, select

from app.catalogue.schema import Line, Schema, example
from app.kit.clock import rfc3339
from app.mailing import exporting, suppression
from app.mailing.addresses import parse_address
from app.mailing.consent import Statement
from app.mailing.erasure import erase_address
from app.mailing.importing import Report, bring_in, read_people
from app.mailing.office import Office
from app.mailing.router import Held
from app.mailing.schemas import AddressText
from app.mailing.signing_up import find_subscriber
from app.mailing.tables import Reason, SubscriberRow, SuppressionRow
from app.mailing.unsubscribing import end_all
from app.staff.authorising import Work, needs
from app.staff.representing import PageNumber, PerPage
from app.staff.routing import StaffRoute

Reading = Annotated[Work, needs("mailing:read")]
Writing = Annotated[Work, needs("mailing:write")]
KIND: Final = "subscriber"
State = Literal["pending", "active", "unsubscribed", "bounced", "complained"]


class Whose(Schema):
    """The address, as its owner writes it."""

    model_config = example({"address": "reader@example.org"})

    address: AddressText


class TableIn(Schema):
    """CSV with the column `address`, and if you like `presets`, `query`, `frequency`, `language`. `basis` says what
    entitles us to write to these people; it becomes part of the proof of each consent."""

    model_config = example(
        {"table": "address,frequency\nreader@example.org,monthly\n", "basis": "Signed up on paper on 4 May 2026."}
    )

    table: Annotated[str, Field(description="Together as long as a body may be (`KB_MAX_BODY`).")]
    basis: Annotated[Line, Field(max_length=500)]


class Person(BaseModel):
    """One subscriber."""

    id: int
    address: str
    state: State
    state_since: str
    language: str
    created_at: str


class Counted(BaseModel):
    """How many there are."""

    count: int


class People(BaseModel):
    """A page of subscribers, the newest first."""

    meta: Counted
    results: list[Person]


class Holding(BaseModel):
    """All that is held; null where the address is not known."""

    held: dict[str, Any] | None


class Erased(BaseModel):
    """Whether there was anything to erase."""

    erased: bool


class Imported(BaseModel):
    """`refused` names the first lines that were refused and what is wrong with them."""

    imported: int
    present: int
    suppressed: int
    refused_lines: int
    refused: dict[str, str]


class Suppressions(BaseModel):
    """How many addresses there are of each reason."""

    counts: dict[str, int]


class Suppressed(BaseModel):
    """Why nobody may write to it; empty where one may."""

    reasons: list[str]


router = APIRouter(prefix="/v1/staff", tags=["staff"], route_class=StaffRoute)


def said_by(office: Office, work: Work) -> Statement:
    """Something done by staff for somebody else."""
    return office.statement(f"staff: {work.actor.name}"[:200])


@router.get("/subscribers", operation_id="list_subscribers", summary="Subscribers, the newest first")
def list_subscribers(
    work: Reading,
    state: Annotated[State | None, Query(description="Only those.", examples=["active"])] = None,
    page: PageNumber = 1,
    per_page: PerPage = 25,
) -> People:
    """Everybody whose address is kept. What somebody subscribed to is in what is held about them."""
    where = [] if state is None else [SubscriberRow.state == state]
    count = work.session.scalar(select(func.count()).select_from(SubscriberRow).where(*where)) or 0
    found = select(SubscriberRow).where(*where).order_by(SubscriberRow.id.desc())
    rows = work.session.scalars(found.limit(per_page).offset((page - 1) * per_page))
    work.note_seen("list", KIND, note=f"page {page} of {per_page}, {state or 'all'}")
    return People(meta=Counted(count=count), results=[_person(row) for row in rows])


def _person(row: SubscriberRow) -> Person:
    return Person.model_validate(
        {
            "id": row.id,
            "address": row.address,
            "state": row.state,
            "state_since": rfc3339(row.state_since),
            "language": row.language,
            "created_at": rfc3339(row.created_at),
        }
    )


@router.post("/subscribers/export", operation_id="export_subscriber", summary="All that is held about somebody")
def export_subscriber(work: Reading, office: Held, data: Whose) -> Holding:
    """The answer to a request of access (UK GDPR Article 15): address, subscriptions, the chain of consent with the
    words that were shown, and what was sent."""
    row = find_subscriber(work.session, parse_address(data.address).unique_key)
    work.shown_once.update(held=None)
    work.note_seen("export", KIND, "" if row is None else row.id)
    return Holding(held=None if row is None else exporting.everything(office, work.session, row))


@router.post("/subscribers/erase", operation_id="erase_subscriber", summary="Erase somebody")
def erase_subscriber(work: Writing, office: Held, data: Whose) -> Erased:
    """The answer to a request of erasure (UK GDPR Article 17). Where there was consent, a keyed hash stays, so that no
    import brings the address back."""
    row = find_subscriber(work.session, parse_address(data.address).unique_key)
    number = "" if row is None else row.id
    erased = erase_address(office, work.session, data.address, said_by(office, work), now=work.now)
    work.note("erase", KIND, number, None if erased else "nothing was held")
    return Erased(erased=erased)


@router.post("/subscribers/import", operation_id="import_subscribers", summary="Import subscribers")
def import_subscribers(request: Request, work: Writing, office: Held, data: TableIn) -> Imported:
    """Without a mail that asks them to confirm. Nobody who unsubscribed, complained, bounced or was erased is brought
    back. For longer tables there is `kb subscribers import`."""
    report = Report()
    snapshot = request.app.state.index.current()
    people = read_people(office, snapshot, data.table, report)
    bring_in(office, work.session, people, said_by(office, work), data.basis, report, now=work.now)
    work.note("import", KIND, note=report.summary)
    refused = {str(line): why for line, why in report.refused.items()}
    counts = {name: getattr(report, name) for name in ("imported", "present", "suppressed", "refused_lines")}
    return Imported(**counts, refused=refused)


@router.get("/suppressions", operation_id="count_suppressions", summary="How many nobody may write to")
def count_suppressions(work: Reading) -> Suppressions:
    """By reason. The list holds keyed hashes, so it cannot be shown: ask for one address."""
    found = select(SuppressionRow.reason, func.count()).group_by(SuppressionRow.reason).order_by(SuppressionRow.reason)
    return Suppressions(counts={row[0]: row[1] for row in work.session.execute(found)})


@router.post("/suppressions/find", operation_id="find_suppression", summary="Why nobody may write to an address")
def find_suppression(work: Reading, office: Held, data: Whose) -> Suppressed:
    """Every reason there is."""
    key = parse_address(data.address).unique_key
    return Suppressed(reasons=[*suppression.reasons(work.session, office.keyring, key)])


@router.post("/suppressions", status_code=201, operation_id="suppress_address", summary="Never write to an address")
def suppress_address(work: Writing, office: Held, data: Whose) -> Suppressed:
    """Until staff lift it, whoever signs it up. Its subscriptions end."""
    key = parse_address(data.address).unique_key
    suppression.suppress(work.session, office.keyring, key, Reason.manual, now=work.now)
    subscriber = find_subscriber(work.session, key)
    work.note("suppress", "suppression", "" if subscriber is None else subscriber.id)
    if subscriber is not None:
        end_all(office, work.session, subscriber, said_by(office, work), now=work.now)
    return Suppressed(reasons=[*suppression.reasons(work.session, office.keyring, key)])


@router.post("/suppressions/lift", operation_id="lift_suppression", summary="Let an address be written to again")
def lift_suppression(work: Writing, office: Held, data: Whose) -> Suppressed:
    """Takes back what bounces, complaints and staff decided, and that somebody wants never to hear from us, if they ask
    for it; it subscribes nobody. Who unsubscribed or was erased takes that back alone, by signing up."""
    key = parse_address(data.address).unique_key
    decided = (Reason.manual, Reason.hard_bounce, Reason.soft_bounces, Reason.complaint, Reason.never_again)
    lifted = suppression.lift(work.session, office.keyring, key, decided)
    subscriber = find_subscriber(work.session, key)
    work.note("lift", "suppression", "" if subscriber is None else subscriber.id, f"{lifted} reason(s)")
    return Suppressed(reasons=[*suppression.reasons(work.session, office.keyring, key)])
