"""Unsubscribing by the link of a mail: for people, and for mail programs (RFC 8058). GET shows a page, POST acts."""

from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Request
from pydantic import ValidationError
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, JSONResponse, Response

from app.http.bodies import JSON, read_bytes
from app.http.validation import errors_in_body
from app.kit.errors import AppError, Invalid, NotFound
from app.mailing import unsubscribing
from app.mailing.describing import PUBLIC, TEXT, Responses, or_pages, problems
from app.mailing.links import UNSUBSCRIBE, subscriptions_of
from app.mailing.office import Office
from app.mailing.queries import told
from app.mailing.router import Held, Seen
from app.mailing.routing import FORM, LeavingRoute, PageRoute, form_pairs, raw
from app.mailing.schemas import Done, UnsubscribeIn
from app.mailing.showing import page
from app.mailing.signing_up import subscriptions_of as all_of
from app.mailing.tables import SubscriptionRow
from app.mailing.unsubscribing import RUNNING
from app.search.snapshot import Snapshot

NOT_OURS: Final = "This link is not complete, or not one of ours. Copy all of it from the mail."
DONE: Final = {
    "end": "You are unsubscribed.",
    "pause": "It is paused: nothing is sent of it until you let it go on.",
    "end_all": "You are unsubscribed from everything.",
}
Token = Annotated[
    str,
    Path(
        description="From the link of a mail. It never expires, and does nothing else.",
        examples=["0a1b2c3d-17-00112233445566778899aabbccddeeff"],
        max_length=200,
    ),
]


@dataclass(frozen=True, slots=True)
class Choice:
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

shown_router = APIRouter(prefix=UNSUBSCRIBE.rstrip("/"), tags=["subscribe"], route_class=PageRoute)
acting_router = APIRouter(prefix=UNSUBSCRIBE.rstrip("/"), tags=["subscribe"], route_class=LeavingRoute)


@shown_router.get(
    "/{token}",
    response_class=HTMLResponse,
    operation_id="show_unsubscribe_page",
    summary="The page to unsubscribe",
    responses=or_pages(400, 404),
    openapi_extra=PUBLIC,
)
def show(office: Held, snapshot: Seen, token: Token) -> HTMLResponse:
    """It shows what the link can end, and changes nothing."""
    numbers = _numbers(office, token)
    with office.sessions.read() as session:
        return _page(office, session, snapshot, numbers, None)


@acting_router.post(
    "/{token}",
    operation_id="unsubscribe_at_once",
    summary="Unsubscribe at once",
    response_class=HTMLResponse,
    responses=DONE_AS_JSON | problems(413, 422),
    openapi_extra=ONE_CLICK | PUBLIC,
)
def unsubscribe(
    request: Request, office: Held, snapshot: Seen, token: Token, body: Annotated[bytes, Depends(raw)]
) -> Response:
    """Ends the subscriptions of the link (RFC 8058), whatever the body is. Done again, it is the same. As JSON, or by
    the form of the page, others of the same subscriber can be ended or paused as well."""
    numbers = _numbers(office, token)
    choice = _choice(request.headers.get("content-type", ""), body)
    with office.sessions.write() as session:
        _act(office, session, numbers, choice)
        session.flush()
        if not choice.by_page:
            return JSONResponse(Done(status="paused" if choice.do == "pause" else "unsubscribed").model_dump())
        return _page(office, session, snapshot, numbers, DONE[choice.do])


def _numbers(office: Office, token: str) -> tuple[int, ...]:
    numbers = subscriptions_of(office.keyring, token)
    if not numbers:
        raise NotFound(NOT_OURS)
    return numbers


def _choice(content_type: str, body: bytes) -> Choice:
    """What a body asks for; the form of RFC 8058, and whatever else is no choice, asks for those of the link."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind in JSON:
        return _chosen_in_json(body)
    if kind in FORM:
        try:
            pairs = form_pairs(body)
        except AppError:  # never a reason not to be unsubscribed
            return Choice("end", None)
        wish = dict(pairs).get("do", "")
        if wish in DONE:
            numbers = (value for name, value in pairs if name == "subscription")
            return Choice(wish, [int(each) for each in numbers if each.isascii() and each.isdigit() and len(each) < 19])
    return Choice("end", None)


def _chosen_in_json(body: bytes) -> Choice:
    try:
        read = UnsubscribeIn.model_validate(read_bytes(body))
    except ValidationError as error:
        raise Invalid("The body says something that is not allowed.", errors=errors_in_body(error)) from None
    return Choice(read.do, read.subscriptions, by_page=False)


def _act(office: Office, session: Session, numbers: tuple[int, ...], choice: Choice) -> None:
    subscriber = unsubscribing.owner(session, numbers)
    if subscriber is None:
        return
    said, now = office.statement(UNSUBSCRIBE.rstrip("/")), office.clock()
    wanted = set(numbers if choice.which is None else choice.which)
    which = [each for each in all_of(session, subscriber.id, *RUNNING) if each.id in wanted]
    if choice.do == "pause":
        unsubscribing.pause(session, which, said, now=now)
    elif choice.do == "end_all":
        unsubscribing.end_all(office, session, subscriber, said, now=now)
    else:
        unsubscribing.end(office, session, subscriber, which, said, now=now)


def _page(
    office: Office, session: Session, snapshot: Snapshot, numbers: tuple[int, ...], done: str | None
) -> HTMLResponse:
    own = next((row for number in numbers if (row := session.get(SubscriptionRow, number))), None)
    running = [] if own is None else all_of(session, own.subscriber_id, *RUNNING)
    rows = [
        {
            "id": each.id,
            "text": told(snapshot, each.query, office.settings.presets),
            "chosen": each.id in numbers,
            "paused": each.state == "paused",
        }
        for each in running
    ]
    return page("unsubscribe", office.settings, subscriptions=rows, done=done)
