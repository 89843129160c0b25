"""The page behind a link to manage subscriptions. GET shows, POST acts; both as long as the link is good."""

from collections.abc import Callable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, JSONResponse, Response

from app.feed.stored_queries import CurrentSnapshot
from app.http.headers import NO_STORE
from app.http.problems.validation_errors import validate_body
from app.kit.clock import rfc3339
from app.kit.errors import ErrorDetail, Invalid
from app.mailing.api.routing import CurrentMailContext, FormFields, MailPageRoute, as_json, form_pairs, raw_body
from app.mailing.api.signup_pages import form_choices
from app.mailing.content.links import MANAGE
from app.mailing.context import MailContext
from app.mailing.models import PausedBecause, SubscriberRow, TokenRow
from app.mailing.privacy import erasure, export
from app.mailing.subscriptions import management, unsubscribe
from app.mailing.subscriptions.management import DeliveryOptions, SubscriptionUpdate
from app.mailing.subscriptions.saved_queries import describe_stored_query, read_queries
from app.mailing.subscriptions.schemas import AdditionIn, SubscriptionChange
from app.pages.rendering import render_page
from app.search.index.snapshot import Snapshot

STATES: Final = {"pending": "Waiting for your confirmation.", "active": "Active.", "paused": "It is paused."}
BROKEN_QUERY_MESSAGE: Final = (
    "Paused: its search refers to something that no longer exists. It resumes when that is corrected."
)
STATES_BY_ACTION: Final = {"begin": "active", "pause": "paused", "end": "ended", "change": None}
"""The state that a button of one subscription sets."""
DONE_MESSAGES: Final = {
    "begin": "The subscription is active.",
    "pause": "The subscription is paused until you resume it.",
    "end": "You are unsubscribed.",
    "change": "Your changes are saved.",
    "add": "The subscription is active.",
    "end_all": "You are unsubscribed from everything.",
}
FORM: Final = MANAGE.rstrip("/")
INVALID: Final = "The form is not valid."

router = APIRouter(route_class=MailPageRoute, include_in_schema=False)
Action = Callable[[MailContext, Session, Snapshot, SubscriberRow, FormFields], None]


@router.get(f"{MANAGE}{{token}}")
def show(context: CurrentMailContext, snapshot: CurrentSnapshot, token: str) -> HTMLResponse:
    """Everything the subscriber has, with the buttons."""
    with context.sessions.read() as session:
        found = management.authenticate_link(session, token, now=context.clock())
        return shown(context, session, snapshot, *found, done=None)


@router.post(f"{MANAGE}{{token}}")
def act(
    context: CurrentMailContext, snapshot: CurrentSnapshot, token: str, body: Annotated[bytes, Depends(raw_body)]
) -> Response:
    """Do what the button says, and show what there is then."""
    pairs = form_pairs(body)
    action = dict(pairs).get("do", "")
    rest = [pair for pair in pairs if pair[0] != "do"]
    with context.sessions.write() as session:
        subscriber, row = management.authenticate_link(session, token, now=context.clock(), lock=True)
        if action == "export":
            held = export.export_subscriber(context, session, subscriber)
            headers = {"Content-Disposition": 'attachment; filename="about-you.json"', "Cache-Control": NO_STORE}
            return JSONResponse(held, headers=headers)
        if action == "erase":
            return _erase(context, session, subscriber, rest)
        if action not in DONE_MESSAGES:
            raise Invalid("Use one of the buttons on the page.", errors=[ErrorDetail("unknown", "Unknown action.")])
        ACTIONS.get(action, _change_as(action))(context, session, snapshot, subscriber, rest)
        session.flush()
        return shown(context, session, snapshot, subscriber, row, done=DONE_MESSAGES[action])


def shown(
    context: MailContext,
    session: Session,
    snapshot: Snapshot,
    subscriber: SubscriberRow,
    row: TokenRow,
    *,
    done: str | None,
) -> HTMLResponse:
    rows = [
        {
            "id": each.id,
            "text": describe_stored_query(snapshot, each.query, context.settings.presets),
            "frequency": each.frequency,
            "language": each.language,
            "state": each.state,
            "said": BROKEN_QUERY_MESSAGE if each.paused_because == PausedBecause.term_vanished else STATES[each.state],
        }
        for each in management.visible_subscriptions(session, subscriber)
    ]
    given = form_choices(context, snapshot) | {"address": subscriber.address, "until": rfc3339(row.expires_at)}
    return render_page("subscriptions/manage", context.site, subscriptions=rows, done=done, **given)


def _erase(context: MailContext, session: Session, subscriber: SubscriberRow, pairs: FormFields) -> HTMLResponse:
    if ("sure", "yes") not in pairs:
        raise Invalid("Tick the box to confirm.", errors=[])
    erasure.erase_subscriber(context, session, subscriber, context.statement(FORM), now=context.clock())
    lines = ["Your address and your subscriptions are erased.", "Backups may contain them until they are replaced."]
    return render_page("message", context.site, title="Your data is deleted", lines=lines)


def _change_as(action: str) -> Action:
    def change(
        context: MailContext, session: Session, _: Snapshot, subscriber: SubscriberRow, pairs: FormFields
    ) -> None:
        sent: dict[str, Any] = dict(pairs)
        number = sent.pop("subscription", "")
        requested = {
            **sent,
            "id": int(number) if number.isascii() and number.isdigit() else number,
            "state": STATES_BY_ACTION[action],
        }
        read = validate_body(SubscriptionChange, requested, detail=INVALID)
        statement, now = context.statement(FORM), context.clock()
        management.change(context, session, subscriber, [SubscriptionUpdate(**dict(read))], statement, now=now)

    return change


def _add(
    context: MailContext, session: Session, snapshot: Snapshot, subscriber: SubscriberRow, pairs: FormFields
) -> None:
    added = validate_body(AdditionIn, as_json(pairs), detail=INVALID)
    queries = read_queries(snapshot, context.settings.presets, added.presets, added.queries)
    statement, how = context.statement(FORM), DeliveryOptions(added.frequency, added.language)
    management.add(context, session, subscriber, queries, how, statement, now=context.clock())


def _end_all(context: MailContext, session: Session, _: Snapshot, subscriber: SubscriberRow, __: FormFields) -> None:
    unsubscribe.end_all(context, session, subscriber, context.statement(FORM), now=context.clock())


ACTIONS: Final[dict[str, Action]] = {"add": _add, "end_all": _end_all}
