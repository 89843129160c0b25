"""Searches that name what is no more: paused, shown to staff, and taken up again once they can be read."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from app.kit.errors import BadQuery
from app.mailing.following import hear_at_once
from app.mailing.queries import restored
from app.mailing.tables import Frequency, PausedBecause, SubscriptionRow, SubscriptionState
from app.search.snapshot import Snapshot
from app.staff.actors import Actor

LOST: tuple[ColumnElement[bool], ...] = (
    SubscriptionRow.state == SubscriptionState.paused,
    SubscriptionRow.paused_because == PausedBecause.term_vanished,
)


def pause(session: Session, digests: Iterable[str]) -> None:
    """Whoever follows these searches hears nothing of them for now."""
    for digest in digests:
        session.execute(
            update(SubscriptionRow)
            .where(SubscriptionRow.query_digest == digest, SubscriptionRow.state == SubscriptionState.active)
            .values(state=SubscriptionState.paused, paused_because=PausedBecause.term_vanished)
        )


def take_up(session: Session, frequency: str, digests: Iterable[str], *, now: datetime) -> None:
    """What they name is there again, or was replaced: they go on, with what they missed."""
    for digest in digests:
        theirs = (SubscriptionRow.query_digest == digest, SubscriptionRow.frequency == frequency)
        for row in session.scalars(select(SubscriptionRow).where(*theirs, *LOST)):
            row.state, row.paused_because = SubscriptionState.active, None
            if row.frequency == Frequency.at_once:
                hear_at_once(session, row, now=now)


def faults(snapshot: Snapshot, stored: Mapping[str, Any]) -> list[str]:
    """What is wrong with a search, in sentences; nothing where it can be read again."""
    try:
        restored(snapshot, stored)
    except BadQuery as error:
        return [fault.message for fault in error.errors]
    return []


def awaiting(session: Session, actor: Actor) -> Mapping[str, int]:
    """For `GET /v1/staff`, to those who may see them."""
    if "mailing:read" not in actor.scopes:
        return {}
    return {"paused_subscriptions": session.scalar(select(func.count()).select_from(SubscriptionRow).where(*LOST)) or 0}
