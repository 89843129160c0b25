"""The mail of an update: Markdown (CommonMark) as text and as HTML, without anything that is loaded from elsewhere."""

from collections.abc import Iterable
from typing import Any, Final

from markdown_it import MarkdownIt
from markupsafe import Markup
from sqlalchemy import select

from app.mailing.delivery_tables import UpdateRow
from app.mailing.post import Post
from app.mailing.rendering import Letter, render, wrapped
from app.mailing.sending import Sort, Task
from app.mailing.tables import SubscriberState, SubscriptionRow, SubscriptionState
from app.mailing.transactional import house, leaving
from app.mailing.updates import MAIL

_READER: Final = MarkdownIt("commonmark", {"html": False}).disable("image")


def update(post: Post, task: Task) -> Letter | None:
    row = task.session.get(UpdateRow, task.payload["update"])
    subscriptions = _active(task)
    if row is None or not subscriptions:
        return None
    values = {**house(post.head), **leaving(post, task, subscriptions), **said(row.subject, row.body)}
    return render("update", subscriptions[0].language, values, tuple(each.id for each in subscriptions))


def said(subject: str, body: str) -> dict[str, Any]:
    """What the template names. What looks like HTML in the Markdown is text."""
    return {"subject": subject, "body": _filled(body.splitlines()), "body_html": Markup(_READER.render(body))}


def _filled(lines: Iterable[str]) -> str:
    """Long lines broken; all others are as they were written."""
    return "\n".join(line if len(line) <= 76 else wrapped(line) for line in lines)


def _active(task: Task) -> list[SubscriptionRow]:
    numbers = [int(number) for number in task.delivery.items or {}]
    found = select(SubscriptionRow).where(
        SubscriptionRow.id.in_(numbers), SubscriptionRow.state == SubscriptionState.active
    )
    return list(task.session.scalars(found.order_by(SubscriptionRow.id)))


SORT: Final = Sort(MAIL, update, (SubscriberState.active,), decided=True)
