"""When a resource takes a former slug of another: references to the other are rewritten to its current slug first.

Inputs refer to resources by their addresses. Without this, an entry by the one Jo Smith would be by the other as soon
as somebody corrected a comma in it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import String, cast, or_, select, union
from sqlalchemy.orm import Session

from app.catalogue.agents import COLLECTIONS
from app.catalogue.kind import Kind
from app.catalogue.registry import BY_COLLECTION, BY_NAME, KINDS, references
from app.catalogue.revisions import RevisionRow
from app.catalogue.subjects import SubjectRow, find_by_former_slug
from app.kit.containers.chunks import chunks
from app.kit.json_types import JsonMapping, JsonObject
from app.staff.editing.working_copies import WorkingCopyRow

REFERENCES = {"contributors": "agent", "funding": "funder", "relations": "target", "affiliations": "organisation"}
"""Lists of inputs whose items name an agent or an entry, and the member that does."""
SECTIONS, ITEMS, ITEM = "sections", "entries", "entry"
"""Of a collection: its sections, the entries of each, and the member that names one."""
BARE_REFERENCES = ("broader", "replaced_by", "related")
"""Members that name a term of the same vocabulary without its collection."""


@dataclass(frozen=True)
class RenamedSubject:
    """A resource whose former slug is `old`; inputs are to refer to it by its current slug."""

    kind: Kind
    row: SubjectRow
    collection: str
    old: str

    def renamed_reference(self, text: object, member: str) -> str | None:
        """The current form of a reference to it by its former slug; None for anything else."""
        if text == f"{self.collection}/{self.old}":
            return f"{self.collection}/{self.row.slug}"
        return self.row.slug if text == self.old and member in self._bare_members() else None

    def _bare_members(self) -> tuple[str, ...]:
        """Members that refer to it by its slug alone."""
        if self.kind.parent is not None:
            return (*BARE_REFERENCES, self.kind.parent_of(self.row).slug)
        return ("organisation",) if self.collection == COLLECTIONS["organisation"] else ()


def rename_references(data: Any, renamed: Sequence[RenamedSubject], member: str = "") -> Any:
    """The input with every reference to these by their current slugs. All at once: two may have swapped theirs."""
    if isinstance(data, Mapping):
        return {name: rename_references(value, renamed, name) for name, value in data.items()}
    if isinstance(data, list):
        return [rename_references(each, renamed, member) for each in data]
    references = (each.renamed_reference(data, member) for each in renamed)
    return next((reference for reference in references if reference is not None), data)


def ever_used(session: Session, names: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of these kinds and slugs that occur in the history."""
    by_kind: dict[str, list[str]] = {}
    for kind, slug in names:
        by_kind.setdefault(kind, []).append(slug)
    found: set[tuple[str, str]] = set()
    for kind, slugs in by_kind.items():
        for chunk in chunks(slugs):
            there = RevisionRow.kind == kind, RevisionRow.slug.in_(chunk)
            found.update((kind, slug) for slug in session.scalars(select(RevisionRow.slug).where(*there).distinct()))
    return found


def find_slug_reuse(
    session: Session, kind: Kind, collection: str, slug: str, row: SubjectRow | None
) -> RenamedSubject | None:
    """The resource that had the slug before `row` takes it, if it is another one and still exists."""
    of = kind.name if kind.parent is None else None
    former = find_by_former_slug(session, kind.row, collection, slug, kind=of)
    if former is None or former is row or former.slug == slug:
        return None
    return RenamedSubject(kind, former, collection, slug)


def referencing_rows(session: Session, kind: Kind, row: SubjectRow) -> Iterator[SubjectRow]:
    """Everything whose input refers to it, drafts too."""
    for table in dict.fromkeys(each.table for each in KINDS):
        found = references(kind.table.__tablename__, within=table.__tablename__)
        if found:
            owners = union(*(each.owners([row.id]) for each in found))
            yield from session.scalars(select(table).where(table.id.in_(owners)))


def referencing_copies(session: Session, renamed: RenamedSubject) -> Iterator[WorkingCopyRow]:
    """Working copies that may refer to it by its former slug."""
    text = cast(WorkingCopyRow.data, String)
    named = (f'"{renamed.collection}/{renamed.old}"', f'"{renamed.old}"')
    rows = select(WorkingCopyRow).where(or_(*(text.contains(name, autoescape=True) for name in named)))
    yield from session.scalars(rows)


def with_present_slugs(session: Session, data: JsonMapping, number: int) -> JsonObject:
    """An input of revision `number` with the current slugs of the agents, entries and terms that it refers to."""
    renamed: list[RenamedSubject] = []
    for kind, collection, slug in [*_references(data)]:
        called = select(RevisionRow.source).where(RevisionRow.kind == kind.name, RevisionRow.slug == slug)
        sources = session.scalars(called.where(RevisionRow.number <= number).order_by(RevisionRow.number.desc()))
        rows = (session.get(kind.row, source) for source in dict.fromkeys(sources))
        row = next((row for row in rows if row is not None and _belongs_to(kind, row, collection)), None)
        if row is not None and row.slug != slug:
            renamed.append(RenamedSubject(kind, row, collection, slug))
    return dict(rename_references(data, renamed))


def _references(data: JsonMapping) -> Iterator[tuple[Kind, str, str]]:
    """Kinds, collections (of terms also: vocabularies) and slugs."""
    for name, member in REFERENCES.items():
        for each in data.get(name, ()):
            collection, _, slug = str(each[member]).rpartition("/")
            if kind := BY_COLLECTION.get(collection or COLLECTIONS["organisation"]):
                yield kind, collection or COLLECTIONS["organisation"], slug
    for section in data.get(SECTIONS, ()):
        for each in section[ITEMS]:
            collection, _, slug = str(each[ITEM]).partition("/")
            yield BY_COLLECTION[collection], collection, slug
    for scheme, slugs in data.get("terms", {}).items():
        yield from ((BY_NAME["term"], scheme, slug) for slug in slugs)
    for text in filter(None, _named_terms(data)):
        collection, _, slug = text.rpartition("/")
        yield BY_NAME["term"], collection or str(data.get("scheme")), slug


def _named_terms(data: JsonMapping) -> Iterator[str | None]:
    """By the collection of their vocabulary; without one they are of that of the input."""
    yield from (each.get("term") for each in data.get("elements", ()))
    for name in BARE_REFERENCES:
        named = data.get(name)
        yield from named if isinstance(named, list) else (named,)


def _belongs_to(kind: Kind, row: SubjectRow, collection: str) -> bool:
    return kind.parent is None or collection in (kind.parent_of(row).slug, kind.parent_of(row).collection)
