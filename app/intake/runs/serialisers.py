"""Proposals and what became of them, as staff see them."""

from collections.abc import Callable, Sequence
from typing import Final

import orjson
from pydantic import BaseModel, Field

from app.catalogue.registry import BY_NAME
from app.intake.matching.proposals import Proposal
from app.intake.records.parsed_record import RejectedRecord
from app.intake.runs.entry_creation import ProposalResult
from app.intake.runs.models import ImportRecordRow, Outcome
from app.kit.json_types import JsonMapping, JsonObject

UrlMaker = Callable[[str], str]
"""Makes the absolute address of a path."""
MAX_ANSWER_SIZE: Final = 2_000_000
"""Bytes of the records of one answer."""
OVERHEAD: Final = 300
"""Bytes of a record beside what is stored of it: its number, its address and the names of members."""


class ImportNote(BaseModel):
    name: str
    value: str


class ProposedAgent(BaseModel):
    """A person or organisation that would be created with the entry."""

    reference: str
    data: JsonObject


class DuplicateLinks(BaseModel):
    staff: str
    public: str | None


class PossibleDuplicate(BaseModel):
    kind: str
    slug: str
    title: str
    status: str
    why: str
    certain: bool = Field(description="Whether an identifier matches; then no second entry can be created.")
    links: DuplicateLinks


class RecordLinks(BaseModel):
    entry: str | None = Field(description="The entry that was created, for staff.")


class ImportedRecord(BaseModel):
    """One record of an import."""

    number: int = Field(description="Number of the record, from 1.")
    line: int = Field(description="The line in which it begins.")
    outcome: Outcome
    kind: str | None
    slug: str | None
    data: JsonObject | None = Field(description="The input that would create, or created, the entry.")
    agents: list[ProposedAgent]
    origin: dict[str, str] = Field(description="For each member, the field of the source that it comes from.")
    notes: list[ImportNote] = Field(description="Values without a field of their own, by their original name.")
    warnings: list[str]
    reasons: list[str] = Field(description="Why it was not created, or would not be.")
    duplicates: list[PossibleDuplicate] = Field(description="Existing entries that may be the same.")
    links: RecordLinks


def serialise_result(each: ProposalResult | tuple[int, RejectedRecord], *, whole: bool) -> JsonObject:
    """The values of an `ImportRecordRow`. Of what was created only what is nowhere else, unless `whole`."""
    if isinstance(each, tuple):
        number, refusal = each
        shown = {"line": refusal.line, "reasons": [refusal.reason]}
        return {"number": number, "outcome": Outcome.refused, "kind": None, "slug": None, "shown": shown}
    proposal = each.proposal
    return {
        "number": proposal.number,
        "outcome": each.outcome,
        "kind": proposal.kind.name,
        "slug": proposal.data["slug"],
        "shown": _shown(proposal, each.reasons, whole=whole or each.outcome != Outcome.created),
    }


def _shown(proposal: Proposal, reasons: Sequence[str], *, whole: bool) -> JsonObject:
    shown: JsonObject = {
        "line": proposal.line,
        "notes": [{"name": each.name, "value": each.value} for each in proposal.notes],
        "warnings": proposal.warnings,
        "reasons": list(reasons),
        "duplicates": [
            {
                "kind": each.kind,
                "slug": each.slug,
                "title": each.title,
                "status": str(each.status),
                "why": each.why,
                "certain": each.certain,
            }
            for each in proposal.duplicates
        ],
    }
    if whole:
        shown["data"] = proposal.data
        shown["agents"] = [{"reference": each.reference, "data": dict(each.data)} for each in proposal.agents.values()]
        shown["origin"] = {member: name for member, name in proposal.origin.items() if name}
    return shown


def imported_record(values: JsonMapping, address: UrlMaker) -> ImportedRecord:
    """From the values of an `ImportRecordRow`."""
    shown = values["shown"]
    created = values["outcome"] == Outcome.created
    return ImportedRecord(
        number=values["number"],
        line=shown["line"],
        outcome=Outcome(values["outcome"]),
        kind=values["kind"],
        slug=values["slug"],
        data=shown.get("data"),
        agents=[ProposedAgent(**each) for each in shown.get("agents", ())],
        origin=shown.get("origin", {}),
        notes=[ImportNote(**each) for each in shown.get("notes", ())],
        warnings=shown.get("warnings", []),
        reasons=shown.get("reasons", []),
        duplicates=[_duplicate_shown(each, address) for each in shown.get("duplicates", ())],
        links=RecordLinks(entry=address(_staff(values["kind"], values["slug"])) if created else None),
    )


def fitting(values: Sequence[JsonMapping]) -> int:
    """How many of these, which become `imported_record`, are no more than `MAX_ANSWER_SIZE` together; the first is."""
    size = 0
    for count, each in enumerate(values):
        size += len(orjson.dumps(each["shown"])) + OVERHEAD
        if size > MAX_ANSWER_SIZE and count:
            return count
    return len(values)


def row_values(row: ImportRecordRow) -> JsonObject:
    return {name: getattr(row, name) for name in ("number", "outcome", "kind", "slug", "shown")}


def _duplicate_shown(values: JsonMapping, address: UrlMaker) -> PossibleDuplicate:
    public = f"/v1/{BY_NAME[values['kind']].collection}/{values['slug']}"
    links = DuplicateLinks(
        staff=address(_staff(values["kind"], values["slug"])),
        public=address(public) if values["status"] == "published" else None,
    )
    return PossibleDuplicate(**values, links=links)


def _staff(kind: str, slug: str) -> str:
    return f"/v1/staff/{BY_NAME[kind].collection}/{slug}"
