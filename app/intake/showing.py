"""Proposals and what became of them, as staff see them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import orjson
from pydantic import BaseModel, Field

from app.catalogue.registry import BY_NAME
from app.intake.creating import Settled
from app.intake.proposals import Proposal
from app.intake.reading import Refusal
from app.intake.tables import ImportRecordRow, Outcome

Address = Callable[[str], str]
"""Makes the absolute address of a path."""
LARGEST_ANSWER: Final = 2_000_000
"""Bytes of the records of one answer."""
OVERHEAD: Final = 300
"""Bytes of a record beside what is stored of it: its number, its address and the names of members."""


class NoteShown(BaseModel):
    name: str
    value: str


class AgentShown(BaseModel):
    """Somebody who is not in the catalogue yet, and would be created with the entry."""

    reference: str
    data: dict[str, Any]


class DuplicateLinks(BaseModel):
    staff: str
    public: str | None


class DuplicateShown(BaseModel):
    kind: str
    slug: str
    title: str
    status: str
    why: str
    certain: bool = Field(description="Whether an identifier is the same: then a second entry cannot be created.")
    links: DuplicateLinks


class RecordLinks(BaseModel):
    entry: str | None = Field(description="The entry that was created, for staff.")


class RecordShown(BaseModel):
    """One record of an import."""

    number: int = Field(description="Its place among the records, from 1.")
    line: int = Field(description="The line in which it begins.")
    outcome: Outcome
    kind: str | None
    slug: str | None
    data: dict[str, Any] | None = Field(description="The input that would create it, or did.")
    agents: list[AgentShown]
    origin: dict[str, str] = Field(description="For each member, the field of the source that it comes from.")
    notes: list[NoteShown] = Field(description="What has no field of its own here, under the name it had.")
    warnings: list[str]
    reasons: list[str] = Field(description="Why it was not created, or would not be.")
    duplicates: list[DuplicateShown] = Field(description="What is there already and may be the same.")
    links: RecordLinks


def stored(each: Settled | tuple[int, Refusal], *, whole: bool) -> dict[str, Any]:
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


def _shown(proposal: Proposal, reasons: Sequence[str], *, whole: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {
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


def record_shown(values: Mapping[str, Any], address: Address) -> RecordShown:
    """From the values of an `ImportRecordRow`."""
    shown = values["shown"]
    created = values["outcome"] == Outcome.created
    return RecordShown(
        number=values["number"],
        line=shown["line"],
        outcome=Outcome(values["outcome"]),
        kind=values["kind"],
        slug=values["slug"],
        data=shown.get("data"),
        agents=[AgentShown(**each) for each in shown.get("agents", ())],
        origin=shown.get("origin", {}),
        notes=[NoteShown(**each) for each in shown.get("notes", ())],
        warnings=shown.get("warnings", []),
        reasons=shown.get("reasons", []),
        duplicates=[_duplicate_shown(each, address) for each in shown.get("duplicates", ())],
        links=RecordLinks(entry=address(_staff(values["kind"], values["slug"])) if created else None),
    )


def fitting(values: Sequence[Mapping[str, Any]]) -> int:
    """How many of these, which become `record_shown`, are no more than `LARGEST_ANSWER` together; the first is."""
    size = 0
    for count, each in enumerate(values):
        size += len(orjson.dumps(each["shown"])) + OVERHEAD
        if size > LARGEST_ANSWER and count:
            return count
    return len(values)


def row_values(row: ImportRecordRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("number", "outcome", "kind", "slug", "shown")}


def _duplicate_shown(values: Mapping[str, Any], address: Address) -> DuplicateShown:
    public = f"/v1/{BY_NAME[values['kind']].collection}/{values['slug']}"
    links = DuplicateLinks(
        staff=address(_staff(values["kind"], values["slug"])),
        public=address(public) if values["status"] == "published" else None,
    )
    return DuplicateShown(**values, links=links)


def _staff(kind: str, slug: str) -> str:
    return f"/v1/staff/{BY_NAME[kind].collection}/{slug}"
