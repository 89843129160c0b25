"""From draft to public and back. Each step says who took it and why, and is one revision.

A step to the current state changes nothing; an impossible step raises `Conflict`.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalogue.entries import EntryRow, Status
from app.catalogue.registry import BY_NAME
from app.catalogue.revisions import RevisionRow
from app.db.sessions import Sessions
from app.jobs.periodic import PeriodicTask
from app.kit.errors import AppError, Conflict, ErrorDetail, Invalid
from app.published.publishing import ChangeSet
from app.published.publishing import publish as publish_documents
from app.staff.auth.actors import Actor
from app.staff.auth.confidentiality_limit import is_leak, log_refusals
from app.staff.editing.merge_patch import validate_input
from app.staff.editing.recording import record_revision
from app.staff.editing.working_copies import PlannedPublishingRow
from app.staff.editing.writer import Change, acquire_write_lock, dry_run_change, save
from app.staff.queries.subjects import Subject, load_all, reload
from app.staff.workflow.steps import public_data, record_step

PUBLISHING_ACTIONS = ("publish", "reinstate")
CONTENTLESS_ACTIONS = ("withdraw", "merge", "rename")
"""Whoever moved references has not read the rest."""


def submit(session: Session, subject: Subject, *, by: str, now: datetime, note: str | None = None) -> Subject:
    """Ask for a review."""
    if subject.state == Status.in_review:
        return subject
    _require_unpublished(subject)
    return _set_state(session, subject, Status.in_review, "submit", by, now, note)


def send_back(session: Session, subject: Subject, *, by: str, now: datetime, note: str | None = None) -> Subject:
    """Return what is in review to its authors."""
    if subject.state != Status.in_review:
        return subject
    return _set_state(session, subject, Status.draft, "return", by, now, note)


def _set_state(
    session: Session, subject: Subject, state: Status, action: str, by: str, now: datetime, note: str | None
) -> Subject:
    if subject.copy is not None:
        subject.copy.state, subject.copy.updated_at = state, now
    else:
        _entry(subject).status = state
    return record_step(session, subject, action, by=by, now=now, note=note)


def publish(
    session: Session, subject: Subject, *, by: str, now: datetime, note: str | None = None, four_eyes: bool = False
) -> Subject:
    """Let readers see it as staff see it now. With `four_eyes`, whoever wrote the last change may not publish it."""
    _require_not_withdrawn(subject)
    if not _has_unpublished(subject):
        return subject
    _require_publishable(session, subject, by, four_eyes)
    return _save_as_published(session, subject, "publish", by, now, note)


def reinstate(
    session: Session, subject: Subject, *, by: str, now: datetime, note: str | None = None, four_eyes: bool = False
) -> Subject:
    """Make public again what was withdrawn, as its working copy says where it has one."""
    entry = _entry(subject)
    if entry.status == Status.published:
        return subject
    if entry.status != Status.withdrawn:
        raise Conflict("It was never published: publish it instead.")
    _require_publishable(session, subject, by, four_eyes)
    entry.status, entry.withdrawn_at, entry.withdrawn_reason, entry.replaced_by = Status.published, None, None, None
    return _save_as_published(session, subject, "reinstate", by, now, note)


def _save_as_published(
    session: Session, subject: Subject, action: str, by: str, now: datetime, note: str | None
) -> Subject:
    data = validate_input(subject.kind, subject.data if _has_unpublished(subject) else public_data(session, subject))
    for waiting in (subject.copy, subject.plan):
        if waiting is not None:
            session.delete(waiting)
    session.flush()
    save(session, [Change(subject.kind, data, subject.row, action=action, note=note)], by=by, now=now)
    return reload(session, subject)


def _require_publishable(session: Session, subject: Subject, by: str, four_eyes: bool) -> None:
    if subject.in_conflict:
        raise Conflict(
            "The published version was changed after these changes were begun. Compare the two, and save yours again, "
            "before you publish."
        )
    if four_eyes and _last_author(session, subject) == by:
        raise Conflict("You made the last change: somebody else must publish it.")


def _last_author(session: Session, subject: Subject) -> str | None:
    """Who wrote the last change of content that is not public."""
    statement = (
        select(RevisionRow.actor, RevisionRow.action, RevisionRow.fields)
        .where(RevisionRow.kind == subject.kind.name, RevisionRow.source == subject.row.id)
        .order_by(RevisionRow.number.desc())
    )
    for actor, action, fields in session.execute(statement):
        if action in PUBLISHING_ACTIONS:
            return None
        if fields and action not in CONTENTLESS_ACTIONS:
            return str(actor)
    return None


def schedule(
    session: Session,
    subject: Subject,
    *,
    publish_at: datetime,
    by: str,
    now: datetime,
    note: str | None = None,
    four_eyes: bool = False,
) -> Subject:
    """Publish it at a time to come, as it is now: until then it cannot be edited. Raises `Invalid` for the past."""
    _require_not_withdrawn(subject)
    _require_unpublished(subject)
    if publish_at <= now:
        error = ErrorDetail("not-allowed", "This must be in the future.", pointer="/publish_at")
        raise Invalid(errors=(error,))
    _require_publishable(session, subject, by, four_eyes)
    change = Change(subject.kind, validate_input(subject.kind, subject.data), subject.row)
    dry_run_change(session, change, now=now, to_publish=True)
    plan = subject.plan or PlannedPublishingRow(entry_id=subject.row.id)
    plan.publish_at, plan.actor, plan.note, plan.refused = publish_at, by, note, None
    session.add(plan)
    return record_step(session, replace(subject, plan=plan), "schedule", by=by, now=now, note=note)


def unschedule(session: Session, subject: Subject, *, by: str, now: datetime, note: str | None = None) -> Subject:
    """Take a time for publishing back."""
    if subject.plan is None:
        return subject
    session.delete(subject.plan)
    return record_step(session, replace(subject, plan=None), "unschedule", by=by, now=now, note=note)


def publish_due(session: Session, now: datetime) -> int:
    """Publish what is due in the name of whoever planned it; returns how many there were. One that cannot be
    published keeps its plan with the reason, and does not hold up the others."""
    acquire_write_lock(session, 0)
    due = select(PlannedPublishingRow).where(
        PlannedPublishingRow.publish_at <= now, PlannedPublishingRow.refused.is_(None)
    )
    published = 0
    for plan in session.scalars(due.order_by(PlannedPublishingRow.publish_at, PlannedPublishingRow.entry_id)).all():
        attempt = session.begin_nested()
        try:
            _publish_planned(session, plan, now)
        except AppError as error:
            attempt.rollback()
            plan.refused = error.detail
            if is_leak(error):
                log_refusals(session, "publish-due", 1, by=Actor(plan.actor), now=now)
            session.flush()
        else:
            attempt.commit()
            published += 1
    return published


def _publish_planned(session: Session, plan: PlannedPublishingRow, now: datetime) -> None:
    row = session.get_one(EntryRow, plan.entry_id)
    (subject,) = load_all(session, BY_NAME[row.kind], [row])
    publish(session, subject, by=plan.actor, now=now, note=plan.note)


def discard(session: Session, subject: Subject, *, by: str, now: datetime, note: str | None = None) -> Subject:
    """Throw the working copy away; what is public stays, and so does the history."""
    if subject.never_public:
        raise Conflict("It was never published, so there is nothing to return to: delete it.")
    if subject.copy is None:
        return subject
    before, data = subject.data, public_data(session, subject)
    for waiting in (subject.copy, subject.plan):
        if waiting is not None:
            session.delete(waiting)
    then = replace(subject, copy=None, plan=None)
    return record_step(session, then, "discard", by=by, now=now, note=note, before=before, data=data)


def leads_to(row: EntryRow | None, requested: EntryRow) -> bool:
    """Whether readers of one are led to another, by however many steps."""
    seen: set[int] = set()
    while row is not None and row is not requested and row.id not in seen:
        seen.add(row.id)
        row = row.replaced_by
    return row is requested


def withdraw(
    session: Session,
    subject: Subject,
    *,
    reason: str,
    by: str,
    now: datetime,
    replacement: EntryRow | None = None,
    note: str | None = None,
) -> Subject:
    """Take a published entry out of sight: a tombstone with the reason stays at its address. A working copy stays."""
    entry = _entry(subject)
    if entry.status != Status.published:
        raise Conflict("Only published entries can be withdrawn.")
    if leads_to(replacement, entry):
        raise Invalid(errors=(ErrorDetail("circle", "An entry cannot replace itself.", pointer="/replacement"),))
    if subject.plan is not None:
        session.delete(subject.plan)
    data = public_data(session, subject)
    session.flush()
    (number,) = acquire_write_lock(session, 1)
    version = subject.version + 1
    entry.status, entry.withdrawn_at, entry.withdrawn_reason = Status.withdrawn, now, reason
    entry.replaced_by, entry.version, entry.updated_at = replacement, version, now
    if subject.copy is not None:
        subject.copy.base_version = version
    record_revision(
        session,
        subject.kind,
        entry,
        number=number,
        action="withdraw",
        by=by,
        now=now,
        version=version,
        data=data,
        fields=["status"],
        note=note or reason,
    )
    change_set = ChangeSet()
    change_set.add(subject.kind, entry, number)
    publish_documents(session, change_set, now=now)
    return reload(session, subject)


def _has_unpublished(subject: Subject) -> bool:
    """Whether staff see something that readers do not."""
    return subject.never_public or subject.copy is not None


def _require_unpublished(subject: Subject) -> None:
    if not _has_unpublished(subject):
        raise Conflict("There are no unpublished changes.")


def _require_not_withdrawn(subject: Subject) -> None:
    if _entry(subject).status == Status.withdrawn:
        raise Conflict("It is withdrawn: reinstate it.")


def _entry(subject: Subject) -> EntryRow:
    if subject.entry is None:
        raise Conflict("Only entries have drafts; this is always public.")
    return subject.entry


def publish_due_entries(sessions: Sessions, now: datetime) -> None:
    """Publish what was scheduled until now. Where nothing is due, the write lock is not taken."""
    due = select(PlannedPublishingRow.entry_id).where(
        PlannedPublishingRow.publish_at <= now, PlannedPublishingRow.refused.is_(None)
    )
    with sessions.read() as session:
        if session.scalar(due.limit(1)) is None:
            return
    with sessions.write() as session:
        publish_due(session, now)


PUBLISHING_TASK: Final = PeriodicTask("publish-due", timedelta(seconds=15), publish_due_entries)
