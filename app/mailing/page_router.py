"""The pages to sign up and to confirm. GET shows, whoever follows the link; POST acts. No script, no cookie."""

from hashlib import sha256
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from app.kit.errors import NotFound
from app.mailing import confirming, unsubscribing
from app.mailing.links import CONFIRM, NEVER_AGAIN, PRIVACY, Refusal, refusal_of
from app.mailing.office import LANGUAGES, Office
from app.mailing.queries import label_of, offered_presets, told
from app.mailing.router import Held, Seen
from app.mailing.routing import PageRoute
from app.mailing.showing import page
from app.search.snapshot import Snapshot

AGREED: Final = "Send me by e-mail what is listed here, until I unsubscribe. I have read what is kept about me."
MOST_OFFERED: Final = 200
"""Terms of a vocabulary in a list to choose from."""

router = APIRouter(route_class=PageRoute, include_in_schema=False)


def wording(office: Office) -> str:
    """What stands at our own form."""
    return (
        f"I want to receive updates about {office.settings.title}, including its latest findings, blog posts and "
        "events, by e-mail. I can end that at any time by the link in each mail."
    )


def offers(office: Office, snapshot: Snapshot) -> dict[str, Any]:
    """What the fields of a form offer."""
    presets = {name: label_of(name) for name in offered_presets(snapshot, office.settings.presets)}
    vocabularies = [
        {"name": each.name, "label": each.label, "terms": terms_of(snapshot, each.collection)}
        for each in snapshot.layout.vocabularies.values()
    ]
    return {"presets": presets, "vocabularies": vocabularies, "languages": LANGUAGES}


def terms_of(snapshot: Snapshot, collection: str) -> list[tuple[str, str]]:
    """Slug and label, by label."""
    found = sorted((row.label, row.slug) for row in snapshot.live(collection))
    return [(slug, label) for label, slug in found[:MOST_OFFERED]]


@router.get("/subscribe")
def show_form(office: Held, snapshot: Seen) -> HTMLResponse:
    """The form to sign up; it posts to `/v1/subscriptions`, as anybody's form may."""
    return page("subscribe", office.settings, wording=wording(office), **offers(office, snapshot))


@router.get(PRIVACY)
def show_notice(office: Held) -> HTMLResponse:
    """The privacy notice, with the version that proofs of consent name."""
    version = sha256(office.notice.encode()).hexdigest()[:12]
    return page("privacy", office.settings, notice=office.notice, version=version)


@router.get("/subscribe/manage")
def ask_for_link(office: Held) -> HTMLResponse:
    """The form to have a link mailed."""
    return page("ask_link", office.settings)


@router.get(f"{CONFIRM}{{token}}")
def show_question(office: Held, snapshot: Seen, token: str) -> HTMLResponse:
    """What would be confirmed, and the button that does it."""
    with office.sessions.read() as session:
        question = confirming.question(session, token, now=office.clock())
        queries = [row.query for row in question.subscriptions]
    if question.done:
        return confirmed(office)
    presets = office.settings.presets
    subscriptions = [told(snapshot, query, presets) for query in queries]
    return page("confirm", office.settings, wording=AGREED, subscriptions=subscriptions)


@router.post(f"{CONFIRM}{{token}}")
def confirm(office: Held, token: str) -> HTMLResponse:
    """Say yes."""
    with office.sessions.write() as session:
        said = office.statement(CONFIRM.rstrip("/"), AGREED)
        confirming.confirm(office, session, token, said, now=office.clock())
    return confirmed(office)


@router.get(f"{NEVER_AGAIN}{{token}}")
def ask_whether_never_again(office: Held, token: str) -> HTMLResponse:
    """What it means, and the button that does it."""
    _refused(office, token)
    return page("never_again", office.settings)


@router.post(f"{NEVER_AGAIN}{{token}}")
def never_again(office: Held, token: str) -> HTMLResponse:
    """From now on nothing is sent to the address. Done again, it is the same."""
    refusal = _refused(office, token)
    with office.sessions.write() as session:
        said = office.statement(NEVER_AGAIN.rstrip("/"))
        unsubscribing.never_again(office, session, refusal, said, now=office.clock())
    contact = office.settings.contact or office.settings.mail_from
    lines = [
        "Nothing is sent to your address any more, whoever signs it up.",
        f"If you change your mind, write to {contact}.",
    ]
    return page("message", office.settings, title="You will not hear from us again", lines=lines)


def _refused(office: Office, token: str) -> Refusal:
    refusal = refusal_of(office.keyring, token)
    if refusal is None:
        raise NotFound(confirming.NOT_OURS)
    return refusal


def confirmed(office: Office) -> HTMLResponse:
    lines = [
        "You are subscribed. A mail tells you what to read first.",
        "Every mail has a link that ends it, at once and without a question.",
    ]
    return page("message", office.settings, title="Thank you", lines=lines)
