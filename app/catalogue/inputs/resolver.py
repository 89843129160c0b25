"""From names in an input to rows: each looked up once, each failure a fault at its place."""

from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalogue.agents import AgentRow
from app.catalogue.child_rows import BulkChildInsert
from app.catalogue.entries import EntryRow
from app.catalogue.input_errors import InputErrors
from app.catalogue.subjects import find_by_former_slug
from app.catalogue.terms import SchemeRow, TermRow

AGENT_KINDS = {"people": "person", "organisations": "organisation"}
CHUNK = 500


class Resolver:
    """Lives as long as one batch of changes; rows that the batch creates are announced with `announce`.

    With `drafts`, what was never public may still lack the terms that are required of what is published.
    """

    def __init__(self, session: Session, entry_kinds: dict[str, str], *, drafts: bool = False) -> None:
        self.session = session
        self.drafts = drafts
        self.errors = InputErrors()
        self.child_rows = BulkChildInsert()
        self._entry_kinds = entry_kinds
        self._agents: dict[str, AgentRow | None] = {}
        self._terms: dict[tuple[str, str], TermRow | None] = {}
        self._entries: dict[str, EntryRow | None] = {}
        self._schemes: dict[str, SchemeRow] | None = None

    @property
    def schemes(self) -> dict[str, SchemeRow]:
        """Vocabularies by the name of their field."""
        if self._schemes is None:
            self._schemes = {row.slug: row for row in self.session.scalars(select(SchemeRow))}
        return self._schemes

    def register(self, row: object) -> None:
        """A new row that later inputs of the batch may name."""
        if isinstance(row, SchemeRow):
            self.schemes[row.slug] = row
        elif isinstance(row, TermRow):
            self._terms[row.scheme.slug, row.slug] = row
        elif isinstance(row, AgentRow):
            self._agents[f"{row.kind}/{row.slug}"] = row
        elif isinstance(row, EntryRow):
            self._entries[f"{row.kind}/{row.slug}"] = row

    def fetch(self, references: Iterable[str]) -> None:
        """Look up many agents and entries together; what is not found is left for a fault at its place."""
        desired: dict[str, set[str]] = {}
        for reference in references:
            collection, slug = reference.split("/")
            desired.setdefault(collection, set()).add(slug)
        for collection, slugs in desired.items():
            if collection in AGENT_KINDS:
                self._fetch(AgentRow, AGENT_KINDS[collection], slugs, self._agents)
            elif collection in self._entry_kinds:
                self._fetch(EntryRow, self._entry_kinds[collection], slugs, self._entries)

    def _fetch(
        self, row: type[AgentRow | EntryRow], kind: str, slugs: Iterable[str], known: Mapping[str, object]
    ) -> None:
        missing = sorted(slug for slug in slugs if f"{kind}/{slug}" not in known)
        for start in range(0, len(missing), CHUNK):
            chunk = missing[start : start + CHUNK]
            for found in self.session.scalars(select(row).where(row.kind == kind, row.slug.in_(chunk))):
                self.register(found)

    def fetch_terms(self, named: Iterable[tuple[str, str]]) -> None:
        """As `fetch`, of terms: names of vocabularies and slugs."""
        missing = sorted(set(named) - self._terms.keys())
        for start in range(0, len(missing), CHUNK):
            slugs = {slug for _, slug in missing[start : start + CHUNK]}
            for found in self.session.scalars(select(TermRow).where(TermRow.slug.in_(slugs))):
                self._terms.setdefault((found.scheme.slug, found.slug), found)

    def scheme_term(self, scheme: str, slug: str, pointer: str) -> TermRow | None:
        """The term of a vocabulary named by its field."""
        key = (scheme, slug)
        if key not in self._terms:
            self._terms[key] = self.session.scalar(
                select(TermRow).join(TermRow.scheme).where(SchemeRow.slug == scheme, TermRow.slug == slug)
            ) or self._renamed_term(scheme, slug)
        found = self._terms[key]
        if found is None:
            self.errors.unknown(pointer, f"term in the vocabulary {scheme!r}", slug, lambda: self._terms_of(scheme))
        return found

    def _terms_of(self, scheme: str) -> list[str]:
        stored = self.session.scalars(select(TermRow.slug).join(TermRow.scheme).where(SchemeRow.slug == scheme))
        made = [name for (of, name), row in self._terms.items() if of == scheme and row is not None]
        return sorted({*stored, *made})

    def _renamed_term(self, scheme: str, slug: str) -> TermRow | None:
        known = self.schemes.get(scheme)
        return find_by_former_slug(self.session, TermRow, known.collection, slug) if known else None

    def term(self, reference: str, pointer: str) -> TermRow | None:
        """`stages/mobilising`: the collection of the vocabulary and the slug of the term."""
        collection, slug = reference.split("/")
        scheme = next((row.slug for row in self.schemes.values() if row.collection == collection), None)
        if scheme is None:
            known = [row.collection for row in self.schemes.values()]
            self.errors.unknown(pointer, "vocabulary", collection, lambda: known)
            return None
        return self.scheme_term(scheme, slug, pointer)

    def agent(self, reference: str, pointer: str) -> AgentRow | None:
        """`people/…` or `organisations/…`."""
        collection, slug = reference.split("/")
        kind = AGENT_KINDS[collection]
        key = f"{kind}/{slug}"
        if key not in self._agents:
            self._agents[key] = self.session.scalar(
                select(AgentRow).where(AgentRow.kind == kind, AgentRow.slug == slug)
            ) or find_by_former_slug(self.session, AgentRow, collection, slug, kind=kind)
        found = self._agents[key]
        if found is None:
            self.errors.unknown(pointer, kind, slug, lambda: self._slugs(AgentRow, kind, self._agents))
        return found.current if found else None

    def entry(self, reference: str, pointer: str) -> EntryRow | None:
        """`publications/…`: the collection of a kind of entry and a slug."""
        collection, slug = reference.split("/")
        kind = self._entry_kinds.get(collection)
        if kind is None:
            self.errors.unknown(pointer, "kind of entry", collection, lambda: self._entry_kinds)
            return None
        key = f"{kind}/{slug}"
        if key not in self._entries:
            self._entries[key] = self.session.scalar(
                select(EntryRow).where(EntryRow.kind == kind, EntryRow.slug == slug)
            ) or find_by_former_slug(self.session, EntryRow, collection, slug, kind=kind)
        found = self._entries[key]
        if found is None:
            self.errors.unknown(pointer, kind, slug, lambda: self._slugs(EntryRow, kind, self._entries))
        return found.current if found else None

    def _slugs(self, row: type[AgentRow | EntryRow], kind: str, known: Mapping[str, object]) -> list[str]:
        stored = self.session.scalars(select(row.slug).where(row.kind == kind))
        return sorted({*stored, *_made(known, kind)})


def _made(known: Mapping[str, object], kind: str) -> list[str]:
    """Slugs of this kind that the batch has met, those of its own new rows among them."""
    return [
        key.removeprefix(f"{kind}/") for key, row in known.items() if row is not None and key.startswith(f"{kind}/")
    ]
