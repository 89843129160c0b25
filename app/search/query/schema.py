"""How documents of a kind can be queried, declared as data: parser, index, OpenAPI and `/fields` are derived from
it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from app.kit.json_types import JsonMapping
from app.kit.text.characters import label_of
from app.kit.values.partial_dates import PartialDate
from app.kit.values.uuids import canonical_uuid
from app.search.query.value_types import INSTANT, INTEGER, KEYWORD, TERM, ValueType

Extractor = Callable[[JsonMapping], list[str]]


NOWHERE: Mapping[str, str] = {}


def _collect(value: object, steps: tuple[str, ...], where: Mapping[str, str], found: list[str]) -> None:
    if isinstance(value, str):
        if value and not steps:
            found.append(value)
    elif isinstance(value, list):
        last = steps[0] if len(steps) == 1 else None
        for item in value:
            if not isinstance(item, dict):
                _collect(item, steps, where, found)
            elif not where or where.items() <= item.items():
                inner = item.get(last) if last is not None else None
                if isinstance(inner, str):  # what most are: a member of each item
                    if inner:
                        found.append(inner)
                else:
                    _collect(item, steps, NOWHERE, found)
    elif not steps:
        if value is not None:
            found.append(str(value).lower() if isinstance(value, bool) else str(value))
    elif isinstance(value, dict):
        if steps[0] == "*":
            for item in value.values():
                _collect(item, steps[1:], where, found)
        elif (inner := value.get(steps[0])) is not None:
            _collect(inner, steps[1:], where, found)


def _member(name: str) -> Extractor:
    """What most fields are: one member of the document itself."""

    def extract(document: JsonMapping) -> list[str]:
        value = document.get(name)
        if isinstance(value, str):
            return [value] if value else []
        found: list[str] = []
        _collect(value, (), NOWHERE, found)
        return found

    return extract


def extract_at(*paths: str, **where: str) -> Extractor:
    """Reads the values at dotted paths; lists are walked through, empty values are left out.

    `*` is any key, but not the first. `where` keeps only those items of the first list on the way whose members
    equal it.
    """
    heads = [(first, tuple(rest.split(".")) if rest else ()) for first, _, rest in (p.partition(".") for p in paths)]

    if len(heads) == 1 and not heads[0][1]:
        return _member(heads[0][0])

    def extract(document: JsonMapping) -> list[str]:
        found: list[str] = []
        for first, rest in heads:
            value = document.get(first)
            if value or value == 0:
                _collect(value, rest, where, found)
        return found

    return extract


def extract_period(start: str, end: str) -> Extractor:
    """From one member to another, as a period is written; a single day where only one of them is there, or where the
    end was before the start, as in what was stored before there was the rule."""

    def extract(document: JsonMapping) -> list[str]:
        first, *rest = [value for name in (start, end) if (value := document.get(name))] or [None]
        if rest and PartialDate.parse(rest[0]).end >= PartialDate.parse(first).start:
            return [f"{first}/{rest[0]}"]
        return [first] if first else []

    return extract


@dataclass(frozen=True)
class Field:
    """One thing to filter by. `collection` names where its values are documents themselves, for their labels."""

    name: str
    type: ValueType
    values: Extractor
    description: str
    sortable: bool = False
    facetable: bool = False
    collection: str | tuple[str, ...] | None = None
    choices: tuple[str, ...] = ()
    parse: Callable[[str], str] | None = None
    caption: str | None = None

    @property
    def label(self) -> str:
        """What readers call it."""
        return self.caption or label_of(self.name)

    @property
    def is_closed(self) -> bool:
        """Whether a filter may name existing values only."""
        listed = self.type is KEYWORD and self.facetable
        return self.type is TERM or bool(self.choices or self.collection) or listed

    @property
    def collections(self) -> tuple[str, ...]:
        if self.collection is None:
            return ()
        return (self.collection,) if isinstance(self.collection, str) else self.collection


DOCUMENT_FIELDS: Final = (
    Field("id", KEYWORD, extract_at("id"), "The id, which never changes.", parse=canonical_uuid),
    Field(
        "revision",
        INTEGER,
        extract_at("revision"),
        "Revision that last changed what it shows.",
        sortable=True,
    ),
    Field("indexed_at", INSTANT, extract_at("indexed_at"), "When what it shows last changed.", sortable=True),
)
"""Of every document, whatever its kind."""


UNSAID: Final = "en"
"""The language of a document that does not say one."""


@dataclass(frozen=True)
class SearchSchema:
    """How documents of one kind are filtered, sorted and searched. `collection` is None if each document names its own.

    `fields` are its own; `DOCUMENT_FIELDS` are added. `title`, `names` and `body` give the words searched, in falling
    weight; `hidden` gives words that are searched and shown to nobody. With `has_terms` documents carry terms, so every
    vocabulary is a field of theirs. `defines` reads from a vocabulary document the name of the field and the collection
    of its terms, `rings` whether these are synonym rings and no field, `ordered` whether their order means something,
    `required` whether everything carries one of them; `broader` the slug of the wider term in the same collection.
    `sort` is the default order, as in a URL; `weight` what the same words count here. With `has_sections` documents
    have sections, whose queries are resolved when one is read. `language` reads the tag of the language that a document
    is in (English where there is none).
    """

    kind: str
    collection: str | None
    label: Extractor
    fields: tuple[Field, ...]
    title: Extractor
    names: Extractor
    body: Extractor
    sort: str
    weight: float = 1.0
    has_terms: bool = False
    has_sections: bool = False
    broader: Extractor | None = None
    defines: Extractor | None = None
    rings: Extractor | None = None
    language: Extractor | None = None
    ordered: Extractor | None = None
    required: Extractor | None = None
    hidden: Extractor | None = None

    def __post_init__(self) -> None:
        own = {field.name for field in self.fields}
        shared = (field for field in DOCUMENT_FIELDS if field.name not in own)
        object.__setattr__(self, "fields", (*self.fields, *shared))

    def language_of(self, document: JsonMapping) -> str:
        """The tag of the language that a document is in."""
        return next(iter(self.language(document)), UNSAID) if self.language else UNSAID


def term_field(scheme: str, collection: str, label: str) -> Field:
    """The field that a vocabulary is."""
    return Field(
        scheme,
        TERM,
        extract_at(f"terms.{scheme}.slug"),
        f"{label}: any of its terms.",
        facetable=True,
        collection=collection,
        caption=label,
    )
