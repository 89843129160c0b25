"""What may be there already: by identifier, else by title, year and first author.

SQL finds candidates, words decide.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Final

from sqlalchemy import CompoundSelect, Connection, Row, Select, bindparam, func, or_, select, tuple_, union_all
from sqlalchemy.orm import Session

from app.catalogue.agents import AgentRow
from app.catalogue.entries import EntryRow, Status
from app.catalogue.identifiers import IdentifierRow
from app.catalogue.parts.contributions import ContributionRow
from app.catalogue.registry import BY_COLLECTION
from app.intake.matching.proposals import Duplicate, Proposal
from app.kit.containers.chunks import chunks
from app.kit.json_types import JsonObject
from app.kit.text.characters import fold
from app.kit.text.slugs import title_key

MAX_SLIPS: Final = 12
MAX_SLIP_LENGTH: Final = 60
"""Words of each title that are compared letter by letter, and letters of such a word, at most."""
PREFIX: Final = 24
"""Characters of a title's key by which other candidates are found."""
MAX_DUPLICATES: Final = 20
"""Candidates for one record that are found by likeness, in each of the ways."""
SAME, ALIKE = 0.95, 0.8
"""How like titles must be: where little else is known, and where year and author agree."""

DuplicateRow = Row[Any]
"""A row of the columns below."""

_ENTRY: Final = EntryRow.__table__
_AGENT: Final = AgentRow.__table__
_CONTRIBUTION: Final = ContributionRow.__table__
_COLUMNS: Final = [_ENTRY.c[name] for name in ("id", "kind", "slug", "title", "status", "issued", "title_key")]
_MERGED: Final = _ENTRY.c.status != Status.merged
_CLOSE_IN_TIME: Final = or_(
    _ENTRY.c.issued.is_(None), _ENTRY.c.issued.between(bindparam("earliest"), bindparam("latest"))
)
_BELOW: Final = (
    select(*_COLUMNS)
    .where(_ENTRY.c.title_key >= bindparam("low"), _ENTRY.c.title_key < bindparam("key"), _MERGED)
    .order_by(_ENTRY.c.title_key.desc())
    .limit(MAX_DUPLICATES)
)
_ABOVE: Final = (
    select(*_COLUMNS)
    .where(_ENTRY.c.title_key > bindparam("key"), _ENTRY.c.title_key < bindparam("high"), _MERGED)
    .order_by(_ENTRY.c.title_key)
    .limit(MAX_DUPLICATES)
)
"""The titles next to one in the order of keys: a subtitle more or less, a slip towards the end."""
_FIRST_OF: Final = (
    select(_CONTRIBUTION.c.entry_id)
    .join(_AGENT, _AGENT.c.id == _CONTRIBUTION.c.agent_id)
    .where(_AGENT.c.kind == bindparam("agent_kind"), _AGENT.c.slug == bindparam("agent_slug"))
    .where(_CONTRIBUTION.c.position == 0)
    .order_by(_CONTRIBUTION.c.id.desc())
    .limit(10 * MAX_DUPLICATES)
    .subquery()
)
_OF_FIRST_AUTHOR: Final = (
    select(*_COLUMNS)
    .join(_FIRST_OF, _FIRST_OF.c.entry_id == _ENTRY.c.id)
    .where(_MERGED, _CLOSE_IN_TIME, _ENTRY.c.title_key != bindparam("key"))
    .where(func.length(_ENTRY.c.title_key).between(bindparam("shortest"), bindparam("longest")))
    .limit(MAX_DUPLICATES)
)
"""Works of the same first author from those years: a slip at the beginning of the title. The work of looking is
bounded, however much somebody wrote."""


def _all_of(*parts: Select[object]) -> CompoundSelect[Any]:
    """One question instead of several: asking costs more than answering."""
    return union_all(*(select(part.subquery()) for part in parts))


_NEIGHBOURS: Final = _all_of(_BELOW, _ABOVE)
_AROUND: Final = _all_of(_BELOW, _ABOVE, _OF_FIRST_AUTHOR)


@dataclass(frozen=True, slots=True)
class MatchKey:
    """What two works are compared by."""

    key: str
    year: int | None
    author: str


def find_duplicates(session: Session, proposals: Sequence[Proposal]) -> None:
    """Fill in `duplicates` of each: what the catalogue has. What stands earlier in the file, `EarlierRecords` knows."""
    _by_identifier(session, proposals)
    left = [proposal for proposal in proposals if not proposal.duplicates]
    _by_likeness(session, left)


def match_key(proposal: Proposal) -> MatchKey:
    year = str(proposal.data.get("issued", ""))[:4]
    return MatchKey(title_key(str(proposal.data["title"])), int(year) if year else None, proposal.first_author)


def _by_identifier(session: Session, proposals: Sequence[Proposal]) -> None:
    owners: dict[tuple[str, str], list[Proposal]] = {}
    for proposal in proposals:
        for key in proposal.keys:
            owners.setdefault(key, []).append(proposal)
    for chunk in chunks(owners):
        held = tuple_(IdentifierRow.scheme, IdentifierRow.value).in_(chunk)
        statement = select(IdentifierRow.scheme, IdentifierRow.value, *_COLUMNS).join(
            _ENTRY, _ENTRY.c.id == IdentifierRow.entry_id
        )
        for row in session.execute(statement.where(held)):
            for proposal in owners[row.scheme, row.value]:
                certain = row.scheme != "url"  # a page may describe several works
                _note(proposal, row, f"It has the same {row.scheme.upper()}.", certain=certain)


