"""Sets: the collections of entries, and every vocabulary with its terms, narrower ones below wider ones."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.harvest.oai.errors import OaiError
from app.kit.json_types import JsonMapping
from app.search.index.snapshot import Snapshot
from app.search.query.model import Leaf
from app.search.query.schema_registry import KIND


@dataclass(frozen=True, slots=True)
class OaiSet:
    spec: str
    name: str


def list_sets(snapshot: Snapshot) -> Iterator[OaiSet]:
    for schema in snapshot.registry.schemas.values():
        if schema.has_terms and schema.collection:
            yield OaiSet(schema.collection, schema.collection.capitalize())
    for vocabulary in snapshot.registry.facets:
        yield OaiSet(vocabulary.name, vocabulary.label)
        terms = [
            OaiSet(_term_spec(snapshot, vocabulary.name, row.slug), row.label)
            for row in snapshot.live(vocabulary.collection)
        ]
        yield from sorted(terms, key=lambda each: each.spec)


def sets_of(snapshot: Snapshot, collection: str, document: JsonMapping) -> list[str]:
    """The sets that an entry is in, the lowest of each branch."""
    terms = [(scheme, term["slug"]) for scheme, found in document["terms"].items() for term in found]
    return [collection, *(_term_spec(snapshot, scheme, slug) for scheme, slug in terms)]


def _term_spec(snapshot: Snapshot, vocabulary: str, slug: str) -> str:
    field = snapshot.fields(snapshot.registry.everything)[vocabulary]
    return ":".join((vocabulary, *reversed(snapshot.broader(field, slug))))


def read_set(snapshot: Snapshot, spec: str) -> tuple[Leaf, Sequence[str]]:
    """What is in a set, and the kinds that it may have had. Raises `OaiError` where there is no such set."""
    kinds = {schema.collection: schema.kind for schema in snapshot.registry.schemas.values() if schema.has_terms}
    first, *path = spec.split(":")
    if not path and first in kinds:
        return Leaf(KIND, "any", (kinds[first],)), (kinds[first],)
    if first in {each.name for each in snapshot.registry.facets}:
        if not path:
            return Leaf(first, "exists", ("true",)), tuple(kinds.values())
        field = snapshot.fields(snapshot.registry.everything)[first]
        is_term = any(snapshot.row(collection, path[-1]) is not None for collection in field.collections)
        if is_term and _term_spec(snapshot, first, path[-1]) == spec:
            return Leaf(first, "any", (path[-1],)), tuple(kinds.values())
    raise OaiError("noRecordsMatch", "There is no such set; ListSets has all.")
