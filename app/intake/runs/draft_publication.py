"""Drafts that earlier imports of the same file made: published where the file is imported again to be published."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from app.catalogue.entries import UNPUBLISHED, EntryRow
from app.catalogue.registry import BY_NAME
from app.catalogue.revisions import RevisionRow
from app.db.sessions import Sessions
from app.intake.runs.entry_creation import reasons_of
from app.intake.runs.models import ImportRecordRow, ImportRow, Outcome
from app.kit.clock import Clock
from app.kit.containers.chunks import chunks
from app.kit.errors import AppError
from app.staff.editing.writer import acquire_write_lock
from app.staff.queries.subjects import load_all
from app.staff.workflow.transitions import CONTENTLESS_ACTIONS, publish

CHUNK: Final = 100
"""Drafts of one transaction."""
MAX_EXPLAINED: Final = 20
"""Drafts whose reasons are kept."""


@dataclass(slots=True)
class EarlierDrafts:
    """How many were `published`, and how many stay as they are because they were `changed` or submitted for review
    since, or because publishing was `refused`; of the first of these the reasons, by address."""

    published: int = 0
    changed: int = 0
    refused: int = 0
    reasons: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def explain(self, row: EntryRow, *reasons: str) -> None:
        if len(self.reasons) < MAX_EXPLAINED:
            self.reasons[f"{row.collection}/{row.slug}"] = reasons


def publish_earlier_drafts(
    sessions: Sessions, digest: str, *, by: str, clock: Clock, after_chunk: Callable[[EarlierDrafts], None]
) -> EarlierDrafts:
    """Those of files with this digest that are as they were imported, whatever their slugs are now. What is interrupted
    goes on when it is called again. `after_chunk` is called with what is committed so far."""
    found = EarlierDrafts()
    with sessions.read() as session:
        created = _created(session, digest)
    for chunk in chunks(created, CHUNK):
        with sessions.write() as session:
            acquire_write_lock(session, 0)
            statement = select(EntryRow).where(EntryRow.id.in_(chunk), EntryRow.status.in_(UNPUBLISHED))
            drafts = session.scalars(statement.order_by(EntryRow.id)).all()
            changed = _changed(session, drafts)
            for row in drafts:
                if row.id in changed:
                    found.changed += 1
                    found.explain(row, f"Since then: {', '.join(dict.fromkeys(changed[row.id]))}.")
                else:
                    _publish(session, row, found, by, clock)
        after_chunk(found)
    return found


def _created(session: Session, digest: str) -> list[int]:
    """The ids of the entries that imports of such a file created: their first revisions have the slug of then."""
    first = and_(
        RevisionRow.kind == ImportRecordRow.kind,
        RevisionRow.slug == ImportRecordRow.slug,
        RevisionRow.version == 1,
        RevisionRow.actor == ImportRow.actor,
        RevisionRow.at.between(ImportRow.created_at, ImportRow.updated_at),
    )
    made = select(RevisionRow.source).select_from(ImportRow).join(ImportRecordRow).join(RevisionRow, first)
    made = made.where(ImportRow.digest == digest, ImportRecordRow.outcome == Outcome.created)
    return sorted({*session.scalars(made)})


def _changed(session: Session, drafts: Sequence[EntryRow]) -> dict[int, list[str]]:
    """By the ids of those with which anything was done since, but for a new slug or one of something they refer to: the
    names of what was changed."""
    steps = select(RevisionRow.source, RevisionRow.action, RevisionRow.fields).where(
        RevisionRow.kind.in_({row.kind for row in drafts}),
        RevisionRow.source.in_([row.id for row in drafts]),
        RevisionRow.version > 1,
    )
    found: dict[int, list[str]] = {}
    for source, action, names in session.execute(steps.order_by(RevisionRow.number)):
        if names != ["slug"] and action not in CONTENTLESS_ACTIONS:
            found.setdefault(source, []).extend(names or [action])
    return found


def _publish(session: Session, row: EntryRow, found: EarlierDrafts, by: str, clock: Clock) -> None:
    (subject,) = load_all(session, BY_NAME[row.kind], [row])
    attempt = session.begin_nested()
    try:
        publish(session, subject, by=by, now=clock())
    except AppError as error:
        attempt.rollback()
        found.refused += 1
        found.explain(row, *reasons_of(error))
    else:
        attempt.commit()
        found.published += 1
