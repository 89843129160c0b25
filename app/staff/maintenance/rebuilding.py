"""All documents rendered anew: must find nothing to change, and puts right what it finds."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalogue.agents import AgentRow
from app.catalogue.entries import EntryRow
from app.catalogue.revisions import RevisionRow, reserve_revision_numbers
from app.catalogue.terms import SchemeRow, TermRow
from app.published.publishing import ChangeSet, republish

REBUILDER = "rebuild"


def rebuild(session: Session, *, now: datetime) -> int:
    """Returns how many documents differed. Only then is there a revision, so that readers notice."""
    attempt = session.begin_nested()
    (number,) = reserve_revision_numbers(session, 1)
    changed = republish(session, _everything(session, number), now=now)
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


def _everything(session: Session, number: int) -> ChangeSet:
    return ChangeSet(
        entries=dict.fromkeys(session.scalars(select(EntryRow.id)), number),
        terms=dict.fromkeys(session.scalars(select(TermRow.id)), number),
        agents=dict.fromkeys(session.scalars(select(AgentRow.id)), number),
        schemes=dict.fromkeys(session.scalars(select(SchemeRow.id)), number),
    )
