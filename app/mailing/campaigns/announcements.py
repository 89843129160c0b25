"""Announcements that staff write, for all subscribers or those of some queries: scheduled, cancelled, resumed; sent to
each subscriber once. The table and the address call them updates."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from pyroaring import BitMap
from sqlalchemy import ColumnElement, Select, and_, delete, func, select
from sqlalchemy.orm import Session

from app.db.sessions import Sessions
from app.feed.deliveries import OPEN, Channel, DeliveryRow, enqueue_deliveries
from app.feed.stored_queries import parse_stored_query
from app.jobs.kinds import JobKind
from app.jobs.lease import Job
from app.jobs.models import JobRow, JobState
from app.jobs.queue import LOW, JobRequest, enqueue
from app.kit.containers.chunks import chunks
from app.kit.errors import BadQuery, Conflict, ErrorDetail, Invalid, NotFound, Stale
from app.kit.json_types import JsonMapping, JsonObject
from app.mailing.content.entries import PublishedEntries
from app.mailing.delivery.models import AnnouncementRow, UpdateState
from app.mailing.models import SubscriberRow, SubscriberState, SubscriptionRow, SubscriptionState
from app.published.confidentiality import find_leaks
from app.search.index.snapshot import Snapshot
from app.staff.auth.actors import Actor
from app.staff.queries.own_work import MAX_TASKS, PlannedMail

ANNOUNCEMENT_MAIL: Final = "update-mail"
ANNOUNCEMENT_RUN: Final = "update-run"
FIRST_SUBJECT: Final = "The knowledge base is open"
FIRST_BODY: Final = """Everything that the project has published is in one place now.

