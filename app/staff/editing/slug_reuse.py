"""When something takes a name that another thing had before: whatever names the other one says its present name first.

Inputs name things by their addresses. Without this, an entry by the one Jo Smith would be by the other as soon as
somebody corrected a comma in it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import String, cast, or_, select
from sqlalchemy.orm import Session

from app.catalogue.agents import COLLECTIONS, AffiliationRow, AgentRow
from app.catalogue.entries import EntryRow, RelationRow
from app.catalogue.kind import Kind
from app.catalogue.parts.contributions import ContributionRow
from app.catalogue.parts.funding import FundingRow
from app.catalogue.registry import BY_COLLECTION, BY_NAME
from app.catalogue.revisions import RevisionRow
from app.catalogue.subjects import SubjectRow, find_by_former_slug
from app.catalogue.terms import TermRow
from app.kit.json_types import JsonMapping, JsonObject
from app.published import dependents
from app.staff.editing.working_copies import WorkingCopyRow

CHUNK = 500
REFERENCES = {"contributors": "agent", "funding": "funder", "relations": "target", "affiliations": "organisation"}
"""Lists of inputs whose items name an agent or an entry, and the member that does."""
BARE_REFERENCES = ("broader", "replaced_by", "related")
"""Members that name a term of the same vocabulary without its collection."""


@dataclass(frozen=True)
class RenamedSubject:
    """A thing that was called `old`, which inputs are to call by its present name."""

    row: SubjectRow
    collection: str
    old: str

    def said(self, text: object, member: str) -> str | None:
        """What is to stand in the place of a reference to it; None for anything else."""
        if text == f"{self.collection}/{self.old}":
            return f"{self.collection}/{self.row.slug}"
        return self.row.slug if text == self.old and member in self._bare() else None

    def _bare(self) -> tuple[str, ...]:
        """Members in which its slug stands alone."""
        if isinstance(self.row, TermRow):
            return (*BARE_REFERENCES, self.row.scheme.slug)
        return ("organisation",) if self.collection == COLLECTIONS["organisation"] else ()


def rename_references(data: Any, renamed: Sequence[RenamedSubject], member: str = "") -> Any:
    """The input with every reference to these by their present names. All at once: two may have swapped theirs."""
    if isinstance(data, Mapping):
        return {name: rename_references(value, renamed, name) for name, value in data.items()}
    if isinstance(data, list):
        return [rename_references(each, renamed, member) for each in data]
    return next((said for each in renamed if (said := each.said(data, member)) is not None), data)


def ever_used(session: Session, names: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of these kinds and slugs that anything in the history is or was called by."""
    by_kind: dict[str, list[str]] = {}
    for kind, slug in names:
        by_kind.setdefault(kind, []).append(slug)
    found: set[tuple[str, str]] = set()
    for kind, slugs in by_kind.items():
        for start in range(0, len(slugs), CHUNK):
            there = RevisionRow.kind == kind, RevisionRow.slug.in_(slugs[start : start + CHUNK])
            found.update((kind, slug) for slug in session.scalars(select(RevisionRow.slug).where(*there).distinct()))
    return found


def find_slug_reuse(
    session: Session, kind: Kind, collection: str, slug: str, row: SubjectRow | None
) -> RenamedSubject | None:
    """The thing that had this name before `row` takes it now, if it is another and is still there."""
    of = None if issubclass(kind.row, TermRow) else kind.name
    former = find_by_former_slug(session, kind.row, collection, slug, kind=of)
    if former is None or former is row or former.slug == slug:
        return None
    return RenamedSubject(former, collection, slug)


def referencing_rows(session: Session, row: SubjectRow) -> Iterator[SubjectRow]:
    """Everything whose input names it, drafts too."""
    entries = select(EntryRow)
    if isinstance(row, EntryRow):
        related = select(RelationRow.entry_id).where(RelationRow.target_id == row.id)
        yield from session.scalars(entries.where(EntryRow.id.in_(related)))
    elif isinstance(row, TermRow):
        yield from session.scalars(entries.where(EntryRow.id.in_(dependents.entries_with_terms([row.id]))))
        yield from session.scalars(select(TermRow).where(TermRow.id.in_(dependents.terms_showing([row.id]))))
    elif isinstance(row, AgentRow):
        named = select(ContributionRow.entry_id).where(ContributionRow.agent_id == row.id)
        funded = select(FundingRow.entry_id).where(FundingRow.agent_id == row.id)
        members = select(AffiliationRow.person_id).where(AffiliationRow.organisation_id == row.id)
        yield from session.scalars(entries.where(EntryRow.id.in_(named.union(funded))))
        yield from session.scalars(select(AgentRow).where(AgentRow.id.in_(members)))


def referencing_copies(session: Session, renamed: RenamedSubject) -> Iterator[WorkingCopyRow]:
    """Working copies in which it may stand by its old name."""
    said = cast(WorkingCopyRow.data, String)
    named = (f'"{renamed.collection}/{renamed.old}"', f'"{renamed.old}"')
    rows = select(WorkingCopyRow).where(or_(*(said.contains(name, autoescape=True) for name in named)))
    yield from session.scalars(rows)


def with_present_slugs(session: Session, data: JsonMapping, number: int) -> JsonObject:
    """An input of revision `number` with the present names of the agents, entries and terms that it named then."""
    renamed: list[RenamedSubject] = []
    for kind, collection, slug in [*_named(data)]:
        called = select(RevisionRow.source).where(RevisionRow.kind == kind.name, RevisionRow.slug == slug)
        sources = session.scalars(called.where(RevisionRow.number <= number).order_by(RevisionRow.number.desc()))
        rows = (session.get(kind.row, source) for source in dict.fromkeys(sources))
        row = next((row for row in rows if row is not None and _stands_in(row, collection)), None)
        if row is not None and row.slug != slug:
            renamed.append(RenamedSubject(row, row.scheme.collection if isinstance(row, TermRow) else collection, slug))
    return dict(rename_references(data, renamed))


def _named(data: JsonMapping) -> Iterator[tuple[Kind, str, str]]:
    """Kinds, collections (of terms: vocabularies) and slugs."""
    for name, member in REFERENCES.items():
        for each in data.get(name, ()):
            collection, _, slug = str(each[member]).rpartition("/")
            if kind := BY_COLLECTION.get(collection or COLLECTIONS["organisation"]):
                yield kind, collection or COLLECTIONS["organisation"], slug
    for scheme, slugs in data.get("terms", {}).items():
        yield from ((BY_NAME["term"], scheme, slug) for slug in slugs)


def _stands_in(row: SubjectRow, collection: str) -> bool:
    return not isinstance(row, TermRow) or row.scheme.slug == collection
