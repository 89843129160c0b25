"""Re-rendering of documents: all at once, to repair any that differ from their rows; or in batches, where every
entry shows a new vocabulary."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalogue.entries import EntryRow, Status
from app.catalogue.registry import KINDS
from app.catalogue.revisions import RevisionRow, reserve_revision_numbers
from app.catalogue.subjects import SubjectRow
from app.db.sessions import Sessions
from app.jobs.kinds import JobKind, Reschedule
from app.jobs.lease import Job
from app.published.publishing import ChangeSet, republish
from app.staff.editing.recording import RENDER_ENTRIES

REBUILDER = "rebuild"
BATCH: Final = 200
"""Entries that are rendered in one transaction, which blocks other writers."""


def rebuild(session: Session, *, now: datetime) -> int:
    """Returns how many documents differed."""
    tables = {kind.table for kind in KINDS}
    return _render_anew(session, {table: session.scalars(select(table.id)).all() for table in tables}, now)


def _render_anew(session: Session, ids: Mapping[type[SubjectRow], Sequence[int]], now: datetime) -> int:
    """Only where documents differ is there a revision, so that readers notice."""
    attempt = session.begin_nested()
    (number,) = reserve_revision_numbers(session, 1)
    changes = ChangeSet()
    for table in ids:
        changes.add_all(table, ids[table], number)
    changed = republish(session, changes, now=now)
    if not changed:
        attempt.rollback()
        return 0
    session.add(
        RevisionRow(
            number=number,
            at=now,
            actor=REBUILDER,
            action="rebuild",
            kind="document",
            source=0,
            slug="",
            version=0,
            fields=[],
            data=None,
            note=f"{changed} documents",
        )
    )
    attempt.commit()
    return changed


def render_entries(sessions: Sessions, job: Job) -> Reschedule | None:
    """The next published entries in the order of their ids; those that are published meanwhile are right already."""
    with sessions.write() as session:
        published = select(EntryRow.id).where(EntryRow.status == Status.published, EntryRow.id > job.payload["after"])
        ids = session.scalars(published.order_by(EntryRow.id).limit(BATCH)).all()
        _render_anew(session, {EntryRow: ids}, job.clock())
    return Reschedule({"after": ids[-1]}) if len(ids) == BATCH else None


RENDER_JOB: Final = JobKind(name=RENDER_ENTRIES, handle=render_entries, repeatable=True)
