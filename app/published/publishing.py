"""The only code that writes documents: what changed, and every document that shows something of it."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session, aliased, selectinload

from app.catalogue.agents import AffiliationRow, AgentRow
from app.catalogue.contributions import ContributionRow
from app.catalogue.entries import EntryRow, EntryTermRow, RelationRow, Status
from app.catalogue.frameworks import FrameworkElementRow
from app.catalogue.funding import FundingRow
from app.catalogue.registry import BY_NAME, ENTRY_KINDS
from app.catalogue.subjects import FormerSlugRow, SubjectRow
from app.catalogue.terms import SchemeRow, TermRow
from app.documents.store import DocumentRow, State
from app.published.rendering import render, render_tombstone

CHUNK = 500
PUBLIC = (Status.published, Status.withdrawn)
R = TypeVar("R", bound=SubjectRow)


@dataclass
class Touched:
    """Ids of what changed, with the number of the revision that changed it."""

    entries: dict[int, int] = field(default_factory=dict)
    terms: dict[int, int] = field(default_factory=dict)
    agents: dict[int, int] = field(default_factory=dict)
    schemes: dict[int, int] = field(default_factory=dict)

    def add(self, row: SubjectRow, revision: int) -> None:
        """Note a changed row of any kind."""
        for kind, known in ((EntryRow, self.entries), (TermRow, self.terms), (AgentRow, self.agents)):
            if isinstance(row, kind):
                known[row.id] = revision
                return
        self.schemes[row.id] = revision

    @property
    def latest(self) -> int:
        every = (*self.entries.values(), *self.terms.values(), *self.agents.values(), *self.schemes.values())
        return max(every, default=0)


@dataclass(frozen=True)
class Draft:
    """A document as it should be."""

    kind: str
    source: int
    collection: str
    slug: str
    state: State
    body: str


def publish(session: Session, touched: Touched, *, now: datetime) -> int:
    """Write every document that the change shows in; returns how many differ from before.

    What depends on the change carries the newest revision of the transaction.
    """
    return Publishing(session, touched.latest, now).run(touched)


def chunks(ids: Iterable[int]) -> Iterator[list[int]]:
    ordered = sorted(ids)
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]


class Publishing:
    """One run over one transaction's changes."""

    def __init__(self, session: Session, revision: int, now: datetime) -> None:
        self.session = session
        self.revision = revision
        self.now = now
        self.changed = 0
        self.unnamed: set[tuple[str, str]] = set()
        self.named: set[int] = set()

    def run(self, touched: Touched) -> int:
        self.session.flush()
        self._write_subjects(SchemeRow, "vocabulary", touched.schemes)
        terms = {
            **self._dependent(self._terms_showing, touched.terms),
            **self._dependent(self._terms_of, touched.schemes),
            **touched.terms,
        }
        self._write_subjects(TermRow, "term", terms)
        entries = {
            **self._dependent(self._entries_with_terms, touched.terms),
            **self._dependent(self._entries_under, touched.schemes),
            **self._dependent(self._entries_naming, touched.agents),
            **self._dependent(self._entries_related, touched.entries),
            **touched.entries,
        }
        for ids in chunks(entries):
            self._write_entries(ids, entries)
        self._write_agents(touched)
        return self.changed

    def _dependent(self, find: Any, ids: Iterable[int]) -> dict[int, int]:
        return {found: self.revision for chunk in chunks(ids) for found in self.session.scalars(find(chunk))}

    @staticmethod
    def _terms_showing(ids: Sequence[int]) -> Any:
        return select(TermRow.id).where(or_(TermRow.broader_id.in_(ids), TermRow.replaced_by_id.in_(ids)))

    @staticmethod
    def _terms_of(ids: Sequence[int]) -> Any:
        return select(TermRow.id).where(TermRow.scheme_id.in_(ids))

    @staticmethod
    def _entries_under(ids: Sequence[int]) -> Any:
        """Entries that show the name of a vocabulary."""
        return select(EntryTermRow.entry_id).join(EntryTermRow.term).where(TermRow.scheme_id.in_(ids))

    @staticmethod
    def _entries_with_terms(ids: Sequence[int]) -> Any:
        tagged = select(EntryTermRow.entry_id).where(EntryTermRow.term_id.in_(ids))
        return tagged.union(select(FrameworkElementRow.framework_id).where(FrameworkElementRow.term_id.in_(ids)))

    @staticmethod
    def _entries_naming(ids: Sequence[int]) -> Any:
        named = select(ContributionRow.entry_id).where(ContributionRow.agent_id.in_(ids))
        return named.union(select(FundingRow.entry_id).where(FundingRow.agent_id.in_(ids)))

    @staticmethod
    def _entries_related(ids: Sequence[int]) -> Any:
        forth = select(RelationRow.target_id).where(RelationRow.entry_id.in_(ids))
        back = select(RelationRow.entry_id).where(RelationRow.target_id.in_(ids))
        return forth.union(back, select(EntryRow.id).where(EntryRow.replaced_by_id.in_(ids)))

    # --- terms and vocabularies

    def _write_subjects(self, row_type: type[R], kind: str, ids: dict[int, int]) -> None:
        for chunk in chunks(ids):
            rows = list(self.session.scalars(select(row_type).where(row_type.id.in_(chunk))))
            drafts = [
                Draft(kind, row.id, self._home(kind, row), row.slug, State.live, render(BY_NAME[kind], row))
                for row in rows
            ]
            self._store(kind, chunk, drafts, ids)

    @staticmethod
    def _home(kind: str, row: SubjectRow) -> str:
        return row.scheme.collection if isinstance(row, TermRow) else str(BY_NAME[kind].collection)

    # --- entries

    def _write_entries(self, ids: list[int], revisions: dict[int, int]) -> None:
        for kind in ENTRY_KINDS:
            rows = [row for row in self._load(kind.row, ids) if row.status in PUBLIC]
            drafts = []
            for row in rows:
                live = row.status == Status.published
                body = render(kind, row) if live else render_tombstone(row)
                state = State.live if live else State.gone
                drafts.append(Draft(kind.name, row.id, row.collection, row.slug, state, body))
                if live:
                    self.named.update(each.agent_id for each in (*row.contributions, *row.funding))
            self._store(kind.name, ids, drafts, revisions)

    def _load(self, row_type: type[Any], ids: list[int]) -> Sequence[Any]:
        options = [
            selectinload(row_type.terms).selectinload(EntryTermRow.term),
            selectinload(row_type.contributions).selectinload(ContributionRow.agent),
            selectinload(row_type.identifiers),
            selectinload(row_type.resources),
            selectinload(row_type.funding).selectinload(FundingRow.funder),
            selectinload(row_type.relations).selectinload(RelationRow.target),
            selectinload(row_type.related_from).selectinload(RelationRow.entry),
        ]
        statement = select(row_type).where(row_type.id.in_(ids)).options(*options)
        return self.session.scalars(statement.execution_options(populate_existing=True)).all()

    # --- agents: published only while something published names them

    def _write_agents(self, touched: Touched) -> None:
        new = self.named - self._with_documents(self.named)
        people = set(touched.agents) | new | (self._agents_at(self.unnamed) - self.named)
        ids = people | self._organisations_of(people) | self._members_of(touched.agents)
        revisions = dict.fromkeys(ids, self.revision) | touched.agents
        self.unnamed.clear()
        self._write_some_agents(ids, revisions)
        left = self._agents_at(self.unnamed) - ids  # organisations that a person belonged to
        self._write_some_agents(left, dict.fromkeys(left, self.revision))

    def _write_some_agents(self, ids: set[int], revisions: dict[int, int]) -> None:
        for chunk in chunks(ids):
            live = self._alive(chunk)
            rows = self.session.scalars(
                select(AgentRow)
                .where(AgentRow.id.in_(live))
                .options(selectinload(AgentRow.affiliations).joinedload(AffiliationRow.organisation))
            ).all()
            for kind in ("person", "organisation"):
                drafts = [
                    Draft(
                        kind,
                        row.id,
                        str(BY_NAME[kind].collection),
                        row.slug,
                        State.live,
                        render(BY_NAME[kind], row),
                    )
                    for row in rows
                    if row.kind == kind
                ]
                self._store(kind, chunk, drafts, revisions)

    def _with_documents(self, ids: set[int]) -> set[int]:
        found: set[int] = set()
        for chunk in chunks(ids):
            found.update(
                self.session.scalars(
                    select(DocumentRow.source).where(
                        DocumentRow.kind.in_(("person", "organisation")),
                        DocumentRow.source.in_(chunk),
                        DocumentRow.state == State.live,
                    )
                )
            )
        return found

    def _agents_at(self, addresses: set[tuple[str, str]]) -> set[int]:
        """Ids of agents by the kind and slug that documents showed."""
        found: set[int] = set()
        ordered = sorted(addresses)
        for start in range(0, len(ordered), CHUNK):
            chunk = set(ordered[start : start + CHUNK])
            rows = self.session.execute(
                select(DocumentRow.kind, DocumentRow.slug, DocumentRow.source).where(
                    DocumentRow.slug.in_([slug for _, slug in chunk]), DocumentRow.state == State.live
                )
            )
            found.update(row.source for row in rows if (row.kind, row.slug) in chunk)
        return found

    def _organisations_of(self, people: set[int]) -> set[int]:
        return set(
            self._dependent(
                lambda ids: select(AffiliationRow.organisation_id).where(AffiliationRow.person_id.in_(ids)),
                people,
            )
        )

    def _members_of(self, agents: dict[int, int]) -> set[int]:
        """People who show a changed organisation."""
        return set(
            self._dependent(
                lambda ids: select(AffiliationRow.person_id).where(AffiliationRow.organisation_id.in_(ids)),
                agents,
            )
        )

    def _alive(self, ids: list[int]) -> list[int]:
        """Those named by something published, or by a person who is."""
        person = aliased(AgentRow)
        direct = _named(AgentRow)
        through = (
            select(AffiliationRow.id)
            .join(person, person.id == AffiliationRow.person_id)
            .where(AffiliationRow.organisation_id == AgentRow.id, _named(person))
            .exists()
        )
        statement = select(AgentRow.id).where(AgentRow.id.in_(ids), or_(direct, through))
        return list(self.session.scalars(statement))

    # --- writing

    def _store(self, kind: str, ids: list[int], drafts: list[Draft], revisions: dict[int, int]) -> None:
        """Make the documents of these sources say the drafts; a source without a draft loses its document."""
        present = {
            row.source: row
            for row in self.session.scalars(
                select(DocumentRow).where(
                    DocumentRow.kind == kind, DocumentRow.source.in_(ids), DocumentRow.state != State.moved
                )
            )
        }
        wanted = {draft.source: draft for draft in drafts}
        self._clear_addresses(drafts)
        for source, row in present.items():
            if source not in wanted and row.state == State.live:
                self._end(row, revisions[source])
        for source, draft in wanted.items():
            self._put(present.get(source), draft, revisions[source])
        self.session.flush()
        self._store_moves(kind, wanted)

    def _put(self, row: DocumentRow | None, draft: Draft, revision: int) -> None:
        if row is not None:
            same = (row.collection, row.slug, row.state, row.body)
            if same == (draft.collection, draft.slug, draft.state, draft.body):
                return
            self._note_names(row)
            row.collection, row.slug, row.state, row.body = (
                draft.collection,
                draft.slug,
                draft.state,
                draft.body,
            )
        else:
            row = DocumentRow(**vars(draft))
            self.session.add(row)
        row.revision, row.modified = revision, self.now
        self.changed += 1

    def _clear_addresses(self, drafts: Sequence[Draft]) -> None:
        """A redirect gives way to something that now lives at its address."""
        addresses = {(draft.collection, draft.slug) for draft in drafts}
        rows = self.session.execute(
            select(DocumentRow.id, DocumentRow.collection, DocumentRow.slug).where(
                DocumentRow.collection.in_({collection for collection, _ in addresses}),
                DocumentRow.slug.in_([slug for _, slug in addresses]),
                DocumentRow.state == State.moved,
            )
        )
        if taken := [row.id for row in rows if (row.collection, row.slug) in addresses]:
            self.session.execute(delete(DocumentRow).where(DocumentRow.id.in_(taken)))

    def _end(self, row: DocumentRow, revision: int) -> None:
        """No longer public, without a reason of its own: an agent that nothing published names any more."""
        self._note_names(row)
        body = json.loads(row.body)
        stone = {"kind": row.kind, "slug": row.slug, "url": body["url"], "reason": None}
        row.state = State.gone
        row.body = json.dumps(stone | {"date": self.now.strftime("%Y-%m-%dT%H:%M:%SZ"), "replacement": None})
        row.revision, row.modified = revision, self.now
        self.changed += 1

    def _note_names(self, row: DocumentRow) -> None:
        """Remember who was named by what is being replaced: nothing else may name them."""
        if row.state != State.live:
            return
        body = json.loads(row.body)
        self.unnamed.update((each["kind"], each["slug"]) for each in body.get("contributors", ()))
        organisations = [each["funder"] for each in body.get("funding", ())]
        organisations += [each["organisation"] for each in body.get("affiliations", ())]
        self.unnamed.update(("organisation", each["slug"]) for each in organisations)

    def _store_moves(self, kind: str, wanted: dict[int, Draft]) -> None:
        former = self.session.scalars(
            select(FormerSlugRow).where(FormerSlugRow.kind == kind, FormerSlugRow.source.in_(wanted))
        ).all()
        for each in former:
            draft = wanted[each.source]
            body = json.dumps({"slug": draft.slug, "url": json.loads(draft.body)["url"]})
            row = self.session.scalar(
                select(DocumentRow).where(DocumentRow.collection == each.collection, DocumentRow.slug == each.slug)
            )
            if row is None:
                row = DocumentRow(kind=kind, source=each.source, collection=each.collection, slug=each.slug)
                self.session.add(row)
            elif row.state != State.moved or row.body == body:
                continue
            row.state, row.body, row.revision, row.modified = State.moved, body, self.revision, self.now
            self.changed += 1
        self.session.flush()


def _named(agent: Any) -> Any:
    """Whether something published names this agent."""
    contributes = (
        select(ContributionRow.id)
        .join(EntryRow, EntryRow.id == ContributionRow.entry_id)
        .where(ContributionRow.agent_id == agent.id, EntryRow.status == Status.published)
    )
    funds = (
        select(FundingRow.id)
        .join(EntryRow, EntryRow.id == FundingRow.entry_id)
        .where(FundingRow.agent_id == agent.id, EntryRow.status == Status.published)
    )
    return or_(contributes.exists(), funds.exists())
