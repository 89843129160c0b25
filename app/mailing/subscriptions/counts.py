"""Numbers of subscribers: a query comes in; how many subscribe to it, by frequency, goes out. No one is named."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.mailing.models import SubscriberRow, SubscriberState, SubscriptionRow, SubscriptionState
from app.mailing.subscriptions.saved_queries import Presets, describe_stored_query
from app.search.index.snapshot import Snapshot

MAX_QUERIES: Final = 200
"""Different queries that are listed, those with the most subscribers first."""


@dataclass
class QueryCount:
    """The query in words, and the number of subscribers by frequency."""

    title: str
    by_frequency: dict[str, int] = field(default_factory=dict)

    @property
    def subscribers(self) -> int:
        return sum(self.by_frequency.values())


def count_by_state(session: Session) -> Mapping[str, int]:
    """By their state."""
    found = select(SubscriberRow.state, func.count()).group_by(SubscriberRow.state).order_by(SubscriberRow.state)
    return {str(state): count for state, count in session.execute(found)}


def count_by_query(session: Session, snapshot: Snapshot, presets: Presets) -> Sequence[QueryCount]:
    """Of the subscriptions that are sent something."""
    number = func.count(SubscriptionRow.subscriber_id.distinct())
    sent = (
        SubscriptionRow.state == SubscriptionState.active,
        SubscriptionRow.subscriber_id.in_(
            select(SubscriberRow.id).where(SubscriberRow.state == SubscriberState.active)
        ),
    )
    totals = (
        select(SubscriptionRow.query_digest, func.min(SubscriptionRow.id))
        .where(*sent)
        .group_by(SubscriptionRow.query_digest)
        .order_by(number.desc(), SubscriptionRow.query_digest)
        .limit(MAX_QUERIES)
    )
    examples = dict(session.execute(totals).all())
    rows = {
        row.id: row for row in session.scalars(select(SubscriptionRow).where(SubscriptionRow.id.in_(examples.values())))
    }
    counts = {
        digest: QueryCount(describe_stored_query(snapshot, rows[ident].query, presets))
        for digest, ident in examples.items()
    }
    frequencies = (
        select(SubscriptionRow.query_digest, SubscriptionRow.frequency, number)
        .where(*sent, SubscriptionRow.query_digest.in_(counts))
        .group_by(SubscriptionRow.query_digest, SubscriptionRow.frequency)
        .order_by(SubscriptionRow.frequency)
    )
    for digest, frequency, count in session.execute(frequencies):
        counts[digest].by_frequency[frequency] = count
    return [*counts.values()]