Search it, or browse it by topic, stage and format."""
MAX_DELAY: Final = timedelta(hours=6)
SUBSCRIBERS: Final = 2_000
EDITABLE: Final = (UpdateState.draft, UpdateState.missed)
STARTABLE: Final = (
    UpdateState.draft,
    UpdateState.scheduled,
    UpdateState.missed,
    UpdateState.cancelled,
)
RUNNING: Final = (UpdateState.scheduled, UpdateState.sending, UpdateState.sent)


def find(session: Session, number: int, version: int | None = None) -> AnnouncementRow:
    """Locked; raises NotFound, and Stale where it is not at `version` any more."""
    row = session.get(AnnouncementRow, number, with_for_update=True)
    if row is None:
        raise NotFound
    if version is not None and row.version != version:
        raise Stale(version=row.version)
    return row


def start_announcement(
    session: Session, row: AnnouncementRow, send_at: datetime | None, *, by: str, now: datetime
) -> None:
    """At that time, or now; again after it was cancelled or missed. No subscriber gets it twice."""
    _require_state(row, STARTABLE)
    if errors := _find_leaks(session, row):
        raise Invalid("It cannot be sent: it contains something confidential.", errors=errors)
    row.state, row.send_at, row.sent_by = UpdateState.scheduled, send_at or now, by
    row.round += 1
    row.reached = 0
    _changed(row, now)
    requested = JobRequest(
        ANNOUNCEMENT_RUN, f"{row.id}/{row.round}", {"update": row.id, "round": row.round}, due=row.send_at
    )
    enqueue(session, requested, now=now)


def _find_leaks(session: Session, row: AnnouncementRow) -> list[ErrorDetail]:
    return find_leaks(session, {"subject": row.subject, "body": row.body})


def cancel_announcement(session: Session, row: AnnouncementRow, *, now: datetime) -> None:
    """Deliveries that have not started are removed. An announcement that was not started stays as it is."""
    if row.state not in RUNNING:
        return
    row.state = UpdateState.cancelled
    _changed(row, now)
    waiting = (JobRow.kind == ANNOUNCEMENT_MAIL, JobRow.key.like(f"{row.id}/%"), JobRow.state == JobState.waiting)
    jobs = session.scalars(select(JobRow.id).where(*waiting).with_for_update()).all()
    for some in chunks(jobs):
        session.execute(delete(DeliveryRow).where(DeliveryRow.job_id.in_(some), DeliveryRow.state.in_(OPEN)))
        session.execute(delete(JobRow).where(JobRow.id.in_(some)))


def change_announcement(row: AnnouncementRow, values: Mapping[str, object], *, now: datetime) -> None:
    """`values` are by column name."""
    _require_state(row, EDITABLE)
    for name, value in values.items():
        setattr(row, name, value)
    _changed(row, now)


def discard_announcement(session: Session, row: AnnouncementRow) -> None:
    """Delete an announcement that was never sent to anybody."""
    _require_state(row, EDITABLE)
    if session.scalar(select(DeliveryRow.id).where(DeliveryRow.update_id == row.id).limit(1)) is not None:
        raise Conflict("It has been sent to some subscribers: it is kept as a record.")
    session.delete(row)


def _require_state(row: AnnouncementRow, states: Sequence[UpdateState]) -> None:
    if row.state not in states:
        raise Conflict(f"It is {row.state}: this is only possible for an update that is {' or '.join(states)}.")


def _changed(row: AnnouncementRow, now: datetime) -> None:
    row.version += 1
    row.updated_at = now


def create_first_draft(session: Session, *, by: str, now: datetime) -> None:
    """A first draft, if there is no announcement yet."""
    if session.scalar(select(AnnouncementRow.id).limit(1)) is None:
        create_draft(session, FIRST_SUBJECT, FIRST_BODY, None, by=by, now=now)


def create_draft(
    session: Session, subject: str, body: str, audience: JsonObject | None, *, by: str, now: datetime
) -> AnnouncementRow:
    """Nothing is sent before somebody starts it."""
    row = AnnouncementRow(
        subject=subject,
        body=body,
        audience=audience,
        state=UpdateState.draft,
        reached=0,
        round=0,
        version=1,
        written_by=by,
        created_at=now,
        updated_at=now,
    )
    session.add(row)
    session.flush()
    return row


def planned_mails(session: Session, actor: Actor) -> list[PlannedMail]:
    """For `GET /v1/staff`, to those who may see them: what will be sent at a set time, the next first."""
    if "mailing:read" not in actor.scopes:
        return []
    row = AnnouncementRow
    planned = select(row).where(row.state == UpdateState.scheduled, row.send_at.is_not(None)).order_by(row.send_at)
    return [
        PlannedMail(each.id, each.subject, each.send_at)
        for each in session.scalars(planned.limit(MAX_TASKS))
        if each.send_at is not None
    ]


def counts(session: Session, numbers: Iterable[int]) -> dict[int, dict[str, int]]:
    """By announcement, the number of deliveries in each state."""
    found: dict[int, dict[str, int]] = {number: {} for number in numbers}
    counted = (
        select(DeliveryRow.update_id, DeliveryRow.state, func.count())
        .where(DeliveryRow.update_id.in_(found))
        .group_by(DeliveryRow.update_id, DeliveryRow.state)
    )
    for number, state, count in session.execute(counted):
        found.setdefault(number or 0, {})[state] = count
    return found


# --- sending


def announcement_run_job(published: PublishedEntries) -> JobKind:
    """Repeatable: committed parts are not repeated."""

    def handle(sessions: Sessions, job: Job) -> None:
        if _has_started(sessions, job):
            with sessions.read() as session:
                digests = audience_digests(
                    published, session, session.get_one(AnnouncementRow, job.payload["update"]).audience
                )
            while _deliver_next(sessions, job, digests):
                continue

    return JobKind(name=ANNOUNCEMENT_RUN, handle=handle, repeatable=True, lease=timedelta(minutes=10))


def _current(session: Session, job: Job) -> AnnouncementRow | None:
    """Locked; None if it was deleted, cancelled or restarted meanwhile."""
    row = session.get(AnnouncementRow, job.payload["update"], with_for_update=True)
    should_continue = row is not None and row.state in (UpdateState.scheduled, UpdateState.sending)
    return row if row is not None and should_continue and row.round == job.payload["round"] else None


def _has_started(sessions: Sessions, job: Job) -> bool:
    """False if it is not sent now. One that is too late, or contains something confidential by now, is `missed`."""
    with sessions.write() as session:
        row = _current(session, job)
        now = job.clock()
        late = row is not None and row.state == UpdateState.scheduled and now - (row.send_at or now) > MAX_DELAY
        if row is None:
            return False
        is_missed = late or bool(_find_leaks(session, row))
        row.state = UpdateState.missed if is_missed else UpdateState.sending
        _changed(row, now)
        return not is_missed


def _deliver_next(sessions: Sessions, job: Job, digests: frozenset[str] | None) -> bool:
    with sessions.write() as session:
        row = _current(session, job)
        if row is None:
            return False
        reached = _last_of_next(session, row.reached)
        if reached is None:
            row.state = UpdateState.sent
            _changed(row, job.clock())
            job.finish(session)
            return False
        _deliver(session, row, reached, digests, job.clock())
        row.reached = reached
        job.extend(session)
        return True


def _last_of_next(session: Session, after: int) -> int | None:
    """The last of the next subscribers."""
    following = select(SubscriberRow.id).where(SubscriberRow.id > after, _eligible(SubscriberRow))
    return max(session.scalars(following.order_by(SubscriberRow.id).limit(SUBSCRIBERS)), default=None)


def _eligible(row: type[SubscriberRow]) -> ColumnElement[bool]:
    return row.state == SubscriberState.active


def _active_subscriptions(*conditions: ColumnElement[bool]) -> Select[int, int, str]:
    """Subscriber, subscription and digest of the query of each that is sent something."""
    return (
        select(SubscriptionRow.subscriber_id, SubscriptionRow.id, SubscriptionRow.query_digest)
        .join(SubscriberRow, SubscriberRow.id == SubscriptionRow.subscriber_id)
        .where(and_(SubscriptionRow.state == SubscriptionState.active, _eligible(SubscriberRow)), *conditions)
        .order_by(SubscriptionRow.id)
    )


def count_recipients(session: Session, digests: frozenset[str] | None) -> int:
    """Subscribers that an announcement for this audience is sent to, as they are now."""
    found = session.execute(_active_subscriptions())
    return len({subscriber for subscriber, _, digest in found if digests is None or digest in digests})


def _deliver(session: Session, row: AnnouncementRow, last: int, digests: frozenset[str] | None, now: datetime) -> None:
    """Deliveries with the subscriptions that they are sent for, and their jobs."""
    found = _active_subscriptions(SubscriptionRow.subscriber_id > row.reached, SubscriptionRow.subscriber_id <= last)
    for_whom: dict[int, dict[str, list[int]]] = {}
    for subscriber, number, digest in session.execute(found):
        if digests is None or digest in digests:
            for_whom.setdefault(subscriber, {})[str(number)] = []
    if not for_whom:
        return
    sent = [
        (
            JobRequest(
                ANNOUNCEMENT_MAIL, f"{row.id}/{subscriber}", {"subscriber": subscriber, "update": row.id}, priority=LOW
            ),
            {"subscriber_id": subscriber, "update_id": row.id, "items": items},
        )
        for subscriber, items in for_whom.items()
    ]
    enqueue_deliveries(session, Channel.mail, ANNOUNCEMENT_MAIL, sent, now=now)


def audience_digests(
    published: PublishedEntries, session: Session, stored: JsonMapping | None
) -> frozenset[str] | None:
    """The digests of the queries that share a published entry with the query of the audience. None: everybody."""
    if stored is None:
        return None
    snapshot = published.full_snapshot()
    try:
        meant = snapshot.match(parse_stored_query(snapshot, stored), strict=True)
    except BadQuery:
        return frozenset()
    one_of_each = (
        select(func.min(SubscriptionRow.id))
        .where(SubscriptionRow.state == SubscriptionState.active)
        .group_by(SubscriptionRow.query_digest)
    )
    rows = session.execute(
        select(SubscriptionRow.query_digest, SubscriptionRow.query).where(SubscriptionRow.id.in_(one_of_each))
    )
    return frozenset(row.query_digest for row in rows if _overlaps(snapshot, row.query, meant))


def _overlaps(snapshot: Snapshot, stored: JsonMapping, meant: BitMap) -> bool:
    try:
        return bool(snapshot.match(parse_stored_query(snapshot, stored), strict=True) & meant)
    except BadQuery:
        return False
