"""From readings to proposals: the members of an input model, agents, terms, an address."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import fields
from typing import Final

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalogue import reserved_names
from app.catalogue.entries import EntryRow
from app.catalogue.kind import FromRecord, Kind
from app.catalogue.registry import ENTRY_KINDS
from app.catalogue.subjects import FormerSlugRow
from app.exports.record import Record
from app.intake.matching.agent_matching import AgentMatcher
from app.intake.matching.columns import named_kind, take_columns
from app.intake.matching.proposals import Proposal
from app.intake.matching.term_matching import FORMAT, TermMatcher
from app.intake.records.parsed_record import ParsedRecord, licence_of
from app.kit.containers.chunks import chunks
from app.kit.containers.unique_list import UniqueList
from app.kit.text.characters import fold
from app.kit.text.slugs import slugify
from app.kit.values.identifiers import normalise
from app.kit.values.partial_dates import PartialDate

COLLECTIONS: Final = tuple(str(kind.collection) for kind in ENTRY_KINDS)
IMPORTED: Final[Sequence[tuple[Kind, FromRecord]]] = tuple(
    (kind, kind.from_record) for kind in ENTRY_KINDS if kind.from_record is not None
)
"""What records may become."""
NO_MEMBERS: Final = FromRecord({})
"""Of kinds that only a table can name."""
ROLES: Final[Mapping[str, str]] = {
    **{role: role for role in ("author", "editor", "translator", "illustrator", "interviewer", "producer")},
    "contributor": "contributor",
}
"""CSL roles that the catalogue has as well; all others are contributors."""
COMPONENT_TYPES: Final = frozenset({"chapter", "entry", "entry-dictionary", "entry-encyclopedia", "paper-conference"})
"""Types whose ISBN is that of the book they are in."""
_SHARED: Final[Mapping[str, str]] = {"title": "title", "abstract": "summary", "language": "language", "body": "body"}
_TREATED: Final = frozenset(
    {"id", "type", "names", "issued", "doi", "isbns", "url", "keywords", "licence_id", "licence_url", "updated_at"}
)
_FIELDS: Final = tuple(each.name for each in fields(Record))


def map_records(
    session: Session, parsed_records: Sequence[tuple[int, ParsedRecord]], words: TermMatcher, slugs: Set[str]
) -> list[Proposal]:
    """Each reading, with its number, as an entry to be. Agents and addresses are looked up for all together; `slugs`
    are not free any more, although the catalogue does not know them."""
    agents = AgentMatcher(session, [credit for _, parsed in parsed_records for credit in parsed.credits])
    proposals = [_proposal(number, parsed, agents, words) for number, parsed in parsed_records]
    _assign_slugs(session, proposals, slugs)
    for proposal in proposals:
        _check(proposal)
    return proposals


def kind_for(record: Record) -> tuple[Kind, FromRecord]:
    """What a record becomes: the kind that claims its type, else the first."""
    return next((each for each in IMPORTED if record.type in each[1].types), IMPORTED[0])


def _proposal(number: int, parsed: ParsedRecord, agents: AgentMatcher, words: TermMatcher) -> Proposal:
    record = parsed.record()
    kind, mapping = kind_for(record)
    if (named := named_kind(parsed)) is not None:
        kind, mapping = named, named.from_record or NO_MEMBERS
    proposal = Proposal(number, parsed.line, kind, {})
    proposal.notes, proposal.warnings = UniqueList(parsed.notes), UniqueList(parsed.warnings)
    _plain(proposal, mapping, record, parsed)
    _identifiers(proposal, record, parsed)
    _addresses(proposal, record, parsed)
    _people(proposal, parsed, agents)
    take_columns(proposal, parsed, words)
    _terms(proposal, mapping, record, parsed, words)
    _unmapped(proposal, mapping, record, parsed)
    return proposal


def _plain(proposal: Proposal, mapping: FromRecord, record: Record, parsed: ParsedRecord) -> None:
    members = {**_SHARED, **{source: member for member, source in mapping.members.items()}}
    for source, member in members.items():
        value = getattr(record, source)
        if value is not None:
            proposal.data[member] = value.text if isinstance(value, PartialDate) else value
            proposal.origin[member] = parsed.origin.get(source, "")
    if record.issued is not None:
        proposal.data["issued"] = record.issued.text
        proposal.origin["issued"] = parsed.origin.get("issued", "")
    licence = record.licence_id or licence_of(record.licence_url or "")
    if licence:
        proposal.data["licence"] = licence
        proposal.origin["licence"] = parsed.origin.get("licence_id", parsed.origin.get("licence_url", ""))
    elif record.licence_url:
        proposal.note("licence_url", record.licence_url)


def _identifiers(proposal: Proposal, record: Record, parsed: ParsedRecord) -> None:
    given = [("doi", record.doi)] if record.doi else []
    if record.type in COMPONENT_TYPES:
        for isbn in record.isbns:
            proposal.note("ISBN of the whole", isbn)
    else:
        given += [("isbn", isbn) for isbn in record.isbns]
    given += parsed.identifiers
    proposal.keys = [(scheme, str(value)) for scheme, value in dict.fromkeys(given)]
    if given:
        proposal.data["identifiers"] = [{"scheme": scheme, "value": value} for scheme, value in proposal.keys]
        proposal.origin["identifiers"] = parsed.origin.get("doi", parsed.origin.get("isbns", ""))


def _addresses(proposal: Proposal, record: Record, parsed: ParsedRecord) -> None:
    """The address of the DOI is no address of its own."""
    found = [url for url in (record.url, *parsed.links) if url and not _is_doi(url)]
    for url in found:
        proposal.keys += _as_key(url)
    if found:
        types = ("landing_page", *("view" for _ in found[1:]))
        proposal.data["resources"] = [{"type": sort, "url": url} for url, sort in _first(found, types)]
        proposal.origin["resources"] = parsed.origin.get("url", "")


def _first(urls: Sequence[str], types: Sequence[str]) -> list[tuple[str, str]]:
    types_by_url: dict[str, str] = {}
    for url, sort in zip(urls, types, strict=True):
        types_by_url.setdefault(url, sort)
    return list(types_by_url.items())


def _is_doi(url: str) -> bool:
    try:
        return bool(normalise("doi", url))
    except ValueError:
        return False


def _as_key(url: str) -> list[tuple[str, str]]:
    try:
        return [("url", normalise("url", url))]
    except ValueError:
        return []


def _people(proposal: Proposal, parsed: ParsedRecord, agents: AgentMatcher) -> None:
    contributors: UniqueList[tuple[str, str]] = UniqueList()
    for position, credit in enumerate(parsed.credits):
        origin = parsed.origin.get(f"names/{position}", "")
        try:
            known, warning = agents.find(credit)
        except ValueError:
            proposal.warnings.add("A name is not valid in the catalogue; it is kept in the notes.")
            proposal.note(origin or "name", credit.name.inverted)
            continue
        role = ROLES.get(credit.name.role, "contributor")
        if not contributors.add((known.reference, role)):
            proposal.warnings.add(f"{known.reference} is named twice in one role.")
            continue
        if role != credit.name.role:
            proposal.note(f"role of {credit.name.inverted}", credit.name.role)
        if warning:
            proposal.warnings.add(warning)
        if known.new:
            proposal.agents.setdefault(known.reference, known.new)
        proposal.origin[f"contributors/{len(contributors) - 1}"] = origin
    if contributors:
        proposal.data["contributors"] = [{"agent": reference, "role": role} for reference, role in contributors]
    first = parsed.credits[0].name if parsed.credits else None
    proposal.first_author = fold(first.family or first.literal or "") if first else ""


def _terms(proposal: Proposal, mapping: FromRecord, record: Record, parsed: ParsedRecord, words: TermMatcher) -> None:
    terms: dict[str, list[str]] = proposal.data.get("terms", {})
    chosen, others = words.format_of(mapping, record.type, record.genre)
    named = terms.get(FORMAT)
    if named:
        chosen = named[0]
    if chosen is None:
        proposal.warnings.add("No format follows from the type: choose one before publishing.")
        proposal.note("type", record.genre or record.type)
    elif not named:
        terms[FORMAT] = [chosen]
        proposal.origin[f"terms/{FORMAT}"] = parsed.origin.get("genre" if record.genre else "type", "")
        if others:
            proposal.warnings.add(f"The format is {chosen}; {', '.join(others)} would fit as well.")
    if record.genre and not (chosen and fold(record.genre) in words.formats):
        proposal.note(parsed.origin.get("genre", "genre"), record.genre)
    for keyword in record.keywords:
        found = [
            (scheme, slug)
            for scheme, slug in words.labels.get(fold(keyword), ())
            if not (scheme in words.single and scheme in terms)
        ]
        for scheme, slug in found:
            if slug not in terms.setdefault(scheme, []):
                terms[scheme].append(slug)
            proposal.origin.setdefault(f"terms/{scheme}", parsed.origin.get("keywords", ""))
        if not found:
            proposal.note(parsed.origin.get("keywords", "keywords"), keyword)
    if terms:
        proposal.data["terms"] = terms


def _unmapped(proposal: Proposal, mapping: FromRecord, record: Record, parsed: ParsedRecord) -> None:
    """Fields of a record that the kind has no member for go to the notes."""
    mapped = {*_SHARED, *mapping.members.values(), *_TREATED, "genre"}
    for name in _FIELDS:
        if name not in mapped and (value := getattr(record, name)):
            proposal.note(parsed.origin.get(name, name), value)


# --- addresses


def _assign_slugs(session: Session, proposals: Sequence[Proposal], slugs: Set[str]) -> None:
    """A slug for each that nothing has or had: of the title, then with the year, the first author, a number."""
    candidates_of_all = [_candidates(proposal) for proposal in proposals]
    requested_slugs = {slug for candidates in candidates_of_all for slug in candidates}
    taken = {*_taken(session, requested_slugs), *reserved_names.RESERVED_SLUGS, *(slugs & requested_slugs)}
    last: dict[str, int] = {}
    for proposal, candidates in zip(proposals, candidates_of_all, strict=True):
        slug = next((each for each in candidates if each not in taken), None)
        if slug is None:
            stem = candidates[-1]
            last[stem] = _free_number(session, stem, last.get(stem, 1) + 1, (taken, slugs))
            slug = f"{stem}-{last[stem]}"
        taken.add(slug)
        proposal.data["slug"] = slug


def _candidates(proposal: Proposal) -> list[str]:
    stem = slugify(str(proposal.data["title"]), 60)
    year = str(proposal.data.get("issued", ""))[:4]
    parts = [part for part in (year, slugify(proposal.first_author, 12) if proposal.first_author else "") if part]
    return ["-".join((stem, *parts[:count])) for count in range(len(parts) + 1)]


def _taken(session: Session, slugs: set[str]) -> frozenset[str]:
    found: set[str] = set()
    for chunk in chunks(sorted(slugs)):
        found.update(session.scalars(select(EntryRow.slug).where(EntryRow.slug.in_(chunk))))
        former = FormerSlugRow.collection.in_(COLLECTIONS), FormerSlugRow.slug.in_(chunk)
        found.update(session.scalars(select(FormerSlugRow.slug).where(*former)))
    return frozenset(found)


def _free_number(session: Session, stem: str, number: int, taken: Sequence[Set[str]]) -> int:
    """From `number` on. Tried in growing blocks, so that a name used a thousand times takes few statements."""
    step = 1
    while True:
        block = {f"{stem}-{each}": each for each in range(number, number + step)}
        free = set(block).difference(*(known & block.keys() for known in taken), _taken(session, set(block)))
        if free:
            return min(block[slug] for slug in free)
        number, step = number + step, min(step * 4, 256)


# --- validation by the input model


def _check(proposal: Proposal) -> None:
    """A member that the input model refuses goes to the notes, with its reason; the rest is proposed."""
    for _ in range(len(proposal.data)):
        try:
            proposal.input = proposal.kind.input.model_validate(proposal.data)
            return
        except ValidationError as error:
            for fault in error.errors(include_input=False, include_url=False):
                _move(proposal, str(fault["loc"][0]), fault["msg"])


def _move(proposal: Proposal, member: str, reason: str) -> None:
    value: object = proposal.data.pop(member, None)
    if value is None:
        return
    proposal.warnings.add(f"{member}: {reason.removeprefix('Value error, ')}. It is kept in the notes.")
    proposal.note(proposal.origin.pop(member, "") or member, value)
    if member == "title":
        proposal.data["title"] = str(value)[:990].rsplit(" ", 1)[0] + " …"
