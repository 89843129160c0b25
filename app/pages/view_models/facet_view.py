"""Facets as links: one for each value, with its count, and one to remove each active filter."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pyroaring import BitMap

from app.kit.text.characters import label_of
from app.pages.view_models.search_urls import search_path
from app.reading.evidence_map.request import SIDES
from app.reading.requests.result_window import facetable
from app.reading.requests.urls import Pair, replace_parameters
from app.search.facets import FacetCount, caption, facet
from app.search.index.snapshot import Snapshot
from app.search.query.model import OPERATORS, Query
from app.search.query.schema import Field
from app.search.query.schema_registry import KIND

MAX_VALUES: Final = 12
"""Values of one facet that are shown."""
YEAR: Final = "year"
"""Besides the kind and the vocabularies, a facet of entries."""
WINDOW: Final = frozenset({"q", "sort", "page", "per_page", *SIDES})
"""Parameters that are not filters."""
OPERATOR_LABELS: Final = {
    "all": "with",
    "not": "without",
    "exact": "exactly",
    "gte": "from",
    "lte": "to",
    "within": "within",
    "gt": "after",
    "lt": "before",
    "exists": "given:",
}


@dataclass(frozen=True, slots=True)
class FacetOption:
    """`path` selects the value, or removes it if it is selected."""

    label: str
    path: str
    count: int
    is_chosen: bool
    is_inner: bool


@dataclass(frozen=True, slots=True)
class FacetView:
    label: str
    choices: tuple[FacetOption, ...]


@dataclass(frozen=True, slots=True)
class ActiveFilter:
    """`path` is the address of the list without this filter."""

    label: str
    path: str


class FacetViews:
    """The facets of the list at `path` with the parameters `pairs`."""

    def __init__(self, snapshot: Snapshot, query: Query, path: str, pairs: Sequence[Pair]) -> None:
        self._snapshot = snapshot
        self._query = query
        self._path = path
        self._pairs = replace_parameters(pairs, page=None)

    def facets(self, matched: BitMap) -> Iterator[FacetView]:
        """The facets that offer a choice."""
        for name in self._names():
            counted = facet(self._snapshot, self._query, matched, name, MAX_VALUES)
            slugs = {value.slug for value in counted.values}
            choices = tuple(
                FacetOption(
                    label=value.label,
                    path=self._toggled(name, value.slug, chosen=value.selected),
                    count=value.count,
                    is_chosen=value.selected,
                    is_inner=value.parent in slugs,
                )
                for value in in_tree(counted.values)
                if value.count or value.selected
            )
            if any(choice.is_chosen or choice.count < len(matched) for choice in choices):
                yield FacetView(self._label(name), choices)

    def chosen(self) -> Iterator[ActiveFilter]:
        fields = self._snapshot.fields(self._query.collection)
        for place, (name, value) in enumerate(self._pairs):
            if name in WINDOW:
                continue
            stem, _, operator = name.rpartition("__") if name.rpartition("__")[2] in OPERATORS else (name, "", "")
            words = (self._label(stem), OPERATOR_LABELS.get(operator, ""), self._caption(fields.get(stem), value))
            rest = [pair for number, pair in enumerate(self._pairs) if number != place]
            yield ActiveFilter(" ".join(word for word in words if word), search_path(rest, self._path))

    def _names(self) -> tuple[str, ...]:
        known = facetable(self._snapshot, self._query.collection)
        schemas = self._snapshot.registry.collections[self._query.collection].schemas
        if not any(schema.has_terms for schema in schemas):
            return known
        vocabularies = [each.name for each in self._snapshot.registry.facets]
        return tuple(name for name in (KIND, *vocabularies, YEAR) if name in known)

    def _toggled(self, name: str, value: str, *, chosen: bool) -> str:
        if not chosen:
            return search_path([*self._pairs, (name, value)], self._path)
        names = (name, f"{name}__all", f"{name}__exact")
        rest = [pair for pair in self._pairs if not (pair[0] in names and pair[1] == value)]
        return search_path(rest, self._path)

    def _label(self, name: str) -> str:
        vocabulary = self._snapshot.registry.vocabularies.get(name)
        if vocabulary is not None:
            return vocabulary.label
        field = self._snapshot.fields(self._query.collection).get(name)
        return field.label if field is not None else label_of(name)

    def _caption(self, field: Field | None, value: str) -> str:
        return value if field is None else caption(self._snapshot, field, value)[0]


def in_tree(values: Sequence[FacetCount]) -> Iterator[FacetCount]:
    """Each value followed by its narrower ones; otherwise in the given order."""
    present = {value.slug for value in values}
    inner: dict[str | None, list[FacetCount]] = {}
    for value in values:
        inner.setdefault(value.parent if value.parent in present else None, []).append(value)

    def below(slug: str | None) -> Iterator[FacetCount]:
        for value in inner.pop(slug, ()):
            yield value
            yield from below(value.slug)

    yield from below(None)
