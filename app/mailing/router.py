"""The public addresses of subscribing; what a mail links to is in `page_router`."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Security
from fastapi.security import HTTPBearer
from starlette.responses import Response

from app.http.senders import sender_of
from app.kit.errors import Unauthenticated
from app.mailing import erasure, exporting, managing
from app.mailing.addresses import parse_address
from app.mailing.confirming import confirm
from app.mailing.describing import PAGE, PUBLIC, Responses, or_pages, problems, taking, too_many_or_page
from app.mailing.links import PRIVACY
from app.mailing.managing import Change
from app.mailing.office import Office, office_of, snapshot_of
from app.mailing.queries import read_queries, told
from app.mailing.routing import FORM, MailRoute
from app.mailing.schemas import Accepted, ConfirmationIn, Done, LinkIn, Me, MeIn, SignUpIn, Subscription
from app.mailing.showing import page
from app.mailing.signing_up import Wish, take_in
from app.mailing.tables import SubscriberRow, SubscriptionRow
from app.search.snapshot import Snapshot

Held = Annotated[Office, Depends(office_of)]
Seen = Annotated[Snapshot, Depends(snapshot_of)]
LINK: Final = HTTPBearer(
    scheme_name="manage-link",
    auto_error=False,
    bearerFormat="kbmanage_…",
    description="The token of the link that `POST /v1/subscriptions/manage-links` has mailed. It works for 30 minutes.",
)
CSV: Final[Responses] = {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}
TAKEN_IN: Final = {202: {"content": PAGE}} | problems(413, 415) | or_pages(400, 422) | too_many_or_page()


router = APIRouter(prefix="/v1/subscriptions", tags=["subscribe"], route_class=MailRoute)


@router.post(
    "",
    status_code=202,
    operation_id="subscribe_address",
    summary="Subscribe an address",
    response_model=Accepted,
    responses=TAKEN_IN,
    openapi_extra=taking(SignUpIn, *FORM) | PUBLIC,
)
def subscribe_address(request: Request, office: Held, snapshot: Seen, data: SignUpIn) -> Any:
    """A mail asks whoever has the address to confirm. The answer is the same for every address. A plain HTML form of
    any site may be sent here too: `address`, `presets`, `frequency`, and the filters of a list, as `topic` or `q`."""
    queries = read_queries(snapshot, office.settings.presets, data.presets, data.queries)
    wish = Wish(
        address=parse_address(data.address),
        queries=queries,
        frequency=data.frequency,
        language=data.language,
        form=data.form or origin_of(request),
        wording=data.wording,
        trapped=bool(data.website),
    )
    return _taken_in(request, office, wish)


@router.post(
    "/manage-links",
    status_code=202,
    operation_id="send_manage_link",
    summary="Have a link mailed to manage subscriptions",
    response_model=Accepted,
    responses=TAKEN_IN,
    openapi_extra=taking(LinkIn, *FORM) | PUBLIC,
)
def send_manage_link(request: Request, office: Held, data: LinkIn) -> Any:
    """Where the address is known, a link is on its way that works for 30 minutes. The answer is the same for every
    address."""
    address = parse_address(data.address)
    wish = Wish(address, [], "weekly", "en", origin_of(request), None, bool(data.website))
    return _taken_in(request, office, wish)


def _taken_in(request: Request, office: Office, wish: Wish) -> Any:
    with office.sessions.write() as session:
        take_in(office, session, wish, sender_of(request), now=office.clock())
    if not request.state.form:
        return Accepted()
    lines = [Accepted().message]
    return page("message", office.settings, status=202, title="Look into your mailbox", lines=lines)


def origin_of(request: Request) -> str:
    """The site that has the form, where the browser says so; else our own address."""
    origin = request.headers.get("origin", "null")
    return request.url.path if origin == "null" or not origin.isprintable() else origin[:200]


@router.post(
    "/confirmations",
    operation_id="confirm_subscription",
    summary="Confirm a subscription",
    responses=problems(404, 410, 413, 415, 422),
    openapi_extra=taking(ConfirmationIn) | PUBLIC,
)
def confirm_subscription(office: Held, data: ConfirmationIn) -> Done:
    """The link of the mail works for seven days, once; said again within a day, the answer is the same."""
    with office.sessions.write() as session:
        said = office.statement("/v1/subscriptions/confirmations")
        confirm(office, session, data.token, said, now=office.clock())
    return Done(status="confirmed")


def bearer(given: Annotated[Any, Security(LINK)]) -> str:
    """Raises Unauthenticated, as RFC 6750 section 3 wants it."""
    if given is None:
        raise Unauthenticated("Send the token of your link as `Authorization: Bearer kbmanage_…`.")
    return str(given.credentials)


Token = Annotated[str, Depends(bearer)]


@router.get("/me", operation_id="get_my_subscriptions", summary="What you subscribed to", responses=problems(401))
def get_my_subscriptions(office: Held, snapshot: Seen, token: Token) -> Me:
    """With what waits for a yes: somebody signed up your address, which is subscribed already."""
    with office.sessions.read() as session:
        subscriber, _ = managing.admit(session, token, now=office.clock())
        return me(office, snapshot, subscriber, managing.shown(session, subscriber))


@router.patch(
    "/me",
    operation_id="change_my_subscriptions",
    summary="Change, pause, end and add subscriptions",
    responses=problems(401, 413, 415, 422),
    openapi_extra=taking(MeIn),
)
def change_my_subscriptions(office: Held, snapshot: Seen, token: Token, data: MeIn) -> Me:
    """`active` begins what is paused, and says yes to what is pending."""
    now, said = office.clock(), office.statement("/v1/subscriptions/me")
    with office.sessions.write() as session:
        subscriber, _ = managing.admit(session, token, now=now, lock=True)
        changes = [Change(**dict(each)) for each in data.subscriptions]
        managing.change(office, session, subscriber, changes, said, now=now)
        if data.add is not None:
            queries = read_queries(snapshot, office.settings.presets, data.add.presets, data.add.queries)
            how = managing.How(data.add.frequency, data.add.language)
            managing.add(office, session, subscriber, queries, how, said, now=now)
        session.flush()
        return me(office, snapshot, subscriber, managing.shown(session, subscriber))


@router.delete("/me", operation_id="erase_me", summary="Have all about you erased", responses=problems(401))
def erase_me(office: Held, token: Token) -> Done:
    """Your address and subscriptions are gone at once. If you were subscribed, a keyed hash stays that keeps us from
    writing to you again."""
    now = office.clock()
    with office.sessions.write() as session:
        subscriber, _ = managing.admit(session, token, now=now, lock=True)
        erasure.erase(office, session, subscriber, office.statement("/v1/subscriptions/me"), now=now)
    return Done(status="erased")


@router.get(
    "/me/export",
    operation_id="export_me",
    summary="All that is held about you",
    response_model=dict[str, Any],
    responses=problems(401) | CSV,
)
def export_me(request: Request, office: Held, token: Token) -> Any:
    """Address, subscriptions, the whole chain of consent with the words that were shown, and what was sent. As CSV to
    who asks for `text/csv`."""
    with office.sessions.read() as session:
        subscriber, _ = managing.admit(session, token, now=office.clock())
        held = exporting.everything(office, session, subscriber)
    if "text/csv" in request.headers.get("accept", ""):
        return Response(exporting.as_csv(held), media_type="text/csv; charset=utf-8")
    return held


def me(office: Office, snapshot: Snapshot, subscriber: SubscriberRow, rows: list[SubscriptionRow]) -> Me:
    """As it is answered."""
    shown = [
        Subscription.model_validate(
            {
                "id": row.id,
                "description": told(snapshot, row.query, office.settings.presets),
                "query": row.query,
                "frequency": row.frequency,
                "language": row.language,
                "state": row.state,
                "paused_because": row.paused_because,
            }
        )
        for row in rows
    ]
    links = {"export": f"{office.base}/v1/subscriptions/me/export", "privacy": office.base + PRIVACY}
    return Me(address=subscriber.address, state=subscriber.state, subscriptions=shown, links=links)
