"""What awaits one person, and what was done lately: the entries behind the counts of pending work."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalogue.registry import ENTRY_KINDS
from app.catalogue.revisions import RevisionRow
from app.staff.auth.actors import Actor
from app.staff.queries.listing import WorkFilter, WorkState, find_subjects
from app.staff.queries.step_descriptions import describe_step
from app.staff.queries.subjects import Subject
from app.staff.resource_types import BY_KIND, PUBLISH, READ

Reason = Literal["draft", "in_review", "conflict", "link_missing", "link_broken"]
ENTRY: Final = BY_KIND[ENTRY_KINDS[0].name]
MAX_TASKS: Final = 20
"""Entries listed for each reason."""
MAX_RECENT: Final = 15

BrokenLinks = Callable[[Session], Collection[int]]
"""The ids of the entries that have a link which leads nowhere."""


@dataclass(frozen=True)
class PlannedMail:
    """An update that will be sent to subscribers at a set time."""

    number: int
    subject: str
    send_at: datetime


@dataclass(frozen=True)
class Task:
    """An entry that needs attention."""

    reason: Reason
    subject: Subject


def own_work(session: Session, actor: Actor, broken: BrokenLinks) -> list[Task]:
    """The drafts, conflicts and links of what this person was the last to change, and what others ask to be reviewed
    of those who may publish. What will be published at a set time waits for nobody: once that was refused, it is in
    conflict."""
    if READ not in actor.scopes:
        return []
    own: tuple[WorkState, ...] = ("draft", "conflict", "link_missing")
    tasks = [
        Task(_REASONS[state], each)
        for state in own
        for each in _find(session, WorkFilter(state, editor=actor.name))
        if state != "draft" or each.plan is None
    ]
    if ENTRY.scope(PUBLISH) in actor.scopes:
        others = WorkFilter("in_review", other_editor=actor.name)
        tasks += [Task("in_review", each) for each in _find(session, others) if each.plan is None]
    if failing := tuple(broken(session)):
        failed = WorkFilter(editor=actor.name, ids=failing)
        tasks += [Task("link_broken", each) for each in _find(session, failed)]
    return tasks


_REASONS: Final[Mapping[str, Reason]] = {"draft": "draft", "conflict": "conflict", "link_missing": "link_missing"}


def scheduled_entries(session: Session, actor: Actor) -> list[Subject]:
    """What will be published at a set time, the next first."""
    if READ not in actor.scopes:
        return []
    found = _find(session, WorkFilter("scheduled"))
    return sorted(found, key=lambda each: each.plan.publish_at.timestamp() if each.plan is not None else 0)


def _find(session: Session, requested: WorkFilter) -> Sequence[Subject]:
    return find_subjects(session, ENTRY_KINDS, requested, page=1, per_page=MAX_TASKS)[1]


def recent_steps(session: Session, actor: Actor) -> Iterator[tuple[RevisionRow, str]]:
    """The last steps over the whole catalogue, each with a sentence."""
    if READ not in actor.scopes:
        return
    newest = select(RevisionRow).order_by(RevisionRow.number.desc()).limit(MAX_RECENT)
    for row in session.scalars(newest):
        yield row, describe_step(row)
