"""From proposals to entries, through the one writer: all of a chunk at once, one by one only where that is refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.intake.duplicates import MOST, PREFIX, Traits, alike, traits
from app.intake.proposals import Proposal
from app.intake.tables import Outcome
from app.kit.errors import AppError
from app.staff.editing import Change, save


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be done with proposals. `similar` ones are created although something like them is there."""

    by: str
    publish: bool = False
    similar: bool = False


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of one proposal; `reasons` say why it was not created."""

    proposal: Proposal
    outcome: Outcome
    reasons: tuple[str, ...] = ()


def create(session: Session, proposals: Sequence[Proposal], wish: Wish, *, now: datetime) -> list[Settled]:
    """Create what is no duplicate. Raises nothing that is the fault of a record."""
    settled: dict[int, Settled] = {}
    earlier = _Earlier()
    wanted: list[Proposal] = []
    for proposal in proposals:
        reason = _in_the_way(proposal, wish) or earlier.in_the_way(proposal, wish)
        if reason is None:
            wanted.append(proposal)
            earlier.add(proposal)
        else:
            settled[proposal.number] = Settled(proposal, Outcome.duplicate, (reason,))
    for each in _Saving(session, wish, now).save(wanted):
        settled[each.proposal.number] = each
    return [settled[proposal.number] for proposal in proposals]


def _in_the_way(proposal: Proposal, wish: Wish) -> str | None:
    reasons = (each.why for each in proposal.duplicates if each.certain or not wish.similar)
    return next(reasons, None)


class _Earlier:
    """The records of a chunk that come before, which the database does not know yet."""

    def __init__(self) -> None:
        self._keys: set[tuple[str, str]] = set()
        self._traits: dict[str, list[Traits]] = {}

    def add(self, proposal: Proposal) -> None:
        self._keys.update(proposal.keys)
        own = traits(proposal)
        self._traits.setdefault(own.key[:PREFIX], []).append(own)

    def in_the_way(self, proposal: Proposal, wish: Wish) -> str | None:
        if not self._keys.isdisjoint(each for each in proposal.keys if each[0] != "url"):
            return "An earlier record of this import has the same identifier."
        own = traits(proposal)
        near = self._traits.get(own.key[:PREFIX], ())
        if not wish.similar and any(alike(own, other) for other in near[-MOST:]):
            return "An earlier record of this import is like it."
        return None


class _Saving:
    """A refused chunk is taken apart until only the records at fault are left out."""

    def __init__(self, session: Session, wish: Wish, now: datetime) -> None:
        self._session = session
        self._wish = wish
        self._now = now
        self._made: set[str] = set()

    def save(self, proposals: Sequence[Proposal]) -> list[Settled]:
        if not proposals:
            return []
        attempt = self._session.begin_nested()
        try:
            changes, references = self._changes(proposals)
            save(self._session, changes, by=self._wish.by, now=self._now, as_draft=not self._wish.publish)
        except AppError as error:
            attempt.rollback()
            if len(proposals) == 1:
                return [Settled(proposals[0], Outcome.refused, _reasons(error))]
            middle = len(proposals) // 2
            return self.save(proposals[:middle]) + self.save(proposals[middle:])
        attempt.commit()
        self._made |= references
        return [Settled(proposal, Outcome.created) for proposal in proposals]

    def _changes(self, proposals: Sequence[Proposal]) -> tuple[list[Change], set[str]]:
        new = {each.reference: each for proposal in proposals for each in proposal.agents.values()}
        agents = [each for each in new.values() if each.reference not in self._made]
        changes = [Change(each.kind, each.kind.input.model_validate(each.data)) for each in agents]
        for each in proposals:
            changes.append(Change(each.kind, each.input or each.kind.input.model_validate(each.data), note=_note(each)))
        return changes, {each.reference for each in agents}


def _reasons(error: AppError) -> tuple[str, ...]:
    return tuple(f"{fault.pointer or ''}: {fault.message}".lstrip(": ") for fault in error.errors) or (error.detail,)


def _note(proposal: Proposal) -> str:
    """For the revision: what the source says beyond the fields stays with the entry's history."""
    told = [f"Imported, record {proposal.number}, line {proposal.line}."]
    told += [f"{each.name}: {each.value}" for each in proposal.notes]
    return "\n".join(told)
