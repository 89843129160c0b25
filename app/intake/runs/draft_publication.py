"""Drafts that earlier imports of the same file made: published where the file is imported again to be published."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Select, and_, select
from sqlalchemy.orm import Session

from app.catalogue.entries import EntryRow, Status
from app.catalogue.registry import BY_NAME
from app.db.sessions import Sessions
from app.intake.runs.entry_creation import reasons_of
from app.intake.runs.models import ImportRecordRow, ImportRow, Outcome
from app.kit.clock import Clock
from app.kit.errors import AppError
from app.staff.editing.writer import acquire_write_lock
from app.staff.queries.subjects import load_all
from app.staff.workflow.transitions import publish

CHUNK: Final = 100
"""Drafts of one transaction."""
MAX_EXPLAINED: Final = 20
"""Drafts whose reasons are kept."""


@dataclass(slots=True)
class EarlierDrafts:
    """How many were `published`, and how many stay drafts because they were `changed` since, or because publishing
    was `refused`; of the first of these the reasons, by address."""

    published: int = 0
    changed: int = 0
    refused: int = 0
    reasons: dict[str, tuple[str, ...]] = field(default_factory=dict)


def publish_earlier_drafts(
    sessions: Sessions, digest: str, *, by: str, clock: Clock, after_chunk: Callable[[EarlierDrafts], None]
) -> EarlierDrafts:
    """Those of files with this digest, as they were imported. What is interrupted goes on when it is called again.
    `after_chunk` is called with what is committed so far."""
    found, after = EarlierDrafts(), 0
    while True:
        with sessions.write() as session:
            acquire_write_lock(session, 0)
            drafts = session.scalars(_drafts(digest, after)).all()
            last = drafts[-1].id if drafts else None
            for row in drafts:
                _publish(session, row, found, by, clock)
        if last is None:
            return found
        after_chunk(found)
        after = last


def _drafts(digest: str, after: int) -> Select[EntryRow]:
    made = (
        select(ImportRecordRow.number)
        .join(ImportRow)
        .where(
            ImportRow.digest == digest,
            ImportRecordRow.outcome == Outcome.created,
            and_(ImportRecordRow.kind == EntryRow.kind, ImportRecordRow.slug == EntryRow.slug),
        )
    )
    drafts = select(EntryRow).where(EntryRow.status == Status.draft, EntryRow.id > after, made.exists())
    return drafts.order_by(EntryRow.id).limit(CHUNK)


def _publish(session: Session, row: EntryRow, found: EarlierDrafts, by: str, clock: Clock) -> None:
    if row.version != 1:
        found.changed += 1
        return
    (subject,) = load_all(session, BY_NAME[row.kind], [row])
    attempt = session.begin_nested()
    try:
        publish(session, subject, by=by, now=clock())
    except AppError as error:
        attempt.rollback()
        found.refused += 1
        if len(found.reasons) < MAX_EXPLAINED:
            found.reasons[f"{row.collection}/{row.slug}"] = reasons_of(error)
    else:
        attempt.commit()
        found.published += 1
