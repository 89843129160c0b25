"""The resource types that staff work on: where they are, which scopes they ask for, and the parameters of their paths.

One operation serves all types. Which ones it serves depends on its path (`{resource_type:entries}`), so that for any
other type there is nothing at that address.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Depends, Path
from starlette.convertors import StringConvertor, register_url_convertor

from app.catalogue.kind import Kind
from app.catalogue.registry import KINDS
from app.kit.errors import NotFound
from app.kit.json_types import JsonMapping, JsonObject
from app.staff.scopes import BY_TYPE

READ: Final = "entries:read"
WRITE, PUBLISH = BY_TYPE
PRACTICE_SLUG: Final = "practice-draft"
"""A draft that the seed data has: examples of what can be done to drafts name it."""


@dataclass(frozen=True)
class ResourceType:
    """`collection` is its name in addresses; terms have none of their own, and stand below their vocabulary.

    `write` and `publish` are scopes.
    """

    kind: Kind
    collection: str | None
    write: str
    publish: str

    @property
    def plural(self) -> str:
        return self.collection or "terms"

    @property
    def can_be_deleted(self) -> bool:
        return self.kind.can_be_deleted

    @property
    def can_be_merged(self) -> bool:
        return self.kind.can_be_merged

    def scope(self, declared: str) -> str:
        """The scope that an operation declares, for this type."""
        return {WRITE: self.write, PUBLISH: self.publish}.get(declared, declared)


@dataclass(frozen=True, slots=True)
class PathParams:
    """What an address names: a collection, or a resource in it by its slug; for a term, within its vocabulary."""

    resource: ResourceType
    slug: str = ""
    scheme: str | None = None

    @property
    def kind(self) -> Kind:
        return self.resource.kind

    @property
    def path(self) -> str:
        """Of the collection."""
        inner = f"vocabularies/{self.scheme}/terms" if self.scheme is not None else self.resource.collection
        return f"/v1/staff/{inner}"


def _resource_type(kind: Kind) -> ResourceType:
    write = f"{kind.scope}:write"
    return ResourceType(kind, kind.collection, write, f"{kind.scope}:publish" if kind.is_entry else write)


RESOURCE_TYPES: Final = tuple(_resource_type(kind) for kind in KINDS)
BY_COLLECTION: Final = {each.collection: each for each in RESOURCE_TYPES if each.collection is not None}
BY_KIND: Final = {each.kind.name: each for each in RESOURCE_TYPES}
TERMS: Final = next(each for each in RESOURCE_TYPES if each.collection is None)


def resource_of(path_params: JsonMapping) -> ResourceType:
    """The type that the parameters of a path name. Raises `NotFound`."""
    if "vocabulary" in path_params:
        return TERMS
    found = BY_COLLECTION.get(path_params["resource_type"])
    if found is None:
        raise NotFound
    return found


def one_of_convertor(words: Iterable[str]) -> StringConvertor:
    """Of a path: one of these words, and nothing else."""

    class OneOf(StringConvertor):
        regex = "|".join(re.escape(word) for word in sorted(words))

    return OneOf()


def _collections(holds: Callable[[ResourceType], bool]) -> list[str]:
    return [name for name, each in BY_COLLECTION.items() if holds(each)]


ALL: Final = _collections(lambda each: True)
ENTRIES: Final = _collections(lambda each: each.kind.is_entry)
DELETABLE: Final = _collections(lambda each: each.can_be_deleted)
MERGEABLE: Final = _collections(lambda each: each.can_be_merged)
CONFIDENTIAL: Final = _collections(lambda each: each.kind.confidential)
for _name, _words in (
    ("any", ALL),
    ("entries", ENTRIES),
    ("deletable", DELETABLE),
    ("mergeable", MERGEABLE),
    ("confidential", CONFIDENTIAL),
):
    register_url_convertor(_name, one_of_convertor(_words))


def _in_path(description: str, example: str, words: Iterable[str] = ()) -> Any:
    more: JsonObject = {"enum": list(words)} if words else {}
    return Path(description=description, examples=[example], json_schema_extra=more)


def _collection_params(words: list[str]) -> Callable[..., PathParams]:
    def params(resource_type: Annotated[str, _in_path("Collection.", words[0], words)]) -> PathParams:
        return PathParams(BY_COLLECTION[resource_type])

    return params


def _item_params(words: list[str], example: str) -> Callable[..., PathParams]:
    def params(
        resource_type: Annotated[str, _in_path("Collection.", words[0], words)],
        slug: Annotated[str, _in_path("Slug.", example)],
    ) -> PathParams:
        return PathParams(BY_COLLECTION[resource_type], slug)

    return params


VocabularySlug = Annotated[str, _in_path("Slug of the vocabulary.", "{vocabularies.0}")]


def _terms_params(vocabulary: VocabularySlug) -> PathParams:
    return PathParams(TERMS, scheme=vocabulary)


def _term_params(vocabulary: VocabularySlug, slug: Annotated[str, _in_path("Slug.", "{terms.0}")]) -> PathParams:
    return PathParams(TERMS, slug, vocabulary)


def _first(words: list[str]) -> str:
    """The example of a slug: that of the first document of the first collection."""
    return f"{{{words[0]}.0}}"


CollectionPath = Annotated[PathParams, Depends(_collection_params(ALL))]
ResourcePath = Annotated[PathParams, Depends(_item_params(ALL, _first(ALL)))]
DeletablePath = Annotated[PathParams, Depends(_item_params(DELETABLE, PRACTICE_SLUG))]
MergeablePath = Annotated[PathParams, Depends(_item_params(MERGEABLE, _first(MERGEABLE)))]
EntryPath = Annotated[PathParams, Depends(_item_params(ENTRIES, _first(ENTRIES)))]
DraftEntryPath = Annotated[PathParams, Depends(_item_params(ENTRIES, PRACTICE_SLUG))]
ConfidentialPath = Annotated[PathParams, Depends(_item_params(CONFIDENTIAL, _first(CONFIDENTIAL)))]
TermCollectionPath = Annotated[PathParams, Depends(_terms_params)]
TermPath = Annotated[PathParams, Depends(_term_params)]
"""What the handlers take; the examples are as the description fills them in."""
