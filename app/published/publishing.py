"""The only code that writes documents: what changed, and every document that shows something of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app.catalogue.agents import AffiliationRow, AgentRow
from app.catalogue.entries import EntryRow, Status
from app.catalogue.kinds import Kind
from app.catalogue.registry import BY_NAME, ENTRY_KINDS
from app.catalogue.subjects import SubjectRow
from app.catalogue.terms import SchemeRow, TermRow
from app.documents.revisions import note_published
from app.documents.store import State
from app.published import dependents
from app.published.dependents import chunks
from app.published.discretion import Discretion
from app.published.loading import Loader
from app.published.rendering import leading_to, render, render_tombstone
from app.published.storing import Draft, Shelf

PUBLIC = (Status.published, Status.withdrawn, Status.merged)


@dataclass
class Touched:
    """Ids of what changed, with the number of the revision that changed it."""

    entries: dict[int, int] = field(default_factory=dict)
    terms: dict[int, int] = field(default_factory=dict)
    agents: dict[int, int] = field(default_factory=dict)
    schemes: dict[int, int] = field(default_factory=dict)
    held: dict[int, EntryRow] = field(default_factory=dict)
    """Entries with all that they show in memory, as it is now."""
    places: dict[int, str] = field(default_factory=dict)
    """Of changed rows, the pointer to each one's input in the request; empty where that is the input itself."""

    def add(self, row: SubjectRow, revision: int, *, place: str = "", held: bool = False) -> None:
        """Note a changed row of any kind; `held` where its satellites in memory are those of the database."""
        self.places[row.id] = place
        if isinstance(row, EntryRow) and held:
            self.held[row.id] = row
        for kind, known in ((EntryRow, self.entries), (TermRow, self.terms), (AgentRow, self.agents)):
            if isinstance(row, kind):
                known[row.id] = revision
                return
        self.schemes[row.id] = revision

    @property
    def latest(self) -> int:
        every = (*self.entries.values(), *self.terms.values(), *self.agents.values(), *self.schemes.values())
        return max(every, default=0)


def publish(session: Session, touched: Touched, *, now: datetime) -> int:
    """Write every document that the change shows in; returns how many differ from before.

    What depends on the change carries the newest revision of the transaction. Raises `Invalid` where a document would
    say what is confidential: then the transaction must not be committed.
    """
    publishing = Publishing(session, touched.latest, now)
    changed = publishing.run(touched)
    publishing.discretion.check(touched.places, published=bool(changed))
    return changed


def publish_anew(session: Session, touched: Touched, *, now: datetime) -> int:
    """As `publish`, of what was published before: what it says is not judged again."""
    return Publishing(session, touched.latest, now).run(touched)


