"""From draft to public and back. Each step says who took it and why, and is one revision.

Asked for what is so already, a step changes nothing; asked for what cannot be, it raises `Conflict`.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalogue.entries import EntryRow, Status
from app.catalogue.registry import BY_NAME
from app.catalogue.revisions import RevisionRow
from app.kit.errors import AppError, Conflict, Fault, Invalid
from app.published.publishing import Touched
from app.published.publishing import publish as publish_documents
from app.staff.actors import Actor
from app.staff.confidentiality_limit import is_leak, log_refusals
from app.staff.editing import Change, check, save, take_turn
from app.staff.patching import validated
from app.staff.recording import record
from app.staff.steps import mark, public_data
from app.staff.subjects import Subject, again, load_all
from app.staff.working_copies import PlannedPublishingRow

MADE_PUBLIC = ("publish", "reinstate")
WROTE_NOTHING = ("withdraw", "merge", "rename")
"""Whoever moved references has not read the rest."""


def submit(session: Session, subject: Subject, *, by: str, now: datetime, note: str | None = None) -> Subject:
    """Ask for a review."""
    if subject.state == Status.in_review:
        return subject
    _demand_waiting(subject)
    return _turn(session, subject, Status.in_review, "submit", by, now, note)


def send_back(session: Session, subject: Subject, *, by: str, now: datetime, note: str | None = None) -> Subject:
    """Return what is in review to its authors."""
    if subject.state != Status.in_review:
        return subject
    return _turn(session, subject, Status.draft, "return", by, now, note)


def _turn(
    session: Session, subject: Subject, state: Status, action: str, by: str, now: datetime, note: str | None
) -> Subject:
    if subject.copy is not None:
        subject.copy.state, subject.copy.updated_at = state, now
    else:
        _entry(subject).status = state
    return mark(session, subject, action, by=by, now=now, note=note)


def publish(
    session: Session, subject: Subject, *, by: str, now: datetime, note: str | None = None, four_eyes: bool = False
) -> Subject:
    """Let readers see it as staff see it now. With `four_eyes`, whoever wrote the last change may not publish it."""
    _demand_not_withdrawn(subject)
    if not _waits(subject):
        return subject
    _demand_publishable(session, subject, by, four_eyes)
    return _apply(session, subject, "publish", by, now, note)


def reinstate(
    session: Session, subject: Subject, *, by: str, now: datetime, note: str | None = None, four_eyes: bool = False
) -> Subject:
    """Make public again what was withdrawn, as its working copy says where it has one."""
    entry = _entry(subject)
    if entry.status == Status.published:
        return subject
    if entry.status != Status.withdrawn:
        raise Conflict("It was never public: publish it.")
    _demand_publishable(session, subject, by, four_eyes)
    entry.status, entry.withdrawn_at, entry.withdrawn_reason, entry.replaced_by = Status.published, None, None, None
    return _apply(session, subject, "reinstate", by, now, note)


def _apply(session: Session, subject: Subject, action: str, by: str, now: datetime, note: str | None) -> Subject:
    data = validated(subject.kind, subject.data if _waits(subject) else public_data(session, subject))
    for waiting in (subject.copy, subject.plan):
        if waiting is not None:
            session.delete(waiting)
    session.flush()
    save(session, [Change(subject.kind, data, subject.row, action=action, note=note)], by=by, now=now)
    return again(session, subject)


def _demand_publishable(session: Session, subject: Subject, by: str, four_eyes: bool) -> None:
    if subject.in_conflict:
        raise Conflict(
            "What is public was changed after this working copy was begun. Look at its changes, and correct it once "
            "more: what you then send is taken to have seen them."
        )
    if four_eyes and _last_author(session, subject) == by:
        raise Conflict("You wrote the last change: somebody else has to publish it.")


def _last_author(session: Session, subject: Subject) -> str | None:
    """Who wrote the last change of content that is not public."""
    statement = (
        select(RevisionRow.actor, RevisionRow.action, RevisionRow.fields)
        .where(RevisionRow.kind == subject.kind.name, RevisionRow.source == subject.row.id)
        .order_by(RevisionRow.number.desc())
    )
    for actor, action, fields in session.execute(statement):
        if action in MADE_PUBLIC:
            return None
        if fields and action not in WROTE_NOTHING:
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
    _demand_not_withdrawn(subject)
    _demand_waiting(subject)
    if publish_at <= now:
        fault = Fault("not-allowed", "This has to be a time to come.", pointer="/publish_at")
        raise Invalid(errors=(fault,))
    _demand_publishable(session, subject, by, four_eyes)
    change = Change(subject.kind, validated(subject.kind, subject.data), subject.row)
    check(session, change, now=now, to_publish=True)
    plan = subject.plan or PlannedPublishingRow(entry_id=subject.row.id)
    plan.publish_at, plan.actor, plan.note, plan.refused = publish_at, by, note, None
    session.add(plan)
    return mark(session, replace(subject, plan=plan), "schedule", by=by, now=now, note=note)


def unschedule(session: Session, subject: Subject, *, by: str, now: datetime, note: str | None = None) -> Subject:
    """Take a time for publishing back."""
    if subject.plan is None:
        return subject
    session.delete(subject.plan)
    return mark(session, replace(subject, plan=None), "unschedule", by=by, now=now, note=note)


def publish_due(session: Session, now: datetime) -> int:
    """Publish what is due in the name of whoever planned it; returns how many there were. One that cannot be
    published keeps its plan with the reason, and does not hold up the others."""
    take_turn(session, 0)
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
        raise Conflict("It was never public, so there is nothing to go back to: delete it.")
    if subject.copy is None:
        return subject
    before, data = subject.data, public_data(session, subject)
    for waiting in (subject.copy, subject.plan):
        if waiting is not None:
            session.delete(waiting)
    then = replace(subject, copy=None, plan=None)
    return mark(session, then, "discard", by=by, now=now, note=note, before=before, data=data)


def leads_to(row: EntryRow | None, wanted: EntryRow) -> bool:
    """Whether readers of one are led to another, by however many steps."""
    seen: set[int] = set()
    while row is not None and row is not wanted and row.id not in seen:
        seen.add(row.id)
        row = row.replaced_by
    return row is wanted


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
        raise Conflict("Only what is published can be withdrawn.")
    if leads_to(replacement, entry):
        raise Invalid(errors=(Fault("circle", "It cannot replace itself.", pointer="/replacement"),))
    if subject.plan is not None:
        session.delete(subject.plan)
    data = public_data(session, subject)
    session.flush()
    (number,) = take_turn(session, 1)
    version = subject.version + 1
    entry.status, entry.withdrawn_at, entry.withdrawn_reason = Status.withdrawn, now, reason
    entry.replaced_by, entry.version, entry.updated_at = replacement, version, now
    if subject.copy is not None:
        subject.copy.base_version = version
    record(
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
    touched = Touched()
    touched.add(entry, number)
    publish_documents(session, touched, now=now)
    return again(session, subject)


def _waits(subject: Subject) -> bool:
    """Whether staff see something that readers do not."""
    return subject.never_public or subject.copy is not None


def _demand_waiting(subject: Subject) -> None:
    if not _waits(subject):
        raise Conflict("Nothing waits: what staff see is public already.")


def _demand_not_withdrawn(subject: Subject) -> None:
    if _entry(subject).status == Status.withdrawn:
        raise Conflict("It was withdrawn: reinstate it.")


def _entry(subject: Subject) -> EntryRow:
    if subject.entry is None:
        raise Conflict("Only entries have drafts; this is public as it is.")
    return subject.entry
