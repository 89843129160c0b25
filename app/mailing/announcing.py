"""The mail of an update: Markdown (CommonMark) as text and as HTML, without anything that is loaded from elsewhere."""

from collections.abc import Iterable
from typing import Any, Final

from markdown_it import MarkdownIt
from markupsafe import Markup

from app.mailing.bulk import Sort, Task
from app.mailing.composing import Personal, for_one_of_many
from app.mailing.delivery_tables import UpdateRow
from app.mailing.post import Post
from app.mailing.rendering import OWN_LINK, Letter, render, straight, wrapped
from app.mailing.transactional import house, in_words
from app.mailing.updates import MAIL

_READER: Final = MarkdownIt("commonmark", {"html": False}).disable("image")


def update(post: Post, task: Task) -> Personal | None:
    row = task.session.get(UpdateRow, task.payload["update"])
    if row is None:
        return None
    rows = task.subscriptions
    alike = (MAIL, row.id, row.version, rows[0].language, tuple(each.query_digest for each in rows))
    shared = post.library.letter(task.session, alike, lambda: _for_many(post, task, row))
    return for_one_of_many(post.head, shared, (each.id for each in rows))


def _for_many(post: Post, task: Task, row: UpdateRow) -> Letter:
    followed = {"followed": in_words(post, task.session, task.subscriptions), "unsubscribe": OWN_LINK}
    values = {**house(post.head), **followed, **said(row.subject, row.body)}
    return render("update", task.subscriptions[0].language, values)


def said(subject: str, body: str) -> dict[str, Any]:
    """What the template names. What looks like HTML in the Markdown is text."""
    body = straight(body)
    return {"subject": subject, "body": _filled(body.splitlines()), "body_html": Markup(_READER.render(body))}


def _filled(lines: Iterable[str]) -> str:
    """Long lines broken; all others are as they were written."""
    return "\n".join(line if len(line) <= 76 else wrapped(line) for line in lines)


SORT: Final = Sort(MAIL, update)
