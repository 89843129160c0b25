"""The only code that writes documents: what changed, and every document that shows something of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app.catalogue.agents import AffiliationRow, AgentRow
from app.catalogue.entries import EntryRow, Status
from app.catalogue.kind import Kind
from app.catalogue.registry import AGENT_KINDS, BY_NAME, ENTRY_KINDS, KINDS, OTHER_KINDS
from app.catalogue.subjects import SubjectRow
from app.catalogue.terms import SchemeRow, TermRow
from app.documents.revisions import note_published
from app.documents.store import DocumentState
from app.kit.containers.chunks import chunks
from app.kit.system.progress import report_progress
from app.published import dependents
from app.published.bulk_loader import BulkLoader
from app.published.confidentiality import ConfidentialityCheck
from app.published.document_writer import DocumentDraft, DocumentWriter
from app.published.rendering import render, render_redirect, render_tombstone, vocabulary_slugs

PUBLIC = (Status.published, Status.withdrawn, Status.merged)


@dataclass
class ChangeSet:
    """Ids of what changed, with the number of the revision that changed it."""

    rows: dict[str, dict[int, int]] = field(default_factory=dict)
    """By table."""
    loaded: dict[int, EntryRow] = field(default_factory=dict)
    """Entries with all that they show in memory, as it is now."""
    pointers: dict[int, str] = field(default_factory=dict)
    """Of changed rows, the pointer to each one's input in the request; empty where that is the input itself."""

    def add(self, kind: Kind, row: Any, revision: int, *, pointer: str = "", is_loaded: bool = False) -> None:
        """Note a changed row; `is_loaded` where its child rows in memory are those of the database."""
        self.pointers[row.id] = pointer
        if kind.is_entry and is_loaded:
            self.loaded[row.id] = row
        self.add_all(kind.table, [row.id], revision)

    def add_all(self, table: type[SubjectRow], ids: Iterable[int], revision: int) -> None:
        self.rows.setdefault(table.__tablename__, {}).update(dict.fromkeys(ids, revision))

    def of(self, table: type[SubjectRow]) -> dict[int, int]:
        return self.rows.get(table.__tablename__, {})

    @property
    def latest(self) -> int:
        return max((revision for rows in self.rows.values() for revision in rows.values()), default=0)


def publish(session: Session, changes: ChangeSet, *, now: datetime) -> int:
    """Write every document that the change shows in; returns how many differ from before.

    What depends on the change carries the newest revision of the transaction. Raises `Invalid` where a document would
    contain something confidential: then the transaction must not be committed.
    """
    publishing = Publishing(session, changes.latest, now)
    changed = publishing.run(changes)
    publishing.confidentiality.raise_leaks(changes.pointers, published=bool(changed))
    return changed


def republish(session: Session, changes: ChangeSet, *, now: datetime) -> int:
    """As `publish`, of what was published before: confidentiality is not checked again."""
    return Publishing(session, changes.latest, now).run(changes)


