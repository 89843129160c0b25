"""What staff do with webhooks: make, change, remove them, give them another secret, try them, and send again."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.documents.revisions import published_revision
from app.feed.deliveries import OPEN, Channel, DeliveryRow, DeliveryState
from app.harvest.positions import Position
from app.jobs.queue import URGENT, JobRequest, enqueue
from app.kit.errors import Conflict, ErrorDetail, Invalid, NotFound, Stale
from app.kit.signing_keys import SigningKeys
from app.outbound.errors import DestinationForbidden
from app.outbound.ip_policy import is_inside
from app.outbound.urls import checked_url
from app.webhooks.messages import complete_revision
from app.webhooks.models import PauseReason, WebhookRow, WebhookState
from app.webhooks.sender import PING
from app.webhooks.signatures import new_salt, newest_key, secret_of, secret_text

FIRST: Final = {
    "name": "Example",
    "url": "https://partner.example.org/hooks/knowledge-base",
    "owner": "systems@partner.example.org",
}
MAX_WEBHOOKS: Final = 100
"""Each is thought of at every commit."""


def all_webhooks(session: Session) -> Sequence[WebhookRow]:
    return session.scalars(select(WebhookRow).order_by(WebhookRow.id)).all()


def read_webhook(session: Session, number: int, *, is_locked: bool = False) -> WebhookRow:
    """Without waiting for its sender unless it `is_locked`; raises NotFound."""
    row = session.get(WebhookRow, number, with_for_update=is_locked)
    if row is None:
        raise NotFound
    return row


def find_webhook(session: Session, number: int, version: int | None = None) -> WebhookRow:
    """Locked; raises NotFound, and Stale where it is not at `version` any more."""
    row = read_webhook(session, number, is_locked=True)
    if version is not None and row.version != version:
        raise Stale(version=row.version)
    return row


def create_webhook(
    session: Session, values: dict[str, Any], signing_keys: SigningKeys, *, by: str, now: datetime
) -> tuple[WebhookRow, str]:
    """It is notified of what is published from now on. Returns its secret too. Raises Invalid, and Conflict where
    there are as many as there may be."""
    check_receiver(values["url"])
    if (session.scalar(select(func.count()).select_from(WebhookRow)) or 0) >= MAX_WEBHOOKS:
        raise Conflict(f"There are {MAX_WEBHOOKS} webhooks already: delete one that is not needed.")
    row = WebhookRow(**values, state=WebhookState.active, turn=0, version=1, created_at=now, created_by=by)
    _stand_at(session, row, None)
    secret = _give_secret(row, signing_keys)
    session.add(row)
    session.flush()
    return row, secret


def create_first_webhook(session: Session, *, by: str, now: datetime) -> None:
    """One to try things with, if there is none yet: paused, to nowhere, and without a secret until one is made."""
    if session.scalar(select(WebhookRow.id).limit(1)) is None:
        paused = {"state": WebhookState.paused, "pause_reason": PauseReason.asked, "turn": 0, "version": 1}
        row = WebhookRow(**FIRST, **paused, documents=False, created_at=now, created_by=by)
        row.secret_key, row.secret_salt = "", new_salt()
        _stand_at(session, row, None)
        session.add(row)


def change_webhook(row: WebhookRow, values: dict[str, Any]) -> None:
    """A resumed webhook continues from its position. A changed query applies from now on. Raises Invalid."""
    if "url" in values:
        check_receiver(values["url"])
    state = values.pop("state", row.state)
    for name, value in values.items():
        setattr(row, name, value)
    if state != row.state:
        row.state, row.failing_since = state, None
        row.pause_reason = PauseReason.asked if state == WebhookState.paused else None
        row.turn += 1
    row.version += 1


def check_receiver(url: str) -> None:
    """Raises Invalid for an address to which nothing is ever sent. Where a name leads is seen when it is sent."""
    try:
        if is_inside(checked_url(url).host):
            raise DestinationForbidden("The address of the server is not public.")
    except DestinationForbidden as error:
        raise Invalid(errors=[ErrorDetail("forbidden-url", str(error), pointer="/url")]) from None


def rotate_secret(row: WebhookRow, signing_keys: SigningKeys, overlap: timedelta, *, now: datetime) -> str:
    """Another secret; messages are signed with both until the overlap is over."""
    row.former_key, row.former_salt, row.former_until = row.secret_key, row.secret_salt, now + overlap
    row.version += 1
    return _give_secret(row, signing_keys)


def _give_secret(row: WebhookRow, signing_keys: SigningKeys) -> str:
    row.secret_key, row.secret_salt = newest_key(signing_keys), new_salt()
    secret = secret_of(signing_keys, row.secret_key, row.secret_salt)
    if secret is None:
        raise LookupError("The newest signing key makes secrets.")
    return secret_text(secret)


def enqueue_ping(session: Session, row: WebhookRow, *, now: datetime) -> None:
    """Also where it is paused: this shows whether its receiver works again."""
    key = f"{row.id}/{secrets.token_hex(8)}"
    enqueue(session, JobRequest(PING, key, {"webhook": row.id}, priority=URGENT), now=now)


def send_again(session: Session, row: WebhookRow, since: int, *, now: datetime) -> None:
    """All changes after that revision, as they are now. Raises Invalid for one that is not published yet."""
    if since > published_revision(session).number:
        detail = ErrorDetail("out-of-range", "This revision is not published yet.", pointer="/since")
        raise Invalid(errors=[detail])
    _cancel_open(session, row, now)
    _stand_at(session, row, since)
    row.turn += 1
    row.version += 1


def _stand_at(session: Session, row: WebhookRow, revision: int | None) -> None:
    """After that revision; after all without one."""
    published = published_revision(session)
    here = published.number if revision is None else revision
    position = Position(here, base=here, known=published)
    row.position, row.revision = position.token, complete_revision(position)


def _cancel_open(session: Session, row: WebhookRow, now: datetime) -> None:
    """A message that is being sent is sent again."""
    theirs = DeliveryRow.webhook_id == row.id, DeliveryRow.channel == Channel.webhook, DeliveryRow.state.in_(OPEN)
    for delivery in session.scalars(select(DeliveryRow).where(*theirs, DeliveryRow.kind != PING)):
        delivery.state, delivery.settled_at = DeliveryState.cancelled, now
