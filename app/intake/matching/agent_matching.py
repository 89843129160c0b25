"""From names to agents: found by ORCID iD or by exactly their name, or to be created."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalogue.agents import COLLECTIONS, AgentRow
from app.catalogue.identifiers import IdentifierRow
from app.catalogue.registry import BY_NAME
from app.catalogue.revisions import RevisionRow
from app.intake.matching.proposals import NewAgent
from app.intake.records.parsed_record import CreditedName
from app.kit.containers.chunks import chunks
from app.kit.json_types import JsonObject
from app.kit.text.characters import fold
from app.kit.text.slugs import slugify

PERSON, ORGANISATION = "person", "organisation"


@dataclass
class AgentMatch:
    """An agent as it is looked up. `orcids` may be several, or none."""

    reference: str
    orcids: set[str] = field(default_factory=set)
    new: NewAgent | None = None


def display_name(credit: CreditedName) -> str:
    """As it is shown to readers: `Martin Luther King Jr.`"""
    name = credit.name
    if name.literal:
        return name.literal
    return " ".join(part for part in (name.given, name.family, credit.suffix) if part)


def kind_of(credit: CreditedName) -> str:
    return ORGANISATION if credit.name.literal else PERSON


class AgentMatcher:
    """All agents that the records of one chunk name, looked up together."""

    def __init__(self, session: Session, credits: Sequence[CreditedName]) -> None:
        self._session = session
        self._by_name: dict[tuple[str, str], list[AgentMatch]] = {}
        self._by_orcid: dict[str, AgentMatch] = {}
        self._taken: set[tuple[str, str]] = set()
        self._stems: set[tuple[str, str]] = set()
        self._look_up(credits)

    def _look_up(self, credits: Sequence[CreditedName]) -> None:
        names = {display_name(each) for each in credits}
        orcids = {each.orcid for each in credits if each.orcid}
        rows: dict[int, Any] = {}
        columns = (AgentRow.id, AgentRow.kind, AgentRow.slug, AgentRow.name)
        living = AgentRow.replaced_by_id.is_(None)
        for chunk in chunks(names):
            found = self._session.execute(select(*columns).where(AgentRow.name.in_(chunk), living))
            rows.update((row.id, row) for row in found)
        carried = IdentifierRow.scheme == "orcid"
        for chunk in chunks(orcids):
            owners = select(IdentifierRow.agent_id).where(carried, IdentifierRow.value.in_(chunk))
            rows.update((row.id, row) for row in self._session.execute(select(*columns).where(AgentRow.id.in_(owners))))
        known = {row.id: AgentMatch(f"{COLLECTIONS[row.kind]}/{row.slug}") for row in rows.values()}
        for chunk in chunks(known):
            held = select(IdentifierRow.agent_id, IdentifierRow.value).where(carried, IdentifierRow.agent_id.in_(chunk))
            for ident, value in self._session.execute(held):
                known[ident].orcids.add(value)
                self._by_orcid[value] = known[ident]
        for row in sorted(rows.values(), key=lambda each: each.id):
            self._by_name.setdefault((row.kind, fold(row.name)), []).append(known[row.id])
        self._look_up_slugs(credits)

    def _look_up_slugs(self, credits: Sequence[CreditedName]) -> None:
        """Which addresses are taken or once were, of those that new agents would have."""
        self._stems = {(kind_of(each), slugify(display_name(each), 70)) for each in credits}
        for kind in (PERSON, ORGANISATION):
            stems = sorted(stem for of, stem in self._stems if of == kind)
            for chunk in chunks(stems):
                taken = select(AgentRow.slug).where(AgentRow.kind == kind, AgentRow.slug.in_(chunk))
                once = select(RevisionRow.slug).join(AgentRow, AgentRow.id == RevisionRow.source)
                once = once.where(RevisionRow.kind == kind, RevisionRow.slug.in_(chunk))
                self._taken.update((kind, slug) for slug in self._session.scalars(taken.union(once)))

    def find(self, credit: CreditedName) -> tuple[AgentMatch, str | None]:
        """The agent, a new one where there is none, and a warning about the choice. Raises ValueError for an agent
        that the catalogue cannot hold, such as one with a name a page long."""
        if credit.orcid and credit.orcid in self._by_orcid:
            return self._by_orcid[credit.orcid], None
        kind, name = kind_of(credit), display_name(credit)
        if credit.whole and (meant := self._by_name.get((ORGANISATION, fold(credit.whole)))):
            return meant[0], None
        same = self._by_name.get((kind, fold(name)), [])
        if not same and kind == ORGANISATION:  # a person who goes by one name
            same = self._by_name.get((PERSON, fold(name)), [])
        fitting = [each for each in same if not (credit.orcid and each.orcids)]
        if fitting:
            warning = f"Several in the catalogue are called {name}; the first is used." if len(fitting) > 1 else None
            return fitting[0], warning
        made = self._make(credit, kind, name)
        warning = f"Somebody else called {name} is in the catalogue, with another ORCID iD." if same else None
        return made, warning

    def _make(self, credit: CreditedName, kind: str, name: str) -> AgentMatch:
        slug = self._free(kind, slugify(name, 70))
        data: JsonObject = {"slug": slug, "name": name}
        if kind == PERSON:
            data |= {"family": credit.name.family, "given": credit.name.given}
        if credit.orcid:
            data["identifiers"] = [{"scheme": "orcid", "value": credit.orcid}]
        reference = f"{COLLECTIONS[kind]}/{slug}"
        new = NewAgent(reference, BY_NAME[kind], data, BY_NAME[kind].input.model_validate(data))
        made = AgentMatch(reference, {credit.orcid} if credit.orcid else set(), new)
        self._by_name.setdefault((kind, fold(name)), []).append(made)
        if credit.orcid:
            self._by_orcid[credit.orcid] = made
        return made

    def _free(self, kind: str, stem: str) -> str:
        slug, number = stem, 1
        if (kind, stem) in self._taken:
            pattern = select(AgentRow.slug).where(AgentRow.kind == kind, AgentRow.slug.like(f"{stem}-%"))
            self._taken.update((kind, each) for each in self._session.scalars(pattern))
        while (kind, slug) in self._taken:
            number += 1
            slug = f"{stem}-{number}"
        self._taken.add((kind, slug))
        return slug
