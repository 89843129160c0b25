"""The page behind a link to manage subscriptions. GET shows, POST acts; both as long as the link is good."""

from collections.abc import Callable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from pydantic import ValidationError
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, JSONResponse, Response

from app.http.headers import NO_STORE
from app.http.validation import errors_in_body
from app.kit.clock import rfc3339
from app.kit.errors import Fault, Invalid
from app.mailing import erasure, exporting, managing, unsubscribing
from app.mailing.links import MANAGE
from app.mailing.managing import Change, How
from app.mailing.office import Office
from app.mailing.page_router import offers
from app.mailing.queries import read_queries, told
from app.mailing.router import Held, Seen
from app.mailing.routing import PageRoute, Pairs, as_json, form_pairs, raw
from app.mailing.schemas import Added, SubscriptionChange
from app.mailing.showing import page
from app.mailing.tables import PausedBecause, SubscriberRow, TokenRow
from app.search.snapshot import Snapshot

STATES: Final = {"pending": "It waits for your yes.", "active": "You receive it.", "paused": "It is paused."}
LOST: Final = "It is paused: it searches for something that is no more. It goes on when that is mended."
WISHES: Final = {"begin": "active", "pause": "paused", "end": "ended", "change": None}
"""What a button of one subscription asks for, as a state."""
DONE: Final = {
    "begin": "You receive it from now on.",
    "pause": "It is paused until you let it go on.",
    "end": "You are unsubscribed from it.",
    "change": "It is changed.",
    "add": "You receive it from now on.",
    "end_all": "You are unsubscribed from everything.",
}
FORM: Final = MANAGE.rstrip("/")

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Act = Callable[[Office, Session, Snapshot, SubscriberRow, Pairs], None]


@router.get(f"{MANAGE}{{token}}")
def show(office: Held, snapshot: Seen, token: str) -> HTMLResponse:
    """Everything the subscriber has, with the buttons."""
    with office.sessions.read() as session:
        found = managing.admit(session, token, now=office.clock())
        return shown(office, session, snapshot, *found, done=None)


@router.post(f"{MANAGE}{{token}}")
def act(office: Held, snapshot: Seen, token: str, body: Annotated[bytes, Depends(raw)]) -> Response:
    """Do what the button says, and show what there is then."""
    pairs = form_pairs(body)
    wish = dict(pairs).get("do", "")
    rest = [pair for pair in pairs if pair[0] != "do"]
    with office.sessions.write() as session:
        subscriber, row = managing.admit(session, token, now=office.clock(), lock=True)
        if wish == "export":
            held = exporting.everything(office, session, subscriber)
            headers = {"Content-Disposition": 'attachment; filename="about-you.json"', "Cache-Control": NO_STORE}
            return JSONResponse(held, headers=headers)
        if wish == "erase":
            return _erase(office, session, subscriber, rest)
        if wish not in DONE:
            raise Invalid("Use a button of the page.", errors=[Fault("unknown", "There is no such button.")])
        ACTS.get(wish, _change_as(wish))(office, session, snapshot, subscriber, rest)
        session.flush()
        return shown(office, session, snapshot, subscriber, row, done=DONE[wish])


def shown(
    office: Office, session: Session, snapshot: Snapshot, subscriber: SubscriberRow, row: TokenRow, *, done: str | None
) -> HTMLResponse:
    rows = [
        {
            "id": each.id,
            "text": told(snapshot, each.query, office.settings.presets),
            "frequency": each.frequency,
            "language": each.language,
            "state": each.state,
            "said": LOST if each.paused_because == PausedBecause.term_vanished else STATES[each.state],
        }
        for each in managing.shown(session, subscriber)
    ]
    given = offers(office, snapshot) | {"address": subscriber.address, "until": rfc3339(row.expires_at)}
    return page("manage", office.settings, subscriptions=rows, done=done, **given)


def _erase(office: Office, session: Session, subscriber: SubscriberRow, pairs: Pairs) -> HTMLResponse:
    if ("sure", "yes") not in pairs:
        raise Invalid("Tick that you want it.", errors=[])
    erasure.erase(office, session, subscriber, office.statement(FORM), now=office.clock())
    lines = ["Your address and your subscriptions are erased.", "Backups forget them when they are replaced."]
    return page("message", office.settings, title="You are forgotten", lines=lines)


def _change_as(wish: str) -> Act:
    def change(office: Office, session: Session, _: Snapshot, subscriber: SubscriberRow, pairs: Pairs) -> None:
        sent: dict[str, Any] = dict(pairs)
        number = sent.pop("subscription", "")
        wanted = {**sent, "id": int(number) if number.isascii() and number.isdigit() else number, "state": WISHES[wish]}
        read = _valid(SubscriptionChange, wanted)
        said, now = office.statement(FORM), office.clock()
        managing.change(office, session, subscriber, [Change(**dict(read))], said, now=now)

    return change


def _add(office: Office, session: Session, snapshot: Snapshot, subscriber: SubscriberRow, pairs: Pairs) -> None:
    added = _valid(Added, as_json(pairs))
    queries = read_queries(snapshot, office.settings.presets, added.presets, added.queries)
    said, how = office.statement(FORM), How(added.frequency, added.language)
    managing.add(office, session, subscriber, queries, how, said, now=office.clock())


def _end_all(office: Office, session: Session, _: Snapshot, subscriber: SubscriberRow, __: Pairs) -> None:
    unsubscribing.end_all(office, session, subscriber, office.statement(FORM), now=office.clock())


ACTS: Final[dict[str, Act]] = {"add": _add, "end_all": _end_all}


def _valid(model: type[Any], data: dict[str, Any]) -> Any:
    """Raises Invalid."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise Invalid("The form says something that is not allowed.", errors=errors_in_body(error)) from None
