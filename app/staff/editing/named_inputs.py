"""Inputs as people write them: titles, names and labels wherever slugs are, and no slug where the title makes one.

The response reports what each name was resolved to; an ambiguous or unknown name is an error with the choices.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalogue.agents import COLLECTIONS, AgentRow
from app.catalogue.entries import EntryRow
from app.catalogue.inputs.resolver import Resolver
from app.catalogue.kind import In, Kind, Row
from app.catalogue.reserved_names import RESERVED_SLUGS
from app.catalogue.schema import SLUG
from app.catalogue.terms import SchemeRow, TermRow
from app.kit.errors import MAX_ERRORS, ErrorDetail, Invalid
from app.kit.json_pointer import json_pointer
from app.kit.json_types import JsonMapping, JsonObject
from app.kit.text.characters import fold
from app.kit.text.slugs import slugify, title_key
from app.kit.text.suggestions import closest_matches
from app.staff.editing.merge_patch import validate_input
from app.staff.editing.slug_reuse import BARE_REFERENCES, ITEM, ITEMS, REFERENCES, SECTIONS, ever_used
from app.staff.editing.writer import find

NAMES: Final = ("title", "name", "label")
"""The member of each input, and the column of each table, that has the name of a resource."""
MAX_NUMBER: Final = 1_000
"""Resources of one name that get slugs by themselves."""
MAX_SLUG_LENGTH: Final = 74
"""Characters of a slug that is made, before its number."""
MAX_NAMED: Final = 50
"""Names of one input that are looked up."""
MAX_CHOICES: Final = 5
ENTRY: Final = "target"
ENTRIES: Final = frozenset({ENTRY, ITEM})
"""Members that name an entry."""
ORGANISATIONS: Final = "organisation"
"""The member that names an organisation without its collection."""
AGENT: Final = REFERENCES["contributors"]
AGENTS: Final = frozenset(REFERENCES.values()) - ENTRIES
PARTS: Final = {SECTIONS: "heading", "elements": "title"}
"""Lists of inputs whose items have a slug in the input, and the member that it is made of."""


@dataclass(frozen=True)
class NamedReference:
    """A text in the place of a reference; `references` are what have this name."""

    pointer: str
    text: str
    what: str
    references: Sequence[str]
    nearest: str | None


@dataclass
class NamedInput:
    """An input with the references that its names stand for; what was taken, and what could not be."""

    data: JsonObject
    notices: list[str] = field(default_factory=list)
    errors: list[ErrorDetail] = field(default_factory=list)

    def take(self, name: NamedReference) -> str:
        """The reference that a name stands for; the name itself, with an error, where it stands for several or none."""
        if len(name.references) == 1:
            [reference] = name.references
            self.notices.append(f"Matched by its name: {reference}.")
            return reference
        if name.references:
            message = f"Several have this name: choose the {name.what} that you mean."
            self.errors.append(
                ErrorDetail("ambiguous", message, pointer=name.pointer, allowed=(*name.references[:MAX_CHOICES],))
            )
        else:
            message = f"There is no {name.what} of this name."
            self.errors.append(ErrorDetail("unknown-name", message, pointer=name.pointer, suggestion=name.nearest))
        return name.text


def read_input(
    session: Session, kind: Kind[Row, In], data: JsonMapping, *, scheme: str | None = None
) -> tuple[In, list[str]]:
    """The input of that kind, and what its names were taken for. Raises `Invalid` with what is wrong with its form and
    with its names."""
    named = resolve_names(session, data, scheme)
    if "slug" not in named.data and (name := _own_name(named.data)):
        named.data["slug"] = free_slug(session, kind, name, scheme)
    _name_parts(named.data)
    try:
        valid = validate_input(kind, named.data)
    except Invalid as invalid:
        errors = _with_others(session, named, invalid.errors, scheme)
        if errors == [*invalid.errors]:
            raise  # it knows whether there are more than it lists
        raise Invalid(errors=errors) from None
    if named.errors:
        raise Invalid(errors=_with_others(session, named, (), scheme))
    return valid, named.notices


def _with_others(
    session: Session, named: NamedInput, errors: Sequence[ErrorDetail], scheme: str | None
) -> list[ErrorDetail]:
    """Everything that is wrong: with names, with the form, and with references to what is not there."""
    places = {each.pointer for each in named.errors} | ({"/slug"} if "slug" not in named.data else set())
    others = [each for each in errors if each.pointer not in places]
    if not named.errors and not others:
        return list(errors)
    if len(errors) >= MAX_ERRORS:
        return [*errors]
    pointers = {each.pointer for each in errors}
    unknown = [each for each in _unknown_references(session, named.data, scheme) if each.pointer not in pointers]
    return [*named.errors, *unknown, *others]


def _unknown_references(session: Session, data: JsonObject, scheme: str | None) -> Sequence[ErrorDetail]:
    resolver = Resolver(session)
    places = [(pointer, holder[key], what) for pointer, holder, key, what in _places(data, scheme)]
    for pointer, text, what in places[:MAX_NAMED]:
        if not isinstance(text, str) or not _is_reference(text):
            continue
        if "/" not in text and what not in REFERENCES.values():
            resolver.scheme_term(what, text, pointer)
        elif what in ENTRIES and "/" in text:
            resolver.entry(text, pointer)
        elif what in AGENTS and text.partition("/")[0] in COLLECTIONS.values():
            resolver.agent(text, pointer)
    try:
        resolver.errors.check()
    except Invalid as invalid:
        return invalid.errors
    return ()


def _name_parts(data: JsonObject) -> None:
    """Gives parts of an input a slug by what they are called, with a number where another part of it has this slug;
    none to those for which there is no number left."""
    for member, called in PARTS.items():
        parts = data.get(member)
        if not isinstance(parts, list):
            continue
        data[member] = parts = [{**each} if isinstance(each, dict) else each for each in parts]
        used = {each["slug"] for each in parts if isinstance(each, dict) and isinstance(each.get("slug"), str)}
        candidates: dict[str, Iterator[str]] = {}
        for each in parts:
            if isinstance(each, dict) and "slug" not in each and isinstance(name := each.get(called), str) and name:
                stem = slugify(name, MAX_SLUG_LENGTH)
                following = candidates.setdefault(stem, _candidates(stem))
                if slug := next((slug for slug in following if slug not in used), None):
                    each["slug"] = slug
                    used.add(slug)


def _own_name(data: JsonMapping) -> str | None:
    return next((name for member in NAMES if isinstance(name := data.get(member), str) and name.strip()), None)


def namesakes(session: Session, kind: Kind[Row, In], data: JsonMapping, scheme: str | None = None) -> list[str]:
    """A sentence about what has the name of something new already, if anything has."""
    what = scheme or (AGENT if kind.public_while_named else ENTRY if kind.is_entry else None)
    name = _own_name(data)
    if name is None or what is None:
        return []
    same = _look_up(session, "", name.strip(), what).references[:MAX_CHOICES]
    return [f"This name is here already: {', '.join(same)}."] if same else []


def free_slug(session: Session, kind: Kind, name: str, scheme: str | None = None) -> str:
    """Of a title, name or label; with a number where something has this slug, or had it."""
    stem = slugify(name, MAX_SLUG_LENGTH)
    candidates = [*_candidates(stem)]
    first = candidates[0]
    used = {slug for _, slug in ever_used(session, ((kind.name, slug) for slug in candidates))}
    if kind.is_entry:
        used |= set(session.scalars(select(EntryRow.slug).where(EntryRow.slug.like(f"{stem}%"))))
    if kind.parent is not None and first in used and find(session, kind, first, scheme=scheme) is None:
        return first  # that of a term in another vocabulary
    return next((slug for slug in candidates if slug not in used), first)


def _candidates(stem: str) -> Iterator[str]:
    """Slugs that begin so, the best first."""
    if stem not in RESERVED_SLUGS:
        yield stem
    yield from (f"{stem}-{number}" for number in range(2, MAX_NUMBER))


def resolve_names(session: Session, data: JsonMapping, scheme: str | None = None) -> NamedInput:
    """With the references that its names stand for; `scheme` is the vocabulary of a term. What does not look like a
    name stays as it is."""
    named = NamedInput(dict(data))
    looked_up = 0
    for pointer, holder, key, what in _places(named.data, scheme):
        text = holder[key]
        if not isinstance(text, str) or not text.strip() or _is_reference(text) or looked_up >= MAX_NAMED:
            continue
        looked_up += 1
        holder[key] = named.take(_look_up(session, pointer, text.strip(), what))
    return named


def resolve_name(session: Session, pointer: str, text: str, what: str) -> str:
    """The reference that one name stands for. Raises `Invalid` where it stands for several or none."""
    if _is_reference(text):
        return text
    named = NamedInput({})
    reference = named.take(_look_up(session, pointer, text.strip(), what))
    if named.errors:
        raise Invalid(errors=named.errors)
    return reference


Place = tuple[str, Any, Any, str]
"""Pointer, what holds a reference, under which key, and what it names: a vocabulary or a member."""


def _places(data: JsonObject, scheme: str | None) -> Iterator[Place]:
    """Where an input refers to something. What holds the references is copied first."""
    yield from _places_of_terms(data)
    for name, member in REFERENCES.items():
        yield from _places_in(data, name, member)
    if isinstance(sections := data.get(SECTIONS), list):
        data[SECTIONS] = [{**each} if isinstance(each, dict) else each for each in sections]
        for position, section in enumerate(data[SECTIONS]):
            if isinstance(section, dict):
                yield from _places_in(section, ITEMS, ITEM, (SECTIONS, position))
    for name in BARE_REFERENCES if scheme is not None else ():
        if isinstance(named := data.get(name), list):
            data[name] = copied = [*named]
            yield from (
                (json_pointer((name, position)), copied, position, str(scheme)) for position in range(len(named))
            )
        elif name in data:
            yield json_pointer((name,)), data, name, str(scheme)


def _places_of_terms(data: JsonObject) -> Iterator[Place]:
    terms = data.get("terms")
    if isinstance(terms, dict):
        data["terms"] = copied = {
            scheme: [*slugs] if isinstance(slugs, list) else slugs for scheme, slugs in terms.items()
        }
        for scheme, slugs in copied.items():
            for position in range(len(slugs) if isinstance(slugs, list) else 0):
                yield json_pointer(("terms", scheme, position)), slugs, position, scheme


def _places_in(data: JsonObject, name: str, member: str, above: tuple[str | int, ...] = ()) -> Iterator[Place]:
    """Of a list whose items name something with a member."""
    items = data.get(name)
    if isinstance(items, list):
        data[name] = [{**each} if isinstance(each, dict) else each for each in items]
        for position, item in enumerate(data[name]):
            if isinstance(item, dict) and member in item:
                yield json_pointer((*above, name, position, member)), item, member, member


def _is_reference(text: str) -> bool:
    """Whether it is one in form: a slug, or a collection and a slug."""
    collection, _, slug = text.rpartition("/")
    return SLUG.fullmatch(slug) is not None and (not collection or SLUG.fullmatch(collection) is not None)


def _look_up(session: Session, pointer: str, text: str, what: str) -> NamedReference:
    if what in AGENTS:
        return _agent(session, pointer, text, what)
    if what in ENTRIES:
        return _entry(session, pointer, text)
    rows = session.scalars(select(TermRow).join(TermRow.scheme).where(SchemeRow.slug == what)).all()
    names = {row.slug: (row.label, *row.alternative_labels, *row.hidden_labels) for row in rows}
    return _name(pointer, text, what, names, [row.label for row in rows])


def _agent(session: Session, pointer: str, text: str, member: str) -> NamedReference:
    """By a name as it is shown, as `Family, Given`, or by another one that it is known by."""
    living = select(AgentRow).where(AgentRow.replaced_by_id.is_(None)).order_by(AgentRow.name, AgentRow.id)
    if member == ORGANISATIONS:
        living = living.where(AgentRow.kind == ORGANISATIONS)
    names: dict[str, tuple[str, ...]] = {}
    for row in session.scalars(living):
        turned = (f"{row.family}, {row.given}",) if row.family and row.given else ()
        reference = row.slug if member == ORGANISATIONS else f"{COLLECTIONS[row.kind]}/{row.slug}"
        names[reference] = (row.name, *turned, *row.alternative_names)
    what = "organisation" if member == ORGANISATIONS else "person or organisation"
    return _name(pointer, text, what, names, [shown[0] for shown in names.values()])


def _entry(session: Session, pointer: str, text: str) -> NamedReference:
    named = select(EntryRow).where(EntryRow.title_key == title_key(text)).order_by(EntryRow.id)
    found = session.scalars(named.limit(MAX_CHOICES + 1))
    return NamedReference(pointer, text, "entry", [f"{row.collection}/{row.slug}" for row in found], None)


def _name(
    pointer: str, text: str, what: str, names: Mapping[str, Iterable[str]], shown: Sequence[str]
) -> NamedReference:
    """`names` are by reference; `shown` are those to suggest."""
    wanted = fold(text)
    references = [reference for reference, known in names.items() if wanted in map(fold, known)]
    nearest = () if references else closest_matches(text, shown, 1)
    return NamedReference(pointer, text, what, references, next(iter(nearest), None))
