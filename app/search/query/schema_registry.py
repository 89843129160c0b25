"""The collections and the fields of each, derived from the search schemas and the vocabularies."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from app.search.query.schema import Field, SearchSchema, term_field

SortColumn = tuple[str, Field, int]
"""Name, field and end (0: lowest key, 1: highest key) of one value stored for sorting and for ranges."""


FieldExtractor = tuple[Field, int, bool]
"""Field, number of sort columns, and whether documents are looked up by its exact values."""

KIND = "kind"
"""The field that names a document's kind: its only values are the kinds of the collection."""


def sort_columns(schema: SearchSchema) -> tuple[SortColumn, ...]:
    """Everything that documents of a schema can be sorted by."""
    sort_columns: list[SortColumn] = []
    for field in schema.fields:
        if field.sortable or field.type.ranged:
            sort_columns.append((field.name, field, 0))
        if field.type.spans:
            sort_columns.append((upper_bound_name(field.name), field, 1))
    return tuple(sort_columns)


def field_extractors(schema: SearchSchema) -> tuple[FieldExtractor, ...]:
    """How each field is read from a document."""
    return tuple(
        (
            field,
            2 if field.type.spans else int(field.sortable or field.type.ranged),
            bool(field.type.operators) and not field.type.ranged,
        )
        for field in schema.fields
    )


def upper_bound_name(name: str) -> str:
    """The sort column with the end of a field's interval."""
    return f"{name}/high"


@dataclass(frozen=True)
class VocabularyField:
    """A field that a document defines; none where its terms are synonym rings. One that is required says what kind of
    thing an entry is."""

    name: str
    collection: str
    label: str
    is_field: bool = True
    is_ordered: bool = False
    is_required: bool = False


@dataclass(frozen=True)
class SearchCollection:
    """One address with a list behind it."""

    name: str
    schemas: tuple[SearchSchema, ...]
    fields: Mapping[str, Field]
    sort: str


class SchemaRegistry:
    """`everything` names the collection of all documents that carry terms, whatever their kind."""

    def __init__(
        self, schemas: Sequence[SearchSchema], everything: str, vocabularies: Iterable[VocabularyField] = ()
    ) -> None:
        self.everything = everything
        self.schemas = {schema.kind: schema for schema in schemas}
        self.sort_columns = {schema.kind: sort_columns(schema) for schema in schemas}
        self.extractors = {schema.kind: field_extractors(schema) for schema in schemas}
        self.sort_positions = {
            kind: {name: position for position, (name, _, _) in enumerate(sort_columns)}
            for kind, sort_columns in self.sort_columns.items()
        }
        self.vocabularies = {vocabulary.name: vocabulary for vocabulary in vocabularies}
        self.collections = {collection.name: collection for collection in self._collections()}
        self.field_by_collection: dict[str, Field] = {}
        """The field of entries whose values are the documents of a collection, the first of several."""
        if everything in self.collections:
            for field in self.collections[everything].fields.values():
                for name in field.collections:
                    self.field_by_collection.setdefault(name, field)

    @property
    def facets(self) -> tuple[VocabularyField, ...]:
        """The vocabularies whose terms documents carry."""
        return tuple(each for each in self.vocabularies.values() if each.is_field)

    @property
    def entry_lists(self) -> tuple[str, ...]:
        """The collections of what carries terms, the one of all of it first."""
        own = (schema.collection for schema in self.schemas.values() if schema.has_terms and schema.collection)
        return (self.everything, *own)

    def with_vocabularies(self, vocabularies: Iterable[VocabularyField]) -> "SchemaRegistry":
        return SchemaRegistry(tuple(self.schemas.values()), self.everything, vocabularies)

    def _collections(self) -> Iterable[SearchCollection]:
        with_terms = tuple(schema for schema in self.schemas.values() if schema.has_terms)
        for schema in self.schemas.values():
            if schema.collection:
                yield SearchCollection(schema.collection, (schema,), self._fields((schema,)), schema.sort)
            else:
                for vocabulary in self.vocabularies.values():
                    yield SearchCollection(vocabulary.collection, (schema,), self._fields((schema,)), schema.sort)
        if with_terms:
            shared = set.intersection(*({field.name for field in schema.fields} for schema in with_terms))
            sort = "-issued,title" if {"issued", "title"} <= shared else with_terms[0].sort
            yield SearchCollection(self.everything, with_terms, self._fields(with_terms), sort)

    def _fields(self, schemas: Sequence[SearchSchema]) -> Mapping[str, Field]:
        fields: dict[str, Field] = {}
        if any(schema.has_terms for schema in schemas):
            for vocabulary in self.facets:
                fields[vocabulary.name] = term_field(vocabulary.name, vocabulary.collection, vocabulary.label)
        for schema in schemas:
            for field in schema.fields:
                fields.setdefault(field.name, field)
        if KIND in fields:
            fields[KIND] = replace(fields[KIND], choices=tuple(schema.kind for schema in schemas))
        return fields
