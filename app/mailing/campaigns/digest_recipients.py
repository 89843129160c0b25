"""How many subscribers the next digests reach with an entry that is about to be published."""

from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.mailing.campaigns.announcements import count_recipients
from app.mailing.campaigns.digest_planner import different_queries, match_queries
from app.mailing.content.entries import PublishedEntries
from app.mailing.models import SubscriptionRow, SubscriptionState
from app.staff.auth.actors import Actor

MAX_QUERIES: Final = 1_000
"""Different queries that are asked: whoever asks holds the write lock meanwhile."""
_ACTIVE: Final = SubscriptionRow.state == SubscriptionState.active


def count_digest_recipients(published: PublishedEntries, session: Session, actor: Actor, document: int) -> int | None:
    """None to those who may not see subscribers, and where there are more queries than that."""
    if "mailing:read" not in actor.scopes:
        return None
    different = select(func.count(SubscriptionRow.query_digest.distinct())).where(_ACTIVE)
    if (session.scalar(different) or 0) > MAX_QUERIES:
        return None
    hits, _ = match_queries(published.snapshot_of(session, [document]), different_queries(session, _ACTIVE))
    return count_recipients(session, frozenset(hits))
