"""The public addresses of subscribing; what a mail links to is in `page_router`."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Security
from fastapi.security import HTTPBearer
from starlette.responses import Response

from app.feed.stored_queries import CurrentSnapshot
from app.http.client_address import client_address
from app.kit.errors import Unauthenticated
from app.kit.values.email_addresses import parse_address
from app.mailing.api.routing import FORM, CurrentMailContext, MailRoute
from app.mailing.content.links import PRIVACY
from app.mailing.context import MailContext
from app.mailing.models import SubscriberRow, SubscriptionRow
from app.mailing.privacy import erasure, export
from app.mailing.subscriptions import management
from app.mailing.subscriptions.confirmation import confirm_signup
from app.mailing.subscriptions.management import SubscriptionUpdate
from app.mailing.subscriptions.saved_queries import describe_stored_query, read_queries
from app.mailing.subscriptions.schemas import (
    Accepted,
    ConfirmationIn,
    Done,
    LinkIn,
    MySubscriptions,
    MySubscriptionsIn,
    SignUpIn,
    Subscription,
)
from app.mailing.subscriptions.signup import SignupRequest, accept_signup
from app.openapi.forms import PAGE, PUBLIC, Responses, form_or_json_body, problems, problems_or_pages
from app.pages.rendering import render_page
from app.search.index.snapshot import Snapshot

MANAGE_LINK: Final = HTTPBearer(
    scheme_name="manage-link",
    auto_error=False,
    bearerFormat="kbmanage_…",
    description="Token of the link mailed by `POST /v1/subscriptions/manage-links`. It works for 30 minutes.",
)
CSV: Final[Responses] = {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}
ACCEPTED_RESPONSES: Final = {202: {"content": PAGE}} | problems(415) | problems_or_pages(400, 413, 422, 429, 503)


router = APIRouter(prefix="/v1/subscriptions", tags=["subscribe"], route_class=MailRoute)


@router.post(
    "",
    status_code=202,
    operation_id="subscribe_address",
    summary="Sign up",
    response_model=Accepted,
    responses=ACCEPTED_RESPONSES,
    openapi_extra=form_or_json_body(SignUpIn, *FORM) | PUBLIC,
)
def subscribe_address(request: Request, context: CurrentMailContext, snapshot: CurrentSnapshot, data: SignUpIn) -> Any:
    """Double opt-in: a mail asks the owner of the address to confirm. The response is the same for every address.
    Plain HTML forms of any site may also post here: `address`, `presets`, `frequency`, and the filters of a list,
    such as `topic` or `q`."""
    queries = read_queries(snapshot, context.settings.presets, data.presets, data.queries)
    signup = SignupRequest(
        address=parse_address(data.address),
        queries=queries,
        frequency=data.frequency,
        language=data.language,
        form=data.form or form_origin(request),
        wording=data.wording,
        trapped=bool(data.website),
    )
    return _accept(request, context, signup)


@router.post(
    "/manage-links",
    status_code=202,
    operation_id="send_manage_link",
    summary="Request a management link",
    response_model=Accepted,
    responses=ACCEPTED_RESPONSES,
    openapi_extra=form_or_json_body(LinkIn, *FORM) | PUBLIC,
)
def send_manage_link(request: Request, context: CurrentMailContext, data: LinkIn) -> Any:
    """If the address is known, a link is mailed that works for 30 minutes. The response is the same for every
    address."""
    address = parse_address(data.address)
    signup = SignupRequest(address, [], "weekly", "en", form_origin(request), None, bool(data.website))
    return _accept(request, context, signup)


def _accept(request: Request, context: MailContext, signup: SignupRequest) -> Any:
    with context.sessions.write() as session:
        accept_signup(context, session, signup, client_address(request), now=context.clock())
    if not request.state.form:
        return Accepted()
    lines = [Accepted().message]
    return render_page("message", context.site, status=202, title="Check your inbox", lines=lines)


def form_origin(request: Request) -> str:
    """The site that has the form, where the browser says so; else our own address."""
    origin = request.headers.get("origin", "null")
    return request.url.path if origin == "null" or not origin.isprintable() else origin[:200]


@router.post(
    "/confirmations",
    operation_id="confirm_subscription",
    summary="Confirm a subscription",
    responses=problems(404, 410, 413, 415, 422),
    openapi_extra=form_or_json_body(ConfirmationIn) | PUBLIC,
)
def confirm_subscription(context: CurrentMailContext, data: ConfirmationIn) -> Done:
    """The link in the mail works once, for seven days; a repeat within a day gets the same response."""
    with context.sessions.write() as session:
        statement = context.statement("/v1/subscriptions/confirmations")
        confirm_signup(context, session, data.token, statement, now=context.clock())
    return Done(status="confirmed")


def bearer(given: Annotated[Any, Security(MANAGE_LINK)]) -> str:
    """Raises Unauthenticated, as RFC 6750 section 3 wants it."""
    if given is None:
        raise Unauthenticated("Send the token of your link as `Authorization: Bearer kbmanage_…`.")
    return str(given.credentials)


BearerToken = Annotated[str, Depends(bearer)]


@router.get("/me", operation_id="get_my_subscriptions", summary="List my subscriptions", responses=problems(401))
def get_my_subscriptions(context: CurrentMailContext, snapshot: CurrentSnapshot, token: BearerToken) -> MySubscriptions:
    """Includes pending subscriptions, which wait for your confirmation."""
    with context.sessions.read() as session:
        subscriber, _ = management.authenticate_link(session, token, now=context.clock())
        return my_subscriptions(context, snapshot, subscriber, management.visible_subscriptions(session, subscriber))


@router.patch(
    "/me",
    operation_id="change_my_subscriptions",
    summary="Change my subscriptions",
    responses=problems(401, 413, 415, 422),
    openapi_extra=form_or_json_body(MySubscriptionsIn),
)
def change_my_subscriptions(
    context: CurrentMailContext, snapshot: CurrentSnapshot, token: BearerToken, data: MySubscriptionsIn
) -> MySubscriptions:
    """`active` resumes a paused subscription, and confirms a pending one."""
    now, statement = context.clock(), context.statement("/v1/subscriptions/me")
    with context.sessions.write() as session:
        subscriber, _ = management.authenticate_link(session, token, now=now, lock=True)
        changes = [SubscriptionUpdate(**dict(each)) for each in data.subscriptions]
        management.change(context, session, subscriber, changes, statement, now=now)
        if data.add is not None:
            queries = read_queries(snapshot, context.settings.presets, data.add.presets, data.add.queries)
            how = management.DeliveryOptions(data.add.frequency, data.add.language)
            management.add(context, session, subscriber, queries, how, statement, now=now)
        session.flush()
        return my_subscriptions(context, snapshot, subscriber, management.visible_subscriptions(session, subscriber))


@router.delete("/me", operation_id="erase_me", summary="Erase my data", responses=problems(401))
def erase_me(context: CurrentMailContext, token: BearerToken) -> Done:
    """Your address and subscriptions are deleted immediately. If you were subscribed, a keyed hash is kept so that
    we do not write to you again."""
    now = context.clock()
    with context.sessions.write() as session:
        subscriber, _ = management.authenticate_link(session, token, now=now, lock=True)
        erasure.erase_subscriber(context, session, subscriber, context.statement("/v1/subscriptions/me"), now=now)
    return Done(status="erased")


@router.get(
    "/me/export",
    operation_id="export_me",
    summary="Export my data",
    response_model=dict[str, Any],
    responses=problems(401) | CSV,
)
def export_me(request: Request, context: CurrentMailContext, token: BearerToken) -> Any:
    """Address, subscriptions, consent history with the texts shown, and deliveries. As CSV with `Accept: text/csv`."""
    with context.sessions.read() as session:
        subscriber, _ = management.authenticate_link(session, token, now=context.clock())
        held = export.export_subscriber(context, session, subscriber)
    if "text/csv" in request.headers.get("accept", ""):
        return Response(export.as_csv(held), media_type="text/csv; charset=utf-8")
    return held


def my_subscriptions(
    context: MailContext, snapshot: Snapshot, subscriber: SubscriberRow, rows: list[SubscriptionRow]
) -> MySubscriptions:
    """As it is answered."""
    shown = [
        Subscription.model_validate(
            {
                "id": row.id,
                "description": describe_stored_query(snapshot, row.query, context.settings.presets),
                "query": row.query,
                "frequency": row.frequency,
                "language": row.language,
                "state": row.state,
                "paused_because": row.paused_because,
            }
        )
        for row in rows
    ]
    links = {"export": f"{context.base}/v1/subscriptions/me/export", "privacy": context.base + PRIVACY}
    return MySubscriptions(address=subscriber.address, state=subscriber.state, subscriptions=shown, links=links)
