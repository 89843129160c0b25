"""What there is to ask: collections, and the fields of each. It follows from the shapes and the vocabularies."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from app.search.fields import Field, Shape, term_field
from app.search.types import DATE

Track = tuple[str, Field, int]
"""Name, field and end (0: lowest key, 1: highest key) of one value kept for sorting and for ranges."""


Reading = tuple[Field, int, bool]
KIND = "kind"
"""The field that names a document's shape, and so can have no other value."""


def tracks_of(shape: Shape) -> tuple[Track, ...]:
    """Everything that documents of a shape can be ordered by."""
    tracks: list[Track] = []
    for field in shape.fields:
        if field.sortable or field.type.ranged:
            tracks.append((field.name, field, 0))
        if field.type is DATE:
            tracks.append((high(field.name), field, 1))
    return tuple(tracks)


def readings_of(shape: Shape) -> tuple[Reading, ...]:
    """How each field is read from a document: with how many tracks, and whether it is looked up by its values."""
    return tuple(
        (
            field,
            2 if field.type is DATE else int(field.sortable or field.type.ranged),
            bool(field.type.operators) and not field.type.ranged,
        )
        for field in shape.fields
    )


def high(name: str) -> str:
    """The track that holds the end of a field's interval."""
    return f"{name}/high"


@dataclass(frozen=True)
class Vocabulary:
    """A field that a document defines."""

    name: str
    collection: str
    label: str


@dataclass(frozen=True)
class Collection:
    """One address with a list behind it."""

    name: str
    shapes: tuple[Shape, ...]
    fields: Mapping[str, Field]
    sort: str


class Layout:
    """`everything` names the collection of all classified documents, whatever their kind."""

    def __init__(self, shapes: Sequence[Shape], everything: str, vocabularies: Iterable[Vocabulary] = ()) -> None:
        self.everything = everything
        self.shapes = {shape.kind: shape for shape in shapes}
        self.tracks = {shape.kind: tracks_of(shape) for shape in shapes}
        self.readings = {shape.kind: readings_of(shape) for shape in shapes}
        self.places = {
            kind: {name: place for place, (name, _, _) in enumerate(tracks)} for kind, tracks in self.tracks.items()
        }
        self.vocabularies = {vocabulary.name: vocabulary for vocabulary in vocabularies}
        self.collections = {collection.name: collection for collection in self._collections()}
        self.asked_by: dict[str, Field] = {}
        """The field of entries whose values are the documents of a collection, the first of several."""
        if everything in self.collections:
            for field in self.collections[everything].fields.values():
                for name in field.collections:
                    self.asked_by.setdefault(name, field)

    def with_vocabularies(self, vocabularies: Iterable[Vocabulary]) -> "Layout":
        return Layout(tuple(self.shapes.values()), self.everything, vocabularies)

    def _collections(self) -> Iterable[Collection]:
        classified = tuple(shape for shape in self.shapes.values() if shape.classified)
        for shape in self.shapes.values():
            if shape.collection:
                yield Collection(shape.collection, (shape,), self._fields((shape,)), shape.sort)
            else:
                for vocabulary in self.vocabularies.values():
                    yield Collection(vocabulary.collection, (shape,), self._fields((shape,)), shape.sort)
        if classified:
            shared = set.intersection(*({field.name for field in shape.fields} for shape in classified))
            sort = "-issued,title" if {"issued", "title"} <= shared else classified[0].sort
            yield Collection(self.everything, classified, self._fields(classified), sort)

    def _fields(self, shapes: Sequence[Shape]) -> Mapping[str, Field]:
        fields: dict[str, Field] = {}
        if any(shape.classified for shape in shapes):
            for vocabulary in self.vocabularies.values():
                fields[vocabulary.name] = term_field(vocabulary.name, vocabulary.collection, vocabulary.label)
        for shape in shapes:
            for field in shape.fields:
                fields.setdefault(field.name, field)
        if KIND in fields:
            fields[KIND] = replace(fields[KIND], choices=tuple(shape.kind for shape in shapes))
        return fields
