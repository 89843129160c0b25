"""The documents that show something of a change, and must be re-rendered with it."""

from collections.abc import Callable, Iterable, Sequence

from sqlalchemy import ColumnElement, CompoundSelect, Select, false, literal, or_, select, union
from sqlalchemy.orm import Session, aliased

from app.catalogue.agents import AffiliationRow, AgentRow
from app.catalogue.entries import EntryRow, RelationRow, Status
from app.catalogue.parts.contributions import ContributionRow
from app.catalogue.parts.funding import FundingRow
from app.catalogue.registry import AGENT_KINDS, OTHER_KINDS, references
from app.catalogue.subjects import SubjectRow
from app.catalogue.terms import RelatedTermRow, TermRow
from app.documents.store import DocumentRow, DocumentState
from app.kit.containers.chunks import chunks

IdSelect = Select[int] | CompoundSelect[int]
Find = Callable[[Sequence[int]], IdSelect]


def select_ids(session: Session, find: Find, ids: Iterable[int]) -> set[int]:
    """All that `find` selects for these ids."""
    return {ident for chunk in chunks(sorted(ids)) for ident in session.scalars(find(chunk))}


def naming(table: type[SubjectRow], named: type[SubjectRow]) -> Find:
    """Those of one table whose inputs name any of these of another."""
    found = references(named.__tablename__, within=table.__tablename__)
    return lambda ids: _union(select(each.owner).where(each.target.in_(ids)) for each in found)


def named_by(table: type[SubjectRow], named: type[SubjectRow]) -> Find:
    """Those that inputs of one table name of another."""
    found = references(named.__tablename__, within=table.__tablename__)
    return lambda ids: _union(
        select(each.target).where(each.owner.in_(ids), each.target.is_not(None)) for each in found
    )


def _union(selects: Iterable[Select[int]]) -> IdSelect:
    found = tuple(selects)
    return union(*found) if found else select(literal(0)).where(false())


def terms_showing(ids: Sequence[int]) -> IdSelect:
    led = select(TermRow.id).where(or_(TermRow.broader_id.in_(ids), TermRow.replaced_by_id.in_(ids)))
    forth = select(RelatedTermRow.other_id).where(RelatedTermRow.term_id.in_(ids))
    return led.union(forth, select(RelatedTermRow.term_id).where(RelatedTermRow.other_id.in_(ids)))


def terms_of_schemes(ids: Sequence[int]) -> IdSelect:
    return select(TermRow.id).where(TermRow.scheme_id.in_(ids))


def replaced(session: Session, ids: Iterable[int]) -> set[int]:
    """Terms that lead to these, directly or through others: entries that carry them show these."""
    known = set(ids)
    fresh = known
    while fresh:
        fresh = (
            select_ids(session, lambda chunk: select(TermRow.id).where(TermRow.replaced_by_id.in_(chunk)), fresh)
            - known
        )
        known = known | fresh
    return known


def entries_with_terms(ids: Sequence[int]) -> IdSelect:
    return naming(EntryRow, TermRow)(ids)


def entries_naming(ids: Sequence[int]) -> IdSelect:
    return naming(EntryRow, AgentRow)(ids)


def entries_related(ids: Sequence[int]) -> IdSelect:
    forth = select(RelationRow.target_id).where(RelationRow.entry_id.in_(ids))
    table = EntryRow.__tablename__
    back = (each.owners(ids) for each in references(table, within=table))
    return forth.union(*back, select(EntryRow.id).where(EntryRow.replaced_by_id.in_(ids)))


def organisations_of(ids: Sequence[int]) -> IdSelect:
    return select(AffiliationRow.organisation_id).where(AffiliationRow.person_id.in_(ids))


def members_of(ids: Sequence[int]) -> IdSelect:
    """People who show an organisation."""
    return select(AffiliationRow.person_id).where(AffiliationRow.organisation_id.in_(ids))


def merged_into(ids: Sequence[int]) -> IdSelect:
    return select(AgentRow.id).where(AgentRow.replaced_by_id.in_(ids))


def agents_merged(ids: Sequence[int]) -> IdSelect:
    """Those that lead to others, where readers may know their addresses."""
    document = select(DocumentRow.id).where(
        DocumentRow.kind == AgentRow.kind, DocumentRow.source == AgentRow.id, DocumentRow.slug == AgentRow.slug
    )
    return select(AgentRow.id).where(AgentRow.id.in_(ids), AgentRow.replaced_by_id.is_not(None), document.exists())


def agents_with_documents(ids: Sequence[int]) -> IdSelect:
    return select(DocumentRow.source).where(
        DocumentRow.kind.in_([kind.name for kind in AGENT_KINDS]),
        DocumentRow.source.in_(ids),
        DocumentRow.state == DocumentState.live,
    )


def sources_at(session: Session, addresses: set[tuple[str, str]]) -> set[int]:
    """Ids of agents, entries or terms by the collection and slug that documents showed."""
    known: set[int] = set()
    for collection in sorted({collection for collection, _ in addresses}):
        slugs = sorted(slug for of, slug in addresses if of == collection)
        for chunk in chunks(slugs):
            there = DocumentRow.collection == collection, DocumentRow.slug.in_(chunk)
            known.update(
                session.scalars(select(DocumentRow.source).where(*there, DocumentRow.state == DocumentState.live))
            )
    return known


def agents_alive(ids: Sequence[int]) -> IdSelect:
    """Those named by something published, or by a person who is."""
    person = aliased(AgentRow)
    through = (
        select(AffiliationRow.id)
        .join(person, person.id == AffiliationRow.person_id)
        .where(AffiliationRow.organisation_id == AgentRow.id, _named(person))
        .exists()
    )
    return select(AgentRow.id).where(AgentRow.id.in_(ids), or_(_named(AgentRow), through))


def _named(agent: type[AgentRow]) -> ColumnElement[bool]:
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
    others = (
        select(each.owner).where(each.target == agent.id).exists()
        for kind in OTHER_KINDS
        for each in references(AgentRow.__tablename__, within=kind.table.__tablename__)
    )
    return or_(contributes.exists(), funds.exists(), *others)