class Publishing:
    """One run over one transaction's changes."""

    def __init__(self, session: Session, revision: int, now: datetime) -> None:
        self.session = session
        self.revision = revision
        self.writer = DocumentWriter(session, revision, now)
        self.confidentiality = ConfidentialityCheck(session)
        self.named: set[int] = set()
        self._loader = BulkLoader(session)
        self._slugs: Sequence[str] | None = None

    @property
    def _vocabularies(self) -> Sequence[str]:
        """Read once; see `ConfidentialityCheck` for why this is no `cached_property`."""
        if self._slugs is None:
            self._slugs = vocabulary_slugs(self.session)
        return self._slugs

    def run(self, changes: ChangeSet) -> int:
        self.session.flush()
        self._write_rows(BY_NAME["vocabulary"], changes.of(SchemeRow))
        of_schemes = self._dependent(dependents.terms_of_schemes, changes.of(SchemeRow))
        shown = dependents.replaced(self.session, changes.of(TermRow))
        carried = shown | dependents.replaced(self.session, of_schemes)
        self._write_rows(
            BY_NAME["term"],
            self._dependent(dependents.terms_showing, shown) | of_schemes | changes.of(TermRow),
        )
        unrelated = dependents.sources_at(self.session, self.writer.unrelated)
        self.writer.unrelated.clear()
        self._write_rows(BY_NAME["term"], dict.fromkeys(unrelated, self.revision))
        entries = (
            self._dependent(dependents.entries_with_terms, carried)
            | self._dependent(dependents.entries_naming, changes.of(AgentRow))
            | self._dependent(dependents.entries_related, changes.of(EntryRow))
            | changes.of(EntryRow)
        )
        done = 0
        for ids in chunks(sorted(entries)):
            self._write_entries(ids, entries, changes.loaded)
            done += len(ids)
            report_progress("rendering entries", done, len(entries))
        unrelated = dependents.sources_at(self.session, self.writer.unrelated) - entries.keys()
        for ids in chunks(sorted(unrelated)):
            self._write_entries(ids, dict.fromkeys(ids, self.revision), {})
        self._write_others(changes, shown)
        self._write_agents(changes)
        if self.writer.changed:
            note_published(self.session, self.writer.newest)
        return self.writer.changed

    def _rendered(self, kind: Kind, row: SubjectRow) -> str:
        body = render(kind, row, self._vocabularies)
        self.confidentiality.check_document(kind, row, body)
        return body

    def _shown(self, kind: Kind, row: Any) -> tuple[DocumentState, str]:
        """What was merged into another, or replaced by it, leads to that."""
        current = row.current if kind.can_be_merged else row
        return (
            (DocumentState.live, self._rendered(kind, row))
            if current is row
            else (DocumentState.moved, render_redirect(current.ref()))
        )

    def _dependent(self, find: dependents.Find, ids: Iterable[int]) -> dict[int, int]:
        return dict.fromkeys(dependents.select_ids(self.session, find, ids), self.revision)

    # --- what is public as soon as it is there

    def _write_rows(self, kind: Kind, revisions: dict[int, int]) -> None:
        for ids in chunks(sorted(revisions)):
            rows = self.session.scalars(kind.select().where(kind.row.id.in_(ids)))
            drafts = [
                DocumentDraft(kind.name, row.id, row.uuid, kind.collection_of(row), row.slug, *self._shown(kind, row))
                for row in rows
            ]
            self.writer.store(kind.name, ids, drafts, revisions)

    def _write_others(self, changes: ChangeSet, terms: set[int]) -> None:
        """Kinds of their own, with what they show of the changes."""
        for kind in OTHER_KINDS:
            ids = changes.of(kind.table)
            for table in {each.table for each in KINDS}:
                named = terms if table is TermRow else changes.of(table)
                ids = self._dependent(dependents.naming(kind.table, table), named) | ids
            self._write_rows(kind, ids)
            self.named |= dependents.select_ids(self.session, dependents.named_by(kind.table, AgentRow), ids)

    # --- entries

    def _write_entries(self, ids: list[int], revisions: dict[int, int], held: Mapping[int, EntryRow]) -> None:
        kinds = self.session.execute(select(EntryRow.id, EntryRow.__table__.c.kind).where(EntryRow.id.in_(ids))).all()
        for kind in ENTRY_KINDS:
            own = [ident for ident, name in kinds if name == kind.name]
            if own:
                rows = [held[ident] for ident in own if ident in held]
                loaded = self._loader.load(kind.row, [ident for ident in own if ident not in held])
                drafts = [self._entry_draft(kind, row) for row in (*rows, *loaded) if row.status in PUBLIC]
                self._loader.expire(loaded)
                self.writer.store(kind.name, own, drafts, revisions)

    def _entry_draft(self, kind: Kind, row: EntryRow) -> DocumentDraft:
        match row.status:
            case Status.published:
                state, body = DocumentState.live, self._rendered(kind, row)
                self.named.update(each.agent_id for each in row.contributions)
                self.named.update(each.agent_id for each in row.funding)
            case Status.merged:
                state, body = DocumentState.moved, render_redirect(row.current.ref())
            case _:
                state, body = DocumentState.gone, render_tombstone(row)
                self.confidentiality.check_reason(kind, row)
        return DocumentDraft(kind.name, row.id, row.uuid, row.collection, row.slug, state, body)

    # --- agents: published only while something published names them

    def _write_agents(self, changes: ChangeSet) -> None:
        session, unnamed = self.session, self.writer.unnamed
        new = self.named - dependents.select_ids(session, dependents.agents_with_documents, self.named)
        people = set(changes.of(AgentRow)) | new | (dependents.sources_at(session, unnamed) - self.named)
        ids = (
            people
            | dependents.select_ids(session, dependents.organisations_of, people)
            | dependents.select_ids(session, dependents.members_of, changes.of(AgentRow))
            | dependents.select_ids(session, dependents.merged_into, changes.of(AgentRow))
        )
        unnamed.clear()
        self._write_some_agents(ids, dict.fromkeys(ids, self.revision) | changes.of(AgentRow))
        left = dependents.sources_at(session, unnamed) - ids  # organisations that a person belonged to
        self._write_some_agents(left, dict.fromkeys(left, self.revision))

    def _write_some_agents(self, ids: set[int], revisions: dict[int, int]) -> None:
        done = 0
        for chunk in chunks(sorted(ids)):
            done += len(chunk)
            report_progress("rendering people and organisations", done, len(ids))
            shown = dependents.agents_alive(chunk), dependents.agents_merged(chunk)
            live = [ident for each in shown for ident in self.session.scalars(each)]
            affiliations = selectinload(AgentRow.affiliations).joinedload(AffiliationRow.organisation)
            shown_with = (affiliations, selectinload(AgentRow.identifiers))
            rows = self.session.scalars(select(AgentRow).where(AgentRow.id.in_(live)).options(*shown_with)).all()
            for kind in AGENT_KINDS:
                own_collection = str(kind.collection)
                own = [row for row in rows if row.kind == kind.name]
                drafts = [
                    DocumentDraft(kind.name, row.id, row.uuid, own_collection, row.slug, *self._shown(kind, row))
                    for row in own
                ]
                self.writer.store(kind.name, chunk, drafts, revisions)
