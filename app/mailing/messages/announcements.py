"""The mail of an update: Markdown (CommonMark) as text and as HTML, without anything that is loaded from elsewhere."""

from collections.abc import Iterable
from typing import Final

from markdown_it import MarkdownIt
from markupsafe import Markup

from app.kit.text.characters import remove_bidi_controls
from app.mailing.campaigns.announcements import UPDATE_MAIL
from app.mailing.content.mime import PersonalisedMessage, personalise_bulk
from app.mailing.content.rendering import OWN_LINK, Message, render
from app.mailing.delivery.bulk import BulkMailKind, BulkMailTask
from app.mailing.delivery.mailer import Mailer
from app.mailing.delivery.models import UpdateRow
from app.mailing.messages.transactional import common_values, describe_subscriptions
from app.pages.environment import WIDTH, wrap_text

_READER: Final = MarkdownIt("commonmark", {"html": False}).disable("image")


def render_update(mailer: Mailer, task: BulkMailTask) -> PersonalisedMessage | None:
    row = task.session.get(UpdateRow, task.payload["update"])
    if row is None:
        return None
    rows = task.subscriptions
    alike = (UPDATE_MAIL, row.id, row.version, rows[0].language, tuple(each.query_digest for each in rows))
    shared = mailer.entries.shared_message(task.session, alike, lambda: _for_many(mailer, task, row))
    return personalise_bulk(mailer.sender, shared, (each.id for each in rows))


def _for_many(mailer: Mailer, task: BulkMailTask, row: UpdateRow) -> Message:
    followed = {"followed": describe_subscriptions(mailer, task.session, task.subscriptions), "unsubscribe": OWN_LINK}
    values = {**common_values(mailer.sender), **followed, **update_values(row.subject, row.body)}
    return render("update", task.subscriptions[0].language, values)


def update_values(subject: str, body: str) -> dict[str, object]:
    """What the template names. What looks like HTML in the Markdown is text."""
    body = remove_bidi_controls(body)
    return {"subject": subject, "body": _filled(body.splitlines()), "body_html": Markup(_READER.render(body))}


def _filled(lines: Iterable[str]) -> str:
    """Long lines broken; all others are as they were written."""
    return "\n".join(line if len(line) <= WIDTH else wrap_text(line) for line in lines)


UPDATE_MAIL_KIND: Final = BulkMailKind(UPDATE_MAIL, render_update)
