"""The pages to sign up and to confirm. GET shows, whoever follows the link; POST acts. No script, no cookie."""

from hashlib import sha256
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from app.feed.stored_queries import CurrentSnapshot
from app.kit.errors import NotFound
from app.mailing.api.routing import CurrentMailContext, MailPageRoute
from app.mailing.content.links import CONFIRM, NEVER_AGAIN, PRIVACY, Refusal, refusal_of
from app.mailing.context import LANGUAGES, MailContext
from app.mailing.subscriptions import confirmation, unsubscribe
from app.mailing.subscriptions.saved_queries import describe_stored_query, offered_presets, preset_label
from app.pages.rendering import render_page
from app.search.index.snapshot import Snapshot

CONSENT_TEXT: Final = "Send me the updates listed here by e-mail until I unsubscribe. I have read the privacy notice."
MAX_OFFERED: Final = 200
"""Terms of a vocabulary in a list to choose from."""

router = APIRouter(route_class=MailPageRoute, include_in_schema=False)


def consent_wording(context: MailContext) -> str:
    """What stands at our own form."""
    return (
        f"I want to receive updates about {context.settings.title}, including its latest findings, blog posts and "
        "events, by e-mail. I can unsubscribe at any time with the link in each mail."
    )


def form_choices(context: MailContext, snapshot: Snapshot) -> dict[str, Any]:
    """What the fields of a form offer."""
    presets = {name: preset_label(name) for name in offered_presets(snapshot, context.settings.presets)}
    vocabularies = [
        {"name": each.name, "label": each.label, "terms": terms_of(snapshot, each.collection)}
        for each in snapshot.registry.facets
    ]
    return {"presets": presets, "vocabularies": vocabularies, "languages": LANGUAGES}


def terms_of(snapshot: Snapshot, collection: str) -> list[tuple[str, str]]:
    """Slug and label, by label."""
    found = sorted((row.label, row.slug) for row in snapshot.live(collection))
    return [(slug, label) for label, slug in found[:MAX_OFFERED]]


@router.get("/subscribe")
def show_form(context: CurrentMailContext, snapshot: CurrentSnapshot) -> HTMLResponse:
    """The form to sign up; it posts to `/v1/subscriptions`, as anybody's form may."""
    return render_page(
        "subscriptions/subscribe", context.site, wording=consent_wording(context), **form_choices(context, snapshot)
    )


@router.get(PRIVACY)
def show_notice(context: CurrentMailContext) -> HTMLResponse:
    """The privacy notice, with the version that proofs of consent name."""
    version = sha256(context.notice.encode()).hexdigest()[:12]
    return render_page("subscriptions/privacy", context.site, notice=context.notice, version=version)


@router.get("/subscribe/manage")
def ask_for_link(context: CurrentMailContext) -> HTMLResponse:
    """The form to have a link mailed."""
    return render_page("subscriptions/ask_link", context.site)


@router.get(f"{CONFIRM}{{token}}")
def show_confirmation(context: CurrentMailContext, snapshot: CurrentSnapshot, token: str) -> HTMLResponse:
    """What would be confirmed, and the button that does it."""
    with context.sessions.read() as session:
        question = confirmation.find_request(session, token, now=context.clock())
        queries = [row.query for row in question.subscriptions]
    if question.done:
        return confirmation_page(context)
    presets = context.settings.presets
    subscriptions = [describe_stored_query(snapshot, query, presets) for query in queries]
    return render_page(
        "subscriptions/confirm",
        context.site,
        wording=CONSENT_TEXT,
        subscriptions=subscriptions,
        keep_pending=context.settings.keep_pending,
    )


@router.post(f"{CONFIRM}{{token}}")
def confirm(context: CurrentMailContext, token: str) -> HTMLResponse:
    """Say yes."""
    with context.sessions.write() as session:
        statement = context.statement(CONFIRM.rstrip("/"), CONSENT_TEXT)
        confirmation.confirm_signup(context, session, token, statement, now=context.clock())
    return confirmation_page(context)


@router.get(f"{NEVER_AGAIN}{{token}}")
def ask_whether_never_again(context: CurrentMailContext, token: str) -> HTMLResponse:
    """What it means, and the button that does it."""
    _refused(context, token)
    return render_page("subscriptions/never_again", context.site)


@router.post(f"{NEVER_AGAIN}{{token}}")
def never_again(context: CurrentMailContext, token: str) -> HTMLResponse:
    """From now on nothing is sent to the address. Done again, it is the same."""
    refusal = _refused(context, token)
    with context.sessions.write() as session:
        statement = context.statement(NEVER_AGAIN.rstrip("/"))
        unsubscribe.never_again(context, session, refusal, statement, now=context.clock())
    contact = context.settings.contact or context.settings.mail_from
    lines = [
        "We will not send anything to your address, even if somebody signs it up again.",
        f"If you change your mind, write to {contact}.",
    ]
    return render_page("message", context.site, title="You will not hear from us again", lines=lines)


def _refused(context: MailContext, token: str) -> Refusal:
    refusal = refusal_of(context.signing_keys, token)
    if refusal is None:
        raise NotFound(confirmation.UNKNOWN_LINK)
    return refusal


def confirmation_page(context: MailContext) -> HTMLResponse:
    lines = [
        "You are subscribed. We have sent you a welcome mail.",
        "Every mail has a link to unsubscribe immediately.",
    ]
    return render_page("message", context.site, title="Thank you", lines=lines)
