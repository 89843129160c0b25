"""From an input model to the rows of its subject, for every kind. Only `staff.editing.writer` calls this."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any

from app.catalogue import reserved_names
from app.catalogue.child_rows import ColumnValues, sync_child_rows
from app.catalogue.entries import UNPUBLISHED, EntryIn, EntryRow, EntryTermRow, RelationRow
from app.catalogue.identifiers import IdentifierRow, normalised
from app.catalogue.inputs.resolver import Resolver
from app.catalogue.kind import Kind
from app.catalogue.parts.contributions import ContributionRow
from app.catalogue.parts.funding import FundingRow
from app.catalogue.parts.resources import ResourceRow
from app.catalogue.registry import ALL_ENTRIES, BY_COLLECTION, ENTRY_KINDS
from app.catalogue.schema import Schema
from app.catalogue.subjects import SubjectRow
from app.catalogue.terms import SchemeIn
from app.kit.json_types import JsonObject
from app.kit.text.slugs import title_key
from app.kit.values.partial_dates import PartialDate
from app.search.query.filter_parser import RESERVED as PARAMETERS

ChildRow = tuple[Hashable, ColumnValues]


def apply_input(kind: Kind, row: Any, data: Any, resolver: Resolver) -> None:
    """Make the rows say what the input says; what is wrong with it is collected in `resolver.errors`."""
    if kind.apply is not None:
        kind.apply(row, data, resolver)
    set_columns(row, data)
    if kind.is_entry:
        _apply_entry(row, data, resolver)
    if kind.search_schema.defines:
        _check_names(row, data, resolver)


def _check_names(row: SubjectRow, data: SchemeIn, resolver: Resolver) -> None:
    """A vocabulary is a parameter and an address: it may not take one that is there already. Its address never changes
    once it has one."""
    fields = {field.name for kind in ENTRY_KINDS for field in kind.search_schema.fields}
    if data.slug in fields or data.slug in PARAMETERS:
        resolver.errors.add("/slug", "reserved", "A field of this name already exists.")
    others = data.collection in BY_COLLECTION or data.collection == ALL_ENTRIES
    if row.version == 0 and (others or data.collection in reserved_names.RESERVED_COLLECTIONS):
        resolver.errors.add("/collection", "reserved", "This path is already in use.")


def set_columns(row: SubjectRow, data: Schema) -> None:
    """Every field of the input that is a column of the same name."""
    columns = row.__mapper__.column_attrs
    for name in type(data).model_fields:
        if name in columns and getattr(row, name) != (value := getattr(data, name)):
            setattr(row, name, value)


def subject_references(data: EntryIn) -> Iterator[str]:
    """The agents and entries that an entry names, so that those of many can be looked up together."""
    yield from (given.agent for given in data.contributors)
    yield from (given.funder for given in data.funding)
    yield from (given.target for given in data.relations)


def term_references(data: EntryIn) -> Iterator[tuple[str, str]]:
    """The terms that an entry names, by vocabulary and slug."""
    yield from ((scheme, slug) for scheme, slugs in data.terms.items() for slug in slugs)


def _apply_entry(row: EntryRow, data: EntryIn, resolver: Resolver) -> None:
    row.issued_on = PartialDate(data.issued).start if data.issued else None
    row.title_key = title_key(data.title)
    row.picture_url = data.picture.url if data.picture else None
    row.picture_text = data.picture.alternative_text if data.picture else None
    _apply_terms(row, data, resolver)
    _apply_identifiers(row, data, resolver)
    _apply_contributions(row, data, resolver)
    _apply_resources(row, data, resolver)
    _apply_relations(row, data, resolver)
    _apply_funding(row, data, resolver)


def _sync_children(
    row: EntryRow, name: str, desired: Sequence[ChildRow], key: Callable[[Any], Hashable], make: Any, resolver: Resolver
) -> None:
    """As `sync_child_rows`; the child rows of a new entry are added without comparison."""
    if row.version == 0:
        resolver.child_rows.add(row, name, desired, make)
    else:
        sync_child_rows(getattr(row, name), desired, key=key, make=make)


def _apply_identifiers(row: EntryRow, data: EntryIn, resolver: Resolver) -> None:
    desired = normalised(data.identifiers, resolver.errors)
    _sync_children(row, "identifiers", desired, lambda each: (each.scheme, each.value), IdentifierRow, resolver)


def _apply_terms(row: EntryRow, data: EntryIn, resolver: Resolver) -> None:
    desired: list[ChildRow] = []
    carried = {name: scheme for name, scheme in resolver.schemes.items() if not scheme.synonym_rings}
    for scheme, slugs in data.terms.items():
        known = carried.get(scheme)
        if known is None:
            resolver.errors.unknown(f"/terms/{scheme}", "vocabulary", scheme, lambda: carried)
            continue
        if known.single and len(slugs) > 1:
            resolver.errors.add(f"/terms/{scheme}", "too-many-values", f"Choose only one of “{known.label}”.")
        for position, slug in enumerate(slugs):
            term = resolver.scheme_term(scheme, slug, f"/terms/{scheme}/{position}")
            if term is not None:
                desired.append((term, {"term": term, "position": len(desired)}))
    unfinished = resolver.drafts and row.status in UNPUBLISHED
    for scheme, required in carried.items():
        if not unfinished and required.required and not data.terms.get(scheme):
            resolver.errors.add(f"/terms/{scheme}", "missing", f"Choose one of “{required.label}”.")
    _sync_children(row, "terms", desired, lambda each: each.term, EntryTermRow, resolver)


def _apply_contributions(row: EntryRow, data: EntryIn, resolver: Resolver) -> None:
    desired: list[ChildRow] = []
    for position, given in enumerate(data.contributors):
        agent = resolver.agent(given.agent, f"/contributors/{position}/agent")
        if agent is not None:
            desired.append(((agent, given.role), {"agent": agent, "role": given.role, "position": position}))
    _sync_children(row, "contributions", desired, lambda each: (each.agent, each.role), ContributionRow, resolver)


def _apply_resources(row: EntryRow, data: EntryIn, resolver: Resolver) -> None:
    desired = [
        ((given.type, given.url), given.model_dump() | {"position": position})
        for position, given in enumerate(data.resources)
    ]
    _sync_children(row, "resources", desired, lambda each: (each.type, each.url), ResourceRow, resolver)


def _apply_relations(row: EntryRow, data: EntryIn, resolver: Resolver) -> None:
    desired: list[ChildRow] = []
    for position, given in enumerate(data.relations):
        target = resolver.entry(given.target, f"/relations/{position}/target")
        if target is row:
            resolver.errors.add(f"/relations/{position}/target", "circle", "An entry cannot be related to itself.")
        elif target is not None:
            desired.append(((given.type, target), {"type": given.type, "target": target, "position": position}))
    sync_child_rows(row.relations, desired, key=lambda each: (each.type, each.target), make=RelationRow)


def _apply_funding(row: EntryRow, data: EntryIn, resolver: Resolver) -> None:
    desired: list[ChildRow] = []
    for position, given in enumerate(data.funding):
        funder = resolver.agent(given.funder, f"/funding/{position}/funder")
        if funder is not None:
            number = given.award_number or ""
            values = given.model_dump(exclude={"funder", "award_number"})
            values |= {"funder": funder, "award_number": number, "position": position}
            desired.append(((funder, number), values))
    sync_child_rows(row.funding, desired, key=lambda each: (each.funder, each.award_number), make=FundingRow)


def changed_fields(before: JsonObject | None, after: JsonObject) -> list[str]:
    """Names of the members that differ between two inputs as JSON."""
    if before is None:
        return sorted(after)
    return sorted(name for name in after.keys() | before.keys() if before.get(name) != after.get(name))