class Publishing:
    """One run over one transaction's changes."""

    def __init__(self, session: Session, revision: int, now: datetime) -> None:
        self.session = session
        self.revision = revision
        self.shelf = Shelf(session, revision, now)
        self.discretion = Discretion(session)
        self.named: set[int] = set()
        self._loader = Loader(session)

    def run(self, touched: Touched) -> int:
        self.session.flush()
        self._write_schemes(touched.schemes)
        shown = dependents.replaced(self.session, touched.terms)
        self._write_terms(
            self._dependent(dependents.terms_showing, shown)
            | self._dependent(dependents.terms_of_schemes, touched.schemes)
            | touched.terms
        )
        untied = dependents.sources_at(self.session, self.shelf.untied)
        self.shelf.untied.clear()
        self._write_terms(dict.fromkeys(untied, self.revision))
        entries = (
            self._dependent(dependents.entries_with_terms, shown)
            | self._dependent(dependents.entries_of_schemes, touched.schemes)
            | self._dependent(dependents.entries_naming, touched.agents)
            | self._dependent(dependents.entries_related, touched.entries)
            | touched.entries
        )
        for ids in chunks(entries):
            self._write_entries(ids, entries, touched.held)
        untied = dependents.sources_at(self.session, self.shelf.untied) - entries.keys()
        for ids in chunks(untied):
            self._write_entries(ids, dict.fromkeys(ids, self.revision), {})
        self._write_agents(touched)
        if self.shelf.changed:
            note_published(self.session, self.shelf.newest)
        return self.shelf.changed

    def _rendered(self, kind: Kind, row: SubjectRow) -> str:
        body = render(kind, row)
        self.discretion.look(kind, row, body)
        return body

    def _shown(self, kind: Kind, row: TermRow | AgentRow) -> tuple[State, str]:
        """What was merged into another, or replaced by it, leads to that."""
        current = row.current
        return (State.live, self._rendered(kind, row)) if current is row else (State.moved, leading_to(current.ref()))

    def _dependent(self, find: dependents.Find, ids: Iterable[int]) -> dict[int, int]:
        return dict.fromkeys(dependents.found(self.session, find, ids), self.revision)

    # --- terms and vocabularies

    def _write_schemes(self, revisions: dict[int, int]) -> None:
        kind = BY_NAME["vocabulary"]
        for ids in chunks(revisions):
            rows = self.session.scalars(select(SchemeRow).where(SchemeRow.id.in_(ids)))
            home = str(kind.collection)
            drafts = [Draft(kind.name, row.id, home, row.slug, State.live, self._rendered(kind, row)) for row in rows]
            self.shelf.store(kind.name, ids, drafts, revisions)

    def _write_terms(self, revisions: dict[int, int]) -> None:
        """A term that was replaced leads to the one in its place."""
        kind = BY_NAME["term"]
        for ids in chunks(revisions):
            drafts = []
            for row in self.session.scalars(select(TermRow).where(TermRow.id.in_(ids))):
                state, body = self._shown(kind, row)
                drafts.append(Draft(kind.name, row.id, row.scheme.collection, row.slug, state, body))
            self.shelf.store(kind.name, ids, drafts, revisions)

    # --- entries

    def _write_entries(self, ids: list[int], revisions: dict[int, int], held: Mapping[int, EntryRow]) -> None:
        kinds = self.session.execute(select(EntryRow.id, EntryRow.__table__.c.kind).where(EntryRow.id.in_(ids))).all()
        for kind in ENTRY_KINDS:
            own = [ident for ident, name in kinds if name == kind.name]
            if own:
                rows = [held[ident] for ident in own if ident in held]
                loaded = self._loader.load(kind.row, [ident for ident in own if ident not in held])
                drafts = [self._entry_draft(kind, row) for row in (*rows, *loaded) if row.status in PUBLIC]
                self._loader.forget(loaded)
                self.shelf.store(kind.name, own, drafts, revisions)

    def _entry_draft(self, kind: Kind, row: EntryRow) -> Draft:
        match row.status:
            case Status.published:
                state, body = State.live, self._rendered(kind, row)
                self.named.update(each.agent_id for each in row.contributions)
                self.named.update(each.agent_id for each in row.funding)
            case Status.merged:
                state, body = State.moved, leading_to(row.current.ref())
            case _:
                state, body = State.gone, render_tombstone(row)
                self.discretion.look_at_reason(row)
        return Draft(kind.name, row.id, row.collection, row.slug, state, body)

    # --- agents: published only while something published names them

    def _write_agents(self, touched: Touched) -> None:
        session, unnamed = self.session, self.shelf.unnamed
        new = self.named - dependents.found(session, dependents.agents_with_documents, self.named)
        people = set(touched.agents) | new | (dependents.sources_at(session, unnamed) - self.named)
        ids = (
            people
            | dependents.found(session, dependents.organisations_of, people)
            | dependents.found(session, dependents.members_of, touched.agents)
            | dependents.found(session, dependents.merged_into, touched.agents)
        )
        unnamed.clear()
        self._write_some_agents(ids, dict.fromkeys(ids, self.revision) | touched.agents)
        left = dependents.sources_at(session, unnamed) - ids  # organisations that a person belonged to
        self._write_some_agents(left, dict.fromkeys(left, self.revision))

    def _write_some_agents(self, ids: set[int], revisions: dict[int, int]) -> None:
        for chunk in chunks(ids):
            shown = dependents.agents_alive(chunk), dependents.agents_merged(chunk)
            live = [ident for each in shown for ident in self.session.scalars(each)]
            affiliations = selectinload(AgentRow.affiliations).joinedload(AffiliationRow.organisation)
            shown_with = (affiliations, selectinload(AgentRow.identifiers))
            rows = self.session.scalars(select(AgentRow).where(AgentRow.id.in_(live)).options(*shown_with)).all()
            for kind in (BY_NAME["person"], BY_NAME["organisation"]):
                home = str(kind.collection)
                own = [row for row in rows if row.kind == kind.name]
                drafts = [Draft(kind.name, row.id, home, row.slug, *self._shown(kind, row)) for row in own]
                self.shelf.store(kind.name, chunk, drafts, revisions)
