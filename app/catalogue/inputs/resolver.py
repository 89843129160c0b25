"""From names in an input to rows: each looked up once, each failure an error with its pointer."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalogue.agents import AgentRow
from app.catalogue.child_rows import BulkChildInsert
from app.catalogue.entries import EntryRow
from app.catalogue.input_errors import InputErrors
from app.catalogue.inputs.query_schema import ENTRY_LISTS, CatalogueQuerySchema
from app.catalogue.kind import Kind
from app.catalogue.registry import BY_COLLECTION, ENTRY_KINDS
from app.catalogue.subjects import find_by_former_slug
from app.catalogue.terms import SchemeRow, TermRow
from app.kit.containers.chunks import chunks
from app.kit.error_collector import ErrorCollector
from app.search.query.list_address import read_list_address

ENTRY_COLLECTIONS = tuple(str(kind.collection) for kind in ENTRY_KINDS)


class Resolver:
    """Lives as long as one batch of changes; rows that the batch creates are announced with `register`.

    With `drafts`, what was never public may still lack the terms that are required of what is published.
    """

    def __init__(self, session: Session, *, drafts: bool = False) -> None:
        self.session = session
        self.drafts = drafts
        self.errors = InputErrors()
        self.child_rows = BulkChildInsert()
        self._named: dict[str, Any] = {}
        self._terms: dict[tuple[str, str], TermRow | None] = {}
        self._schemes: dict[str, SchemeRow] | None = None

    @property
    def schemes(self) -> dict[str, SchemeRow]:
        """Vocabularies by their name."""
        if self._schemes is None:
            self._schemes = {row.slug: row for row in self.session.scalars(select(SchemeRow))}
        return self._schemes

    def register(self, kind: Kind, row: Any) -> None:
        """A new row that later inputs of the batch may name."""
        if kind.search_schema.defines:
            self.schemes[row.slug] = row
        elif kind.parent is not None:
            self._terms[kind.parent_of(row).slug, row.slug] = row
        else:
            self._named[f"{kind.name}/{row.slug}"] = row

    def fetch(self, references: Iterable[str]) -> None:
        """Look up many agents and entries together; what is not found becomes an error with its pointer later."""
        desired: dict[str, set[str]] = {}
        for reference in references:
            collection, slug = reference.split("/")
            desired.setdefault(collection, set()).add(slug)
        for collection, slugs in desired.items():
            if (kind := BY_COLLECTION.get(collection)) is not None:
                self._fetch(kind, slugs)

    def _fetch(self, kind: Kind, slugs: Iterable[str]) -> None:
        missing = sorted(slug for slug in slugs if f"{kind.name}/{slug}" not in self._named)
        for chunk in chunks(missing):
            for found in self.session.scalars(kind.select().where(kind.row.slug.in_(chunk))):
                self.register(kind, found)

    def fetch_terms(self, named: Iterable[tuple[str, str]]) -> None:
        """As `fetch`, of terms: names of vocabularies and slugs."""
        missing = sorted(set(named) - self._terms.keys())
        for chunk in chunks(missing):
            slugs = {slug for _, slug in chunk}
            for found in self.session.scalars(select(TermRow).where(TermRow.slug.in_(slugs))):
                self._terms.setdefault((found.scheme.slug, found.slug), found)

    def scheme_term(self, scheme: str, slug: str, pointer: str) -> TermRow | None:
        """The term of a vocabulary named by its field."""
        found = self._find_term(scheme, slug)
        if found is None:
            self.errors.unknown(pointer, f"term in the vocabulary {scheme!r}", slug, lambda: self._terms_of(scheme))
        return found

    def _find_term(self, scheme: str, slug: str) -> TermRow | None:
        key = (scheme, slug)
        if key not in self._terms:
            self._terms[key] = self.session.scalar(
                select(TermRow).join(TermRow.scheme).where(SchemeRow.slug == scheme, TermRow.slug == slug)
            ) or self._renamed_term(scheme, slug)
        return self._terms[key]

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
        found: AgentRow | None = self._find(BY_COLLECTION[collection], slug, pointer)
        return found.current if found else None

    def entry(self, reference: str, pointer: str) -> EntryRow | None:
        """`publications/…`: the collection of a kind of entry and a slug."""
        collection, slug = reference.split("/")
        kind = BY_COLLECTION.get(collection)
        if kind is None or not kind.is_entry:
            self.errors.unknown(pointer, "kind of entry", collection, lambda: ENTRY_COLLECTIONS)
            return None
        found: EntryRow | None = self._find(kind, slug, pointer)
        return found.current if found else None

    def check_query(self, text: str, pointer: str) -> None:
        """`publications?topic=ethics`: what is wrong with it is added, each at `pointer`."""
        errors = ErrorCollector()
        schema = CatalogueQuerySchema(self.schemes.values(), self._find_term, self._terms_of)
        read_list_address(errors, schema, ENTRY_LISTS, text)
        self.errors.merge(errors, pointer)

    def _find(self, kind: Kind, slug: str, pointer: str) -> Any:
        """The row of this kind, also by a former slug."""
        key = f"{kind.name}/{slug}"
        if key not in self._named:
            self._named[key] = self.session.scalar(kind.select().where(kind.row.slug == slug)) or find_by_former_slug(
                self.session, kind.table, str(kind.collection), slug, kind=kind.name
            )
        if self._named[key] is None:
            self.errors.unknown(pointer, kind.name, slug, lambda: self._slugs(kind))
        return self._named[key]

    def _slugs(self, kind: Kind) -> list[str]:
        """Those that are stored, and those that the batch has met, of its own new rows among them."""
        stored = self.session.scalars(kind.select().with_only_columns(kind.row.slug))
        met = (key.partition("/") for key, row in self._named.items() if row is not None)
        return sorted({*stored, *(slug for name, _, slug in met if name == kind.name)})