def _note(proposal: Proposal, row: DuplicateRow, why: str, *, certain: bool) -> None:
    found = Duplicate(row.kind, row.slug, row.title, row.status, why, certain)
    if all((each.kind, each.slug) != (found.kind, found.slug) for each in proposal.duplicates):
        proposal.duplicates.append(found)


def _by_likeness(session: Session, proposals: Sequence[Proposal]) -> None:
    requested = [(proposal, match_key(proposal)) for proposal in proposals]
    rows: dict[int, DuplicateRow] = {}
    found: list[tuple[Proposal, MatchKey, set[int]]] = [(proposal, own, set()) for proposal, own in requested]
    exact: dict[str, list[set[int]]] = {}
    for _, own, ids in found:
        if own.key:
            exact.setdefault(own.key, []).append(ids)
    for chunk in chunks(exact):
        for row in session.execute(select(*_COLUMNS).where(_ENTRY.c.title_key.in_(chunk), _MERGED)):
            rows[row.id] = row
            for ids in exact[row.title_key]:
                ids.add(row.id)
    connection = session.connection()
    for proposal, own, ids in found:
        for row in _neighbours(connection, proposal, own):
            rows[row.id] = row
            ids.add(row.id)
    authors = _first_authors(session, rows)
    for proposal, own, ids in found:
        for ident in sorted(ids):
            row = rows[ident]
            other = MatchKey(row.title_key, int(row.issued[:4]) if row.issued else None, authors.get(ident, ""))
            if (why := compare(own, other)) is not None:
                _note(proposal, row, why, certain=False)


def _neighbours(connection: Connection, proposal: Proposal, own: MatchKey) -> Iterable[DuplicateRow]:
    """Neighbours in the order of titles, and works of the first author."""
    near, of_author = _near(own), _of_first_author(proposal, own)
    if near and of_author:
        return connection.execute(_AROUND, near | of_author)
    if of_author:
        return connection.execute(_OF_FIRST_AUTHOR, of_author)
    return connection.execute(_NEIGHBOURS, near) if near else ()


def _near(own: MatchKey) -> JsonObject:
    """Keys by which similar titles are found; none for a short title."""
    prefix = own.key[:PREFIX]
    return {"low": prefix, "key": own.key, "high": prefix + "\uffff"} if len(prefix) == PREFIX else {}


def _of_first_author(proposal: Proposal, own: MatchKey) -> JsonObject:
    """Keys by which works of the first author are found; none where the author or the year is unknown."""
    contributors = proposal.data.get("contributors") or ()
    if not contributors or contributors[0]["agent"] in proposal.agents or own.year is None:
        return {}
    collection, slug = contributors[0]["agent"].split("/")
    return {
        "agent_kind": BY_COLLECTION[collection].name,
        "agent_slug": slug,
        "key": own.key,
        "shortest": int(len(own.key) * 0.7),
        "longest": int(len(own.key) * 1.4),
        **_years(own.year),
    }


def _years(year: int) -> dict[str, str]:
    return {"earliest": str(year - 1), "latest": f"{year + 1}-99"}


def _first_authors(session: Session, ids: Iterable[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for chunk in chunks(ids):
        statement = (
            select(ContributionRow.entry_id, AgentRow.family, AgentRow.name)
            .join(AgentRow, AgentRow.id == ContributionRow.agent_id)
            .where(ContributionRow.entry_id.in_(chunk), ContributionRow.position == 0)
        )
        found.update((row.entry_id, fold(row.family or row.name)) for row in session.execute(statement))
    return found


def compare(one: MatchKey, other: MatchKey) -> str | None:
    """Why two works may be the same; None where they are not."""
    if one.year and other.year and abs(one.year - other.year) > 1:
        return None
    if one.author and other.author and one.author != other.author:
        return None
    agree = bool(one.year and one.year == other.year and one.author and one.author == other.author)
    if one.key == other.key:
        return "Title, year and first author are the same." if agree else "The title is the same."
    if similarity(one.key, other.key) >= (ALIKE if agree else SAME):
        return "Title, year and first author are nearly the same." if agree else "The title is nearly the same."
    return None


def similarity(one: str, other: str) -> float:
    """From 0 to 1, by the letters of the words that both have; a slip within a word is forgiven.

    One title may be the beginning of the other; numbers must be the same ones.
    """
    first, second = one.split(), other.split()
    if _numbers(first) != _numbers(second):
        return 0.0
    shorter, longer = sorted((first, second), key=len)
    if len(shorter) >= 4 and longer[: len(shorter)] == shorter:
        return 0.9
    common = Counter(first) & Counter(second)
    left, right = [*(Counter(first) - common).elements()], [*(Counter(second) - common).elements()]
    shared = 2 * sum(len(word) * times for word, times in common.items())
    total = shared + sum(map(len, left)) + sum(map(len, right))
    if 2 * shared < total:
        return 0.0
    return (shared + _nearly_shared(left, right)) / total


def _nearly_shared(left: Sequence[str], right: Sequence[str]) -> int:
    """Letters of words that differ by a slip, on both sides."""
    if max(len(left), len(right)) > MAX_SLIPS:
        return 0
    shared, free = 0, [*right]
    for word in left:
        near = next((each for each in free if _is_slip(word, each)), None)
        if near is not None:
            free.remove(near)
            shared += len(word) + len(near)
    return shared


def _is_slip(one: str, other: str) -> bool:
    if abs(len(one) - len(other)) > 2 or len(one) > MAX_SLIP_LENGTH:
        return False
    return SequenceMatcher(None, one, other, autojunk=False).ratio() >= 0.8


def _numbers(words: Sequence[str]) -> list[str]:
    return [word for word in words if any(char.isdigit() for char in word)]
