"""The mail of an announcement: Markdown (CommonMark) as text and as HTML, without external resources."""

from collections.abc import Iterable
from typing import Final

from markdown_it import MarkdownIt
from markupsafe import Markup

from app.kit.text.characters import remove_bidi_controls
from app.mailing.campaigns.announcements import ANNOUNCEMENT_MAIL
from app.mailing.content.mime import PersonalisedMessage, personalise_bulk
from app.mailing.content.rendering import OWN_LINK, Message, render
from app.mailing.delivery.bulk import BulkMailKind, BulkMailTask
from app.mailing.delivery.mailer import Mailer
from app.mailing.delivery.models import AnnouncementRow
from app.mailing.messages.transactional import common_values, describe_subscriptions
from app.pages.environment import WIDTH, wrap_text

_READER: Final = MarkdownIt("commonmark", {"html": False}).disable("image")


def render_announcement(mailer: Mailer, task: BulkMailTask) -> PersonalisedMessage | None:
    row = task.session.get(AnnouncementRow, task.payload["update"])
    if row is None:
        return None
    rows = task.subscriptions
    alike = (ANNOUNCEMENT_MAIL, row.id, row.version, rows[0].language, tuple(each.query_digest for each in rows))
    shared = mailer.entries.shared_message(task.session, alike, lambda: _for_many(mailer, task, row))
    return personalise_bulk(mailer.sender, shared, (each.id for each in rows))


def _for_many(mailer: Mailer, task: BulkMailTask, row: AnnouncementRow) -> Message:
    followed = {"followed": describe_subscriptions(mailer, task.session, task.subscriptions), "unsubscribe": OWN_LINK}
    values = {**common_values(mailer.sender), **followed, **announcement_values(row.subject, row.body)}
    return render("update", task.subscriptions[0].language, values)


def announcement_values(subject: str, body: str) -> dict[str, object]:
    """The values of the template. HTML in the Markdown is shown as text."""
    body = remove_bidi_controls(body)
    return {"subject": subject, "body": _wrapped(body.splitlines()), "body_html": Markup(_READER.render(body))}


def _wrapped(lines: Iterable[str]) -> str:
    """Long lines wrapped; all others unchanged."""
    return "\n".join(line if len(line) <= WIDTH else wrap_text(line) for line in lines)


ANNOUNCEMENT_MAIL_KIND: Final = BulkMailKind(ANNOUNCEMENT_MAIL, render_announcement)
