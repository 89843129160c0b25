"""From proposals to entries, through the one writer: all of a chunk at once, one by one only where that is refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.intake.matching.earlier_records import EarlierRecords
from app.intake.matching.proposals import Proposal
from app.intake.runs.models import Outcome
from app.kit.errors import AppError
from app.staff.editing.writer import Change, save


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """What is to be done with proposals: `create` them or only say what would be, `publish` them at once. `similar`
    ones are created although similar entries exist."""

    by: str
    create: bool = True
    publish: bool = False
    similar: bool = False


@dataclass(frozen=True, slots=True)
class ProposalResult:
    """What became of one proposal; `reasons` say why it was not created."""

    proposal: Proposal
    outcome: Outcome
    reasons: tuple[str, ...] = ()


def process_proposals(
    session: Session, proposals: Sequence[Proposal], options: ImportOptions, earlier: EarlierRecords, *, now: datetime
) -> list[ProposalResult]:
    """Create what is no duplicate, or say that it would be. Raises nothing that is the fault of a record."""
    results: dict[int, ProposalResult] = {}
    new: list[Proposal] = []
    for proposal, reason in zip(proposals, earlier.decide(proposals, similar=options.similar), strict=True):
        if reason is None:
            new.append(proposal)
        else:
            results[proposal.number] = ProposalResult(proposal, Outcome.duplicate, (reason,))
    if options.create:
        done = _ChunkWriter(session, options, now).save(new)
    else:
        done = [ProposalResult(proposal, Outcome.proposed) for proposal in new]
    results |= {each.proposal.number: each for each in done}
    return [results[proposal.number] for proposal in proposals]


class _ChunkWriter:
    """A refused chunk is taken apart until only the records at fault are left out."""

    def __init__(self, session: Session, options: ImportOptions, now: datetime) -> None:
        self._session = session
        self._options = options
        self._now = now
        self._made: set[str] = set()

    def save(self, proposals: Sequence[Proposal]) -> list[ProposalResult]:
        if not proposals:
            return []
        attempt = self._session.begin_nested()
        try:
            changes, references = self._changes(proposals)
            save(self._session, changes, by=self._options.by, now=self._now, as_draft=not self._options.publish)
        except AppError as error:
            attempt.rollback()
            if len(proposals) == 1:
                return [ProposalResult(proposals[0], Outcome.refused, reasons_of(error))]
            middle = len(proposals) // 2
            return self.save(proposals[:middle]) + self.save(proposals[middle:])
        attempt.commit()
        self._made |= references
        return [ProposalResult(proposal, Outcome.created) for proposal in proposals]

    def _changes(self, proposals: Sequence[Proposal]) -> tuple[list[Change], set[str]]:
        new = {each.reference: each for proposal in proposals for each in proposal.agents.values()}
        agents = [each for each in new.values() if each.reference not in self._made]
        changes = [Change(each.kind, each.input) for each in agents]
        for each in proposals:
            changes.append(Change(each.kind, each.input or each.kind.input.model_validate(each.data), note=_note(each)))
        return changes, {each.reference for each in agents}


def reasons_of(error: AppError) -> tuple[str, ...]:
    """Why something was refused, each with its place in the input."""
    return tuple(f"{error.pointer or ''}: {error.message}".lstrip(": ") for error in error.errors) or (error.detail,)


def _note(proposal: Proposal) -> str:
    """For the revision: what no field holds stays in the entry's history."""
    lines = [f"Imported, record {proposal.number}, line {proposal.line}."]
    lines += [f"{each.name}: {each.value}" for each in proposal.notes]
    return "\n".join(lines)
