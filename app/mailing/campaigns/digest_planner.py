"""Planning who gets what: each different query is run once, over the few documents that are new; then the subscribers,
some thousand a transaction, each with their deliveries, their jobs, and how far the run has come."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from app.db.sessions import Sessions
from app.feed.deliveries import Channel, DeliveryRow, DeliveryState, enqueue_deliveries
from app.feed.first_publications import FirstPublication, first_published, last_changed
from app.feed.stored_queries import parse_stored_query
from app.jobs.kinds import JobKind
from app.jobs.lease import Job
from app.jobs.queue import LOW, NORMAL, JobRequest
from app.kit.errors import BadQuery
from app.kit.json_types import JsonMapping, JsonObject
from app.mailing.content.entries import PublishedEntries
from app.mailing.digest_schedule import DIGEST_RUN
from app.mailing.models import (
    DigestRunRow,
    Frequency,
    SubscriberRow,
    SubscriberState,
    SubscriptionRow,
    SubscriptionState,
)
from app.mailing.subscriptions.broken_queries import PAUSED_BY_BROKEN_QUERY, pause_broken, resume_restored
from app.search.index.snapshot import Snapshot

DIGEST_MAIL: Final = "digest-mail"
MAX_AGE: Final = timedelta(days=92)
"""What was published longer ago is not new: two months that a digest may span, and a month of outage."""
MAX_AGE_IMMEDIATE: Final = timedelta(days=7)
"""For this long, a correction of an entry still makes it new to immediate subscriptions."""
SUBSCRIBERS: Final = 2_000
"""In one transaction."""

Publications = Mapping[int, FirstPublication]
"""By the id of the document."""
Hits = Mapping[str, Sequence[int]]
"""By the digest of a query: the documents that it finds."""
Items = dict[int, list[int]]
"""By subscription: documents."""
UNDELIVERED: Final = (DeliveryState.cancelled, DeliveryState.dropped, DeliveryState.suppressed)


@dataclass(frozen=True, slots=True)
class DigestPlan:
    """What a run plans from."""

    publications: Publications
    hits: Hits

    @property
    def oldest(self) -> datetime:
        return min(each.at for each in self.publications.values())


def digest_run_job(published: PublishedEntries) -> JobKind:
    """Repeatable: a part that was committed is not done again."""

    def handle(sessions: Sessions, job: Job) -> None:
        plan_digests(published, sessions, job)

    return JobKind(name=DIGEST_RUN, handle=handle, repeatable=True, lease=timedelta(minutes=10))


def plan_digests(published: PublishedEntries, sessions: Sessions, job: Job) -> None:
    with sessions.read() as session:
        run = session.get_one(DigestRunRow, job.payload["run"])
        publications = _publications(session, run)
        active = different_queries(session, *_active(run))
        paused = different_queries(session, SubscriptionRow.frequency == run.frequency, *PAUSED_BY_BROKEN_QUERY)
        hits: Hits = {}
        broken = set(paused)
        if publications:
            hits, broken = match_queries(published.snapshot_of(session, publications), paused | active)
    if broken & active.keys() or paused.keys() - broken:
        with sessions.write() as session:
            pause_broken(session, broken & active.keys())
            resume_restored(session, run.frequency, paused.keys() - broken, now=job.clock())
    should_continue = bool(publications)
    plan = DigestPlan(publications, hits)
    while should_continue:
        with sessions.write() as session:
            job.extend(session)
            should_continue = _plan_some(session, job.payload, plan, job.clock())
    with sessions.write() as session:
        session.get_one(DigestRunRow, job.payload["run"]).finished_at = job.clock()
        job.finish(session)


def _publications(session: Session, run: DigestRunRow) -> Publications:
    """What the run is about. At once, a correction counts too, where the entry is new enough."""
    between = (session, run.after, run.until)
    oldest = run.at - MAX_AGE
    if run.frequency != Frequency.at_once:
        found = first_published(*between, since=oldest)
    else:
        corrected = run.at - MAX_AGE_IMMEDIATE
        changed = last_changed(*between, since=oldest)
        found = [each for each in changed if each.revision > run.after or each.at > corrected]
    return {each.document_id: each for each in found}


def different_queries(session: Session, *where: ColumnElement[bool]) -> dict[str, JsonObject]:
    """Each different one, by its digest."""
    one_of_each = select(func.min(SubscriptionRow.id)).where(*where).group_by(SubscriptionRow.query_digest).subquery()
    columns = (SubscriptionRow.query_digest, SubscriptionRow.query)
    rows = session.execute(select(*columns).where(SubscriptionRow.id.in_(select(one_of_each))))
    return {row.query_digest: row.query for row in rows}


def match_queries(snapshot: Snapshot, queries: Mapping[str, JsonObject]) -> tuple[Hits, set[str]]:
    """What each finds, and the digests of those that name something which is no more."""
    hits: dict[str, Sequence[int]] = {}
    broken = set()
    for digest, stored in queries.items():
        try:
            found = snapshot.match(parse_stored_query(snapshot, stored), strict=True)
        except BadQuery:
            broken.add(digest)
        else:
            if found:
                hits[digest] = list(found)
    return hits, broken


def _plan_some(session: Session, payload: JsonMapping, plan: DigestPlan, now: datetime) -> bool:
    """The next subscribers; False where there are none left."""
    run = session.get_one(DigestRunRow, payload["run"], with_for_update=True)
    last = _last_of_next(session, run, payload.get("only"))
    if last is None:
        return False
    between = (SubscriptionRow.subscriber_id > run.reached, SubscriptionRow.subscriber_id <= last)
    items = _items(session, run, plan, between)
    if items:
        _remove_delivered(session, items, run.reached, last, plan.oldest)
        _write(session, run, items, now)
    if run.frequency != Frequency.at_once:
        seen = SubscriptionRow.since >= run.after, SubscriptionRow.since < run.until  # others came to it since it began
        moved = update(SubscriptionRow).where(*between, *_active(run), *seen)
        session.execute(moved.values(since=run.until).execution_options(synchronize_session=False))
    run.reached = last
    return True


def _active(run: DigestRunRow) -> tuple[ColumnElement[bool], ...]:
    return SubscriptionRow.frequency == run.frequency, SubscriptionRow.state == SubscriptionState.active


def _last_of_next(session: Session, run: DigestRunRow, only: int | None) -> int | None:
    """The last of the next subscribers; where the run is for one of them, none but that one."""
    recipients = [] if only is None else [SubscriptionRow.subscriber_id == only]
    following = (
        select(SubscriptionRow.subscriber_id)
        .where(SubscriptionRow.subscriber_id > run.reached, *recipients, *_active(run))
        .distinct()
        .order_by(SubscriptionRow.subscriber_id)
        .limit(SUBSCRIBERS)
    )
    return max(session.scalars(following), default=None)


def _items(
    session: Session, run: DigestRunRow, plan: DigestPlan, between: tuple[ColumnElement[bool], ...]
) -> dict[int, Items]:
    """By subscriber, what is new to each of their subscriptions."""
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
        new = [ident for ident in plan.hits.get(digest, ()) if plan.publications[ident].revision > since]
        if new:
            items[subscriber][number] = new
    return dict(items)


def _remove_delivered(session: Session, items: dict[int, Items], after: int, last: int, oldest: datetime) -> None:
    """No item twice to the same person, whichever of their subscriptions it came by."""
    delivered = select(DeliveryRow.subscriber_id, DeliveryRow.items).where(
        DeliveryRow.subscriber_id > after,
        DeliveryRow.subscriber_id <= last,
        DeliveryRow.created_at >= oldest,
        DeliveryRow.items.is_not(None),
        DeliveryRow.state.not_in(UNDELIVERED),
    )
    for subscriber, earlier in session.execute(delivered):
        if subscriber in items:
            known = {ident for documents in (earlier or {}).values() for ident in documents}
            left = {
                number: [ident for ident in documents if ident not in known]
                for number, documents in items[subscriber].items()
            }
            items[subscriber] = {number: documents for number, documents in left.items() if documents}


def _write(session: Session, run: DigestRunRow, items: Mapping[int, Items], now: datetime) -> None:
    """A delivery and a job for everybody who has something to read."""
    priority = NORMAL if run.frequency == Frequency.at_once else LOW
    sent = [
        (
            JobRequest(DIGEST_MAIL, f"{run.id}/{subscriber}", {"subscriber": subscriber}, priority=priority),
            {
                "subscriber_id": subscriber,
                "run_id": run.id,
                "items": {str(number): documents for number, documents in found.items()},
            },
        )
        for subscriber, found in items.items()
        if found
    ]
    enqueue_deliveries(session, Channel.mail, DIGEST_MAIL, sent, now=now)
