"""Deciding who gets what: each different query is asked once, of the few documents that are news; then the subscribers,
some thousand a transaction, each with their deliveries, their jobs, and how far the run has come."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session

from app.db.sessions import Sessions
from app.documents.store import DocumentRow
from app.jobs.kinds import JobKind
from app.jobs.lease import Job
from app.jobs.queue import LATER, NORMAL, Wanted
from app.kit.errors import BadQuery
from app.mailing.delivery_tables import DeliveryRow, DeliveryState, NewsRow
from app.mailing.following import DECIDE
from app.mailing.library import Library
from app.mailing.post import enqueue_deliveries
from app.mailing.queries import restored
from app.mailing.tables import (
    DigestRunRow,
    Frequency,
    SubscriberRow,
    SubscriberState,
    SubscriptionRow,
    SubscriptionState,
)
from app.mailing.vanished import LOST, pause, take_up
from app.search.snapshot import Snapshot

DIGEST: Final = "digest-mail"
FRESH: Final = timedelta(days=92)
"""What was published longer ago is no news, whoever missed it: two months that a digest may span, and a month in which
nobody was there to send it."""
FRESH_AT_ONCE: Final = timedelta(days=7)
"""So long a correction of an entry may still make it news to somebody who hears at once."""
SUBSCRIBERS: Final = 2_000
"""In one transaction."""

News = Mapping[int, tuple[int, datetime]]
"""By document: the revision that first published it, and when."""
Hits = Mapping[str, Sequence[int]]
"""By the digest of a query: the documents that it finds."""
Items = dict[int, list[int]]
"""By subscription: documents."""
NOT_TOLD: Final = (DeliveryState.cancelled, DeliveryState.dropped, DeliveryState.suppressed)


@dataclass(frozen=True, slots=True)
class Decision:
    """What a run is decided from."""

    news: News
    hits: Hits

    @property
    def oldest(self) -> datetime:
        return min(at for _, at in self.news.values())


def digest_run_job(library: Library) -> JobKind:
    """Repeatable: a part that was committed is not done again."""

    def handle(sessions: Sessions, job: Job) -> None:
        decide(library, sessions, job)

    return JobKind(name=DECIDE, handle=handle, repeatable=True, lease=timedelta(minutes=10))


def decide(library: Library, sessions: Sessions, job: Job) -> None:
    with sessions.read() as session:
        run = session.get_one(DigestRunRow, job.payload["run"])
        news = _news(session, run)
        asked = _queries(session, *_active(run))
        lost = _queries(session, SubscriptionRow.frequency == run.frequency, *LOST)
        hits, broken = _ask(library.chosen(session, news), lost | asked) if news else ({}, {*lost})
    if broken & asked.keys() or lost.keys() - broken:
        with sessions.write() as session:
            pause(session, broken & asked.keys())
            take_up(session, run.frequency, lost.keys() - broken, now=job.clock())
    going_on = bool(news)
    decision = Decision(news, hits)
    while going_on:
        with sessions.write() as session:
            job.extend(session)
            going_on = _decide_some(session, job.payload, decision, job.clock())
    with sessions.write() as session:
        session.get_one(DigestRunRow, job.payload["run"]).finished_at = job.clock()
        job.finish(session)


def _news(session: Session, run: DigestRunRow) -> News:
    columns = (NewsRow.document_id, NewsRow.revision, NewsRow.at)
    if run.frequency == Frequency.at_once:
        found = (
            select(*columns)
            .join(DocumentRow, DocumentRow.id == NewsRow.document_id)
            .where(DocumentRow.revision > run.after, DocumentRow.revision <= run.until)
            .where(or_(NewsRow.revision > run.after, NewsRow.at > run.at - FRESH_AT_ONCE), NewsRow.at > run.at - FRESH)
        )
    else:
        found = select(*columns).where(
            NewsRow.revision > run.after, NewsRow.revision <= run.until, NewsRow.at > run.at - FRESH
        )
    return {ident: (revision, at) for ident, revision, at in session.execute(found)}


def _queries(session: Session, *where: ColumnElement[bool]) -> dict[str, dict[str, Any]]:
    """Each different one, by its digest."""
    one_of_each = select(func.min(SubscriptionRow.id)).where(*where).group_by(SubscriptionRow.query_digest).subquery()
    columns = (SubscriptionRow.query_digest, SubscriptionRow.query)
    rows = session.execute(select(*columns).where(SubscriptionRow.id.in_(select(one_of_each))))
    return {row.query_digest: row.query for row in rows}


def _ask(snapshot: Snapshot, queries: Mapping[str, dict[str, Any]]) -> tuple[Hits, set[str]]:
    """What each finds, and the digests of those that name something which is no more."""
    hits: dict[str, Sequence[int]] = {}
    broken = set()
    for digest, stored in queries.items():
        try:
            found = snapshot.match(restored(snapshot, stored), strict=True)
        except BadQuery:
            broken.add(digest)
        else:
            if found:
                hits[digest] = list(found)
    return hits, broken


def _decide_some(session: Session, asked: Mapping[str, Any], decision: Decision, now: datetime) -> bool:
    """The next subscribers; False where there are none left."""
    run = session.get_one(DigestRunRow, asked["run"], with_for_update=True)
    last = _reaching_to(session, run, asked.get("only"))
    if last is None:
        return False
    between = (SubscriptionRow.subscriber_id > run.reached, SubscriptionRow.subscriber_id <= last)
    items = _items(session, run, decision, between)
    if items:
        _take_out_told(session, items, run.reached, last, decision.oldest)
        _write(session, run, items, now)
    if run.frequency != Frequency.at_once:
        seen = SubscriptionRow.since >= run.after, SubscriptionRow.since < run.until  # others came to it since it began
        moved = update(SubscriptionRow).where(*between, *_active(run), *seen)
        session.execute(moved.values(since=run.until).execution_options(synchronize_session=False))
    run.reached = last
    return True


def _active(run: DigestRunRow) -> tuple[ColumnElement[bool], ...]:
    return SubscriptionRow.frequency == run.frequency, SubscriptionRow.state == SubscriptionState.active


def _reaching_to(session: Session, run: DigestRunRow, only: int | None) -> int | None:
    """The last of the next subscribers; where the run is for one of them, none but that one."""
    whose = [] if only is None else [SubscriptionRow.subscriber_id == only]
    following = (
        select(SubscriptionRow.subscriber_id)
        .where(SubscriptionRow.subscriber_id > run.reached, *whose, *_active(run))
        .distinct()
        .order_by(SubscriptionRow.subscriber_id)
        .limit(SUBSCRIBERS)
    )
    return max(session.scalars(following), default=None)


def _items(
    session: Session, run: DigestRunRow, decision: Decision, between: tuple[ColumnElement[bool], ...]
) -> dict[int, Items]:
    """By subscriber, what is news to each of their subscriptions."""
    columns = (
        SubscriptionRow.id,
        SubscriptionRow.subscriber_id,
        SubscriptionRow.query_digest,
        SubscriptionRow.since,
    )
    found = (
        select(*columns)
        .join(SubscriberRow, SubscriberRow.id == SubscriptionRow.subscriber_id)
        .where(*between, *_active(run), SubscriberRow.state == SubscriberState.active)
        .order_by(SubscriptionRow.id)
    )
    items: defaultdict[int, Items] = defaultdict(dict)
    for number, subscriber, digest, since in session.execute(found):
        news = [ident for ident in decision.hits.get(digest, ()) if decision.news[ident][0] > since]
        if news:
            items[subscriber][number] = news
    return dict(items)


def _take_out_told(session: Session, items: dict[int, Items], after: int, last: int, oldest: datetime) -> None:
    """No item twice to the same person, whichever of their subscriptions it came by."""
    told = select(DeliveryRow.subscriber_id, DeliveryRow.items).where(
        DeliveryRow.subscriber_id > after,
        DeliveryRow.subscriber_id <= last,
        DeliveryRow.created_at >= oldest,
        DeliveryRow.items.is_not(None),
        DeliveryRow.state.not_in(NOT_TOLD),
    )
    for subscriber, earlier in session.execute(told):
        if subscriber in items:
            known = {ident for documents in earlier.values() for ident in documents}
            left = {
                number: [ident for ident in documents if ident not in known]
                for number, documents in items[subscriber].items()
            }
            items[subscriber] = {number: documents for number, documents in left.items() if documents}


def _write(session: Session, run: DigestRunRow, items: Mapping[int, Items], now: datetime) -> None:
    """A delivery and a job for everybody who has something to read."""
    priority = NORMAL if run.frequency == Frequency.at_once else LATER
    sent = [
        (
            Wanted(DIGEST, f"{run.id}/{subscriber}", {"subscriber": subscriber}, priority=priority),
            {
                "subscriber_id": subscriber,
                "run_id": run.id,
                "items": {str(number): documents for number, documents in found.items()},
            },
        )
        for subscriber, found in items.items()
        if found
    ]
    enqueue_deliveries(session, DIGEST, sent, now=now)
