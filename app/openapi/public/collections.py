"""The collections as the description sees them: one each, and one for all the vocabularies' terms."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from app.catalogue.registry import BY_NAME, KINDS
from app.exports.formats import Format
from app.openapi.components import pascal
from app.reading.content.lists import available_formats
from app.search.index.snapshot import Snapshot
from app.search.query.schema import Field
from app.search.query.schema_registry import SearchCollection
from app.search.query.value_types import TERM

MODELS: Final = frozenset(
    name for kind in KINDS for model in (kind.input, kind.output) for name in (model.__name__, f"{model.__name__}Part")
) | {"Relation", "Resource", "Funding", "Identifier", "Licence"}
"""Names of models, which no enumeration may have."""
RESOURCE_TYPE: Final = "resource_type"
"""The path parameter that names any collection."""
VOCABULARY: Final = "vocabulary"
"""The path parameter that names the collection of a vocabulary's terms."""


@dataclass(frozen=True)
class DescribedCollection:
    """One collection, or the first of those that share their operations; `names` are all of them.

    `one` and `function` make the names of operations, `prefix` those of schemas; `example` is the slug of a document.
    """

    names: tuple[str, ...]
    known: SearchCollection
    formats: tuple[Format, ...]
    one: str
    function: str
    prefix: str
    label: str
    example: str
    value_names: Mapping[str, str]
    """By field, the name of the enumeration of its values, where they are closed."""

    @property
    def name(self) -> str:
        return self.names[0]

    @property
    def is_shared(self) -> bool:
        return self.known.schemas[0].collection is None

    @property
    def path(self) -> str:
        return f"/v1/{{{VOCABULARY}}}" if self.is_shared else f"/v1/{self.name}"

    @property
    def fields(self) -> Mapping[str, Field]:
        return self.known.fields

    def model(self, ending: str) -> str:
        """The name of a schema of its own, as `PublicationsPage`."""
        return f"{pascal(self.function)}{ending}"

    def values(self, ending: str) -> str:
        """The name of an enumeration of its own, as `PublicationSort`."""
        return f"{self.prefix}{ending}"

    def documents(self, ending: str = "") -> list[str]:
        """Names of the schemas of its documents, whole ones first, then parts."""
        names = [BY_NAME[schema.kind].output.__name__ for schema in self.known.schemas]
        return [f"{name}{part}{ending}" for part in ("", "Part") for name in names]


def described_collections(snapshot: Snapshot) -> Iterator[DescribedCollection]:
    """All entries first, then each kind as registered, the terms of vocabularies together."""
    registry = snapshot.registry
    taken: dict[str, tuple[str, ...] | None] = dict.fromkeys(MODELS)
    terms = tuple(sorted(each.collection for each in registry.vocabularies.values()))
    for name in sorted(registry.collections, key=lambda each: _order(snapshot, each)):
        if name in terms and name != terms[0]:
            continue
        known = registry.collections[name]
        names = terms if name in terms else (name,)
        several = len(known.schemas) > 1
        one = f"one_of_{name}" if several else known.schemas[0].kind
        first = next(iter(snapshot.live(name)), None)
        prefix = "Entry" if several else pascal(known.schemas[0].kind)
        yield DescribedCollection(
            names=names,
            known=known,
            formats=tuple(available_formats(snapshot, name)),
            one=one.replace("-", "_"),
            function="terms" if name in terms else name.replace("-", "_"),
            prefix=prefix,
            label="terms of a vocabulary" if name in terms else name.replace("-", " "),
            example=first.slug if first else "slug",
            value_names={
                field.name: _value_name(field, closed_values(snapshot, field), prefix, taken)
                for field in known.fields.values()
                if len(closed_values(snapshot, field)) > 1
            },
        )


def closed_values(snapshot: Snapshot, field: Field) -> tuple[str, ...]:
    """Empty if any value is allowed."""
    if field.type is not TERM:
        return field.choices
    return tuple(sorted(row.slug for name in field.collections for row in snapshot.live(name)))


def _value_name(field: Field, values: tuple[str, ...], prefix: str, taken: dict[str, tuple[str, ...] | None]) -> str:
    """As the field, and after the collection where another one has the name for other values."""
    own = pascal(field.name)
    names = (own, f"{own}Type", f"{prefix}{own}")
    return next(name for name in names if taken.setdefault(name, values) == values)


def _order(snapshot: Snapshot, name: str) -> tuple[int, str]:
    schemas = snapshot.registry.collections[name].schemas
    if len(schemas) > 1:
        return (0, name)
    return (list(snapshot.registry.schemas).index(schemas[0].kind) + 1, name)
