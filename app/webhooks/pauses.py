"""Webhooks that are paused by themselves: their owner gets a mail that says why."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from app.webhooks.models import PauseReason, WebhookRow, WebhookState


@dataclass(frozen=True, slots=True)
class OwnerNotice:
    """A notice to the owner of a webhook, as plain paragraphs; `key` is unique for each notice."""

    key: str
    address: str
    subject: str
    paragraphs: tuple[str, ...]


NotifyOwner = Callable[[Session, OwnerNotice, datetime], None]
"""Has it sent, in this transaction."""

REASONS: Final = {
    PauseReason.failed: "Its receiver has not accepted a message for more than a day. The last answer was: {last}.",
    PauseReason.gone: "Its receiver answered 410 Gone, which means that nothing is to be sent any more.",
    PauseReason.broken_query: "Its query names something that does not exist any more.",
    PauseReason.lost_secret: "Its secret cannot be used any more: it needs a new one.",
}
NOTHING_IS_LOST: Final = (
    "Nothing is lost: once somebody in charge of the knowledge base resumes it, it continues with the first change "
    "that was not accepted. You can also read the changes yourself at any time, at {changes}."
)


def pause(
    session: Session,
    webhook: WebhookRow,
    reason: PauseReason,
    notify: NotifyOwner,
    *,
    changes: str,
    now: datetime,
    last: str = "none",
) -> None:
    """Nothing is sent until staff resume it. `changes` is the address of `/v1/changes`."""
    webhook.state, webhook.pause_reason = WebhookState.paused, reason
    webhook.version += 1
    paragraphs = (
        f"The webhook “{webhook.name}”, which sends changes to {webhook.url}, is paused.",
        REASONS[reason].format(last=last),
        NOTHING_IS_LOST.format(changes=changes),
    )
    subject = f"Your webhook “{webhook.name}” is paused"
    notify(session, OwnerNotice(f"webhook/{webhook.id}/{webhook.version}", webhook.owner, subject, paragraphs), now)
