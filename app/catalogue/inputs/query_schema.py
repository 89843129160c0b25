"""The query schema of the catalogue as it is now, so that stored queries are checked before anything is published."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from app.catalogue.registry import ALL_ENTRIES, ENTRY_KINDS, SEARCH_SCHEMAS
from app.catalogue.terms import SchemeRow, TermRow
from app.kit.text.suggestions import closest_matches
from app.search.query.schema import Field
from app.search.query.schema_registry import SchemaRegistry, VocabularyField

ENTRY_LISTS = (ALL_ENTRIES, *(str(kind.collection) for kind in ENTRY_KINDS))


class CatalogueQuerySchema:
    """As `app.search.query.condition_parser.QuerySchema` wants it, of rows. `find_term` and `slugs_of` look in one
    vocabulary, by its name."""

    def __init__(
        self,
        schemes: Iterable[SchemeRow],
        find_term: Callable[[str, str], TermRow | None],
        slugs_of: Callable[[str], Sequence[str]],
    ) -> None:
        vocabularies = (VocabularyField(row.slug, row.collection, row.label, not row.synonym_rings) for row in schemes)
        self._registry = SchemaRegistry(SEARCH_SCHEMAS, ALL_ENTRIES, vocabularies)
        self._find_term = find_term
        self._slugs_of = slugs_of

    def fields(self, collection: str) -> Mapping[str, Field]:
        return self._registry.collections[collection].fields

    def default_sort(self, collection: str) -> str:
        return self._registry.collections[collection].sort

    def resolve_term(self, field: Field, slug: str) -> tuple[str, str] | None:
        term = self._find_term(field.name, slug)
        return (term.current.scheme.slug, term.current.slug) if term is not None else None

    def resolve_value(self, field: Field, value: str) -> str:
        """Any: what nothing has today, something may have tomorrow."""
        return value

    def near_values(self, field: Field, text: str) -> Sequence[str]:
        return ()

    def near_terms(self, field: Field, text: str) -> Sequence[str]:
        return closest_matches(text, self._slugs_of(field.name))
