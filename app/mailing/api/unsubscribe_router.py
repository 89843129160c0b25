"""Unsubscribing by the link of a mail: for people, and for mail programs (RFC 8058). GET shows a page, POST acts."""

from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, JSONResponse, Response

from app.feed.stored_queries import CurrentSnapshot
from app.http.bodies import JSON, read_bytes
from app.http.problems.validation_errors import validate_body
from app.kit.errors import AppError, NotFound
from app.mailing.api.routing import FORM, CurrentMailContext, MailPageRoute, UnsubscribeRoute, form_pairs, raw_body
from app.mailing.content.links import UNSUBSCRIBE, subscriptions_of
from app.mailing.context import MailContext
from app.mailing.models import SubscriptionRow
from app.mailing.subscriptions import unsubscribe
from app.mailing.subscriptions.saved_queries import describe_stored_query
from app.mailing.subscriptions.schemas import Done, UnsubscribeIn
from app.mailing.subscriptions.signup import subscriptions_of as all_of
from app.mailing.subscriptions.unsubscribe import RUNNING
from app.openapi.forms import PUBLIC, TEXT, Responses, problems, problems_or_pages
from app.pages.rendering import render_page
from app.search.index.snapshot import Snapshot

UNKNOWN_LINK: Final = "This link is incomplete or not valid. Copy the whole link from the mail."
DONE_MESSAGES: Final = {
    "end": "You are unsubscribed.",
    "pause": "The subscription is paused until you resume it.",
    "end_all": "You are unsubscribed from everything.",
}
UnsubscribeToken = Annotated[
    str,
    Path(
        description="From the link in a mail. It never expires, and can do nothing else.",
        examples=["0a1b2c3d-17-00112233445566778899aabbccddeeff"],
        max_length=200,
    ),
]


@dataclass(frozen=True, slots=True)
class UnsubscribeChoice:
    """`which` are numbers of subscriptions; None means those of the link."""

    do: str
    which: list[int] | None
    by_page: bool = True


DONE_AS_JSON: Final[Responses] = {200: {"content": {JSON[0]: {"schema": Done.model_json_schema()}}}}
ONE_CLICK: Final[dict[str, Any]] = {
    "requestBody": {
        "content": {
            FORM[0]: {"schema": {"type": "object", "properties": {"List-Unsubscribe": TEXT}}},
            JSON[0]: {"schema": UnsubscribeIn.model_json_schema(), "example": {"do": "end"}},
        }
    }
}

page_router = APIRouter(prefix=UNSUBSCRIBE.rstrip("/"), tags=["subscribe"], route_class=MailPageRoute)
unsubscribe_router = APIRouter(prefix=UNSUBSCRIBE.rstrip("/"), tags=["subscribe"], route_class=UnsubscribeRoute)


@page_router.get(
    "/{token}",
    response_class=HTMLResponse,
    operation_id="show_unsubscribe_page",
    summary="Show the unsubscribe page",
    responses=problems_or_pages(400, 404, 503),
    openapi_extra=PUBLIC,
)
def show(context: CurrentMailContext, snapshot: CurrentSnapshot, token: UnsubscribeToken) -> HTMLResponse:
    """Shows what the link can end; changes nothing."""
    numbers = _numbers(context, token)
    with context.sessions.read() as session:
        return _page(context, session, snapshot, numbers, None)


@unsubscribe_router.post(
    "/{token}",
    operation_id="unsubscribe_at_once",
    summary="Unsubscribe (one-click)",
    response_class=HTMLResponse,
    responses=DONE_AS_JSON | problems(413, 422),
    openapi_extra=ONE_CLICK | PUBLIC,
)
def unsubscribe_by_link(
    request: Request,
    context: CurrentMailContext,
    snapshot: CurrentSnapshot,
    token: UnsubscribeToken,
    body: Annotated[bytes, Depends(raw_body)],
) -> Response:
    """Ends the subscriptions of the link (RFC 8058), whatever the body. Repeating it changes nothing. JSON, or the
    form of the page, can also end or pause other subscriptions of the same subscriber."""
    numbers = _numbers(context, token)
    choice = _choice(request.headers.get("content-type", ""), body)
    with context.sessions.write() as session:
        _act(context, session, numbers, choice)
        session.flush()
        if not choice.by_page:
            return JSONResponse(Done(status="paused" if choice.do == "pause" else "unsubscribed").model_dump())
        return _page(context, session, snapshot, numbers, DONE_MESSAGES[choice.do])


def _numbers(context: MailContext, token: str) -> tuple[int, ...]:
    numbers = subscriptions_of(context.signing_keys, token)
    if not numbers:
        raise NotFound(UNKNOWN_LINK)
    return numbers


def _choice(content_type: str, body: bytes) -> UnsubscribeChoice:
    """The subscriptions that a body names; the form of RFC 8058, or a body without a choice, means those of the
    link."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind in JSON:
        return _chosen_in_json(body)
    if kind in FORM:
        try:
            pairs = form_pairs(body)
        except AppError:  # never a reason not to be unsubscribed
            return UnsubscribeChoice("end", None)
        action = dict(pairs).get("do", "")
        if action in DONE_MESSAGES:
            numbers = (value for name, value in pairs if name == "subscription")
            return UnsubscribeChoice(
                action, [int(each) for each in numbers if each.isascii() and each.isdigit() and len(each) < 19]
            )
    return UnsubscribeChoice("end", None)


def _chosen_in_json(body: bytes) -> UnsubscribeChoice:
    read = validate_body(UnsubscribeIn, read_bytes(body), detail="Invalid request body.")
    return UnsubscribeChoice(read.do, read.subscriptions, by_page=False)


def _act(context: MailContext, session: Session, numbers: tuple[int, ...], choice: UnsubscribeChoice) -> None:
    subscriber = unsubscribe.find_owner(session, numbers)
    if subscriber is None:
        return
    statement, now = context.statement(UNSUBSCRIBE.rstrip("/")), context.clock()
    requested = set(numbers if choice.which is None else choice.which)
    which = [each for each in all_of(session, subscriber.id, *RUNNING) if each.id in requested]
    if choice.do == "pause":
        unsubscribe.pause_subscriptions(session, which, statement, now=now)
    elif choice.do == "end_all":
        unsubscribe.end_all(context, session, subscriber, statement, now=now)
    else:
        unsubscribe.end_subscriptions(context, session, subscriber, which, statement, now=now)


def _page(
    context: MailContext, session: Session, snapshot: Snapshot, numbers: tuple[int, ...], done: str | None
) -> HTMLResponse:
    own = next((row for number in numbers if (row := session.get(SubscriptionRow, number))), None)
    running = [] if own is None else all_of(session, own.subscriber_id, *RUNNING)
    rows = [
        {
            "id": each.id,
            "text": describe_stored_query(snapshot, each.query, context.settings.presets),
            "chosen": each.id in numbers,
            "paused": each.state == "paused",
        }
        for each in running
    ]
    return render_page("subscriptions/unsubscribe", context.site, subscriptions=rows, done=done)
