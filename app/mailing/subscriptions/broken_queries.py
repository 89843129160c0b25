"""Searches that name what is no more: paused, shown to staff, and taken up again once they can be read."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from app.feed.stored_queries import parse_stored_query
from app.kit.errors import BadQuery
from app.kit.json_types import JsonMapping
from app.mailing.digest_schedule import start_immediate_digest
from app.mailing.models import Frequency, PausedBecause, SubscriptionRow, SubscriptionState
from app.search.index.snapshot import Snapshot
from app.staff.auth.actors import Actor

PAUSED_BY_BROKEN_QUERY: tuple[ColumnElement[bool], ...] = (
    SubscriptionRow.state == SubscriptionState.paused,
    SubscriptionRow.paused_because == PausedBecause.term_vanished,
)


def pause_broken(session: Session, digests: Iterable[str]) -> None:
    """Whoever follows these searches hears nothing of them for now."""
    for digest in digests:
        session.execute(
            update(SubscriptionRow)
            .where(SubscriptionRow.query_digest == digest, SubscriptionRow.state == SubscriptionState.active)
            .values(state=SubscriptionState.paused, paused_because=PausedBecause.term_vanished)
        )


def resume_restored(session: Session, frequency: str, digests: Iterable[str], *, now: datetime) -> None:
    """What they name is there again, or was replaced: they go on, with what they missed."""
    for digest in digests:
        theirs = (SubscriptionRow.query_digest == digest, SubscriptionRow.frequency == frequency)
        for row in session.scalars(select(SubscriptionRow).where(*theirs, *PAUSED_BY_BROKEN_QUERY)):
            row.state, row.paused_because = SubscriptionState.active, None
            if row.frequency == Frequency.at_once:
                start_immediate_digest(session, row, now=now)


def query_errors(snapshot: Snapshot, stored: JsonMapping) -> list[str]:
    """What is wrong with a search, in sentences; nothing where it can be read again."""
    try:
        parse_stored_query(snapshot, stored)
    except BadQuery as error:
        return [error.message for error in error.errors]
    return []


def pending_broken_queries(session: Session, actor: Actor) -> Mapping[str, int]:
    """For `GET /v1/staff`, to those who may see them."""
    if "mailing:read" not in actor.scopes:
        return {}
    return {
        "paused_subscriptions": session.scalar(
            select(func.count()).select_from(SubscriptionRow).where(*PAUSED_BY_BROKEN_QUERY)
        )
        or 0
    }
