"""One immutable state of everything published, at one published revision: it answers queries."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property, partial
from itertools import islice

from pyroaring import BitMap

from app.documents.revisions import PublishedRevision, RevisionHistory
from app.kit.containers.unlocked_cache import UnlockedCache, remember
from app.kit.text.characters import fold
from app.kit.text.suggestions import closest_matches
from app.kit.values.identifiers import recognise
from app.search.index.synonyms import SnapshotSynonyms, names_of, near_terms
from app.search.meaning.model import MeaningModel, Passages, compare_all
from app.search.query.model import Leaf, Node, Not, Or, Query, Sort
from app.search.query.schema import Field
from app.search.query.schema_registry import SchemaRegistry, upper_bound_name
from app.search.query.value_types import BOUNDS, TERM, YEAR
from app.search.storage.layered_map import LayeredMap
from app.search.storage.ordering import Ordering
from app.search.storage.orders import ColumnName, CursorPosition, Order, Orders
from app.search.storage.postings import Posting, posting_of, union
from app.search.storage.rows import FORMER_ID, ID, IDENTIFIED, PRESENT, IndexRow, identifier_keys
from app.search.words.word_index import WordSearcher
from app.search.words.word_search import WordMatch, bounded, parse_clauses, search_words

PREFERENCE = ("moved", "gone", "live")
"""What is at an address of several, the last first."""

MAX_NEAR = 3
MAX_NEAR_CANDIDATES = 2_000
"""Values that are searched for near matches of a text."""

CACHED = 256
"""Ranges remembered per snapshot."""

FOUND_BYTES = 8 * 2**20
"""Of what texts found, remembered per snapshot."""


@dataclass(frozen=True)
class Snapshot:
    revision: PublishedRevision
    modified: datetime
    history: RevisionHistory
    registry: SchemaRegistry
    rows: LayeredMap[int, IndexRow]
    revisions: LayeredMap[int, int]
    addresses: LayeredMap[tuple[str, str], int]
    postings: Mapping[str, LayeredMap[str, Posting]]
    words: WordSearcher
    orderings: dict[Order, Ordering]
    columns: dict[ColumnName, Ordering]
    passages: LayeredMap[int, str] = field(default_factory=LayeredMap)
    """What is compared by meaning, by id: what an entry says of itself. Empty without `meaning`."""
    meaning: MeaningModel | None = None
    _found: UnlockedCache[str, WordMatch] = field(default_factory=lambda: UnlockedCache(FOUND_BYTES))
    _ranges: dict[tuple[str, str, str | None, str], BitMap] = field(default_factory=dict)
    _closures: dict[tuple[str, str], BitMap] = field(default_factory=dict)
    prefix_hits: dict[str, list[int]] = field(default_factory=dict)
    """By letter, for completion."""
    captions: defaultdict[str, dict[str, tuple[str, str | None]]] = field(default_factory=lambda: defaultdict(dict))
    """By field and value, for facets."""
    own_orders: dict[str, list[str]] = field(default_factory=dict)
    """By field, for facets: its values in their own order; empty where it has none."""
    _by_size: dict[str, list[tuple[int, str, BitMap]]] = field(default_factory=dict)
    _depths: dict[str, dict[str, int]] = field(default_factory=dict)

    # --- the schema of queries (`search.query.condition_parser.QuerySchema`)

    def fields(self, collection: str) -> Mapping[str, Field]:
        return self.registry.collections[collection].fields

    def default_sort(self, collection: str) -> str:
        return self.registry.collections[collection].sort

    def resolve_term(self, queried: Field, slug: str) -> tuple[str, str] | None:
        """The field and the slug of a term as it is now: a former slug leads to the present one, and a term that has
        moved to another vocabulary to the field which that is. None: no such term."""
        for collection in queried.collections:
            row = self.row(collection, slug)
            if row is not None:
                moved = row.collection != collection
                return (self.registry.field_by_collection[row.collection].name if moved else queried.name), row.slug
        return None

    def near_terms(self, queried: Field, text: str) -> Sequence[str]:
        return near_terms([row for name in queried.collections for row in self.live(name)], text)

    def resolve_value(self, queried: Field, value: str) -> str | None:
        """A value that some document has, as it is called now; any, where no document has one at all."""
        if queried.collections:
            resolved = self.resolve_term(queried, value)
            value = resolved[1] if resolved is not None else value
        values = self.postings.get(queried.name)
        return value if not values or not self.with_field(queried) or value in values else None

    def near_values(self, queried: Field, text: str) -> Sequence[str]:
        """Of the most frequent values those that say a text, else those with a name that does, else the nearest."""
        values = [value for _, value, _ in self.by_size(queried)[:MAX_NEAR_CANDIDATES]]
        found = ((value, self.row(name, value)) for value in values for name in queried.collections)
        rows = {value: row for value, row in found if row is not None}
        folded = fold(text)
        named = [value for value in values if folded in fold(rows[value].label if value in rows else value)]
        named = named or [value for value, row in rows.items() if any(folded in name for name in names_of(row))]
        return named[:MAX_NEAR] or closest_matches(text, values, MAX_NEAR)

    # --- single documents

    def row(self, collection: str, slug: str) -> IndexRow | None:
        """The live document at an address, through a move; None where there is none."""
        ident = self.addresses.get((collection, slug))
        row = self.rows.get(ident) if ident is not None else None
        if row is not None and row.state == "moved":
            ident = self.addresses.get(row.destination)
            row = self.rows.get(ident) if ident is not None else None
        return row if row is not None and row.state == "live" else None

    def lookup(self, collection: str, slug: str) -> IndexRow | None:
        """Whatever answers at an address: live, gone or moved (then it has a `destination`). Where a slug has
        gone from a thing of one kind to one of another, both may: what has it now, else what changed last."""
        found = (self.addresses.get((name, slug)) for name in self.document_collections(collection))
        rows = [row for ident in found if ident is not None and (row := self.rows.get(ident)) is not None]
        return max(rows, key=lambda row: (PREFERENCE.index(row.state), row.revision), default=None)

    def by_id(self, uuid: str) -> IndexRow | None:
        """What has this id: live, gone or moved, wherever it has its address."""
        for name in (ID, FORMER_ID):
            for ident in self.posting(name, uuid):
                return self.rows.get(ident)
        return None

    def document_collections(self, collection: str) -> tuple[str, ...]:
        """The collections that things of this one have their addresses in."""
        known = self.registry.collections[collection]
        if known.name != self.registry.everything:
            return (collection,)
        return tuple(schema.collection for schema in known.schemas if schema.collection)

    def identified(self, text: str, carried: str = IDENTIFIED) -> tuple[int, ...]:
        """Live documents that carry this identifier or URL, in whatever spelling; with `WITHDRAWN` those that did."""
        readings = recognise(text) or (recognise(f"https://{text}") if "." in text else ())
        keys = (key for scheme, value in readings for key in identifier_keys(scheme, value))
        found = (self.posting(carried, key) for key in keys)
        return tuple(dict.fromkeys(ident for ids in found for ident in ids))

    def live(self, collection: str) -> Iterator[IndexRow]:
        for ident in self.members(collection):
            row = self.rows.get(ident)
            if row is not None:
                yield row

    def members(self, collection: str) -> BitMap:
        return self.posting("@collection", collection)

    def posting(self, name: str, value: str) -> BitMap:
        return posting_of(self.postings, name, value)

    # --- matching

    @cached_property
    def synonyms(self) -> SnapshotSynonyms:
        """The full names that texts stand for. Made for a twin: a snapshot in a circle with what it holds would outlast
        its last reader until the garbage collector has been through everything."""
        return SnapshotSynonyms(replace(self))

    @cached_property
    def compared_passages(self) -> Passages | None:
        """Those of all entries; None where nothing is compared by meaning."""
        return compare_all(self.meaning, dict(self.passages.items()))

    def find(self, text: str) -> WordMatch:
        """Documents with these words; misspellings are forgiven when nothing matches exactly."""
        known = self._found.get(text)
        if known is None:
            entries = self.members(self.registry.everything)
            known = search_words(self.words, text, self.synonyms, self.identified(text), entries)
            self._found.put(text, known, known.memory_size)
        return known

    def correction(self, query: Query) -> str | None:
        """The words that were searched for instead, where its collection has anything with them."""
        found = self.find(query.words) if query.words else None
        return found.did_you_mean if found and found.ids & self.members(query.collection) else None

    def match(self, query: Query, *, strict: bool = False) -> BitMap:
        """The ids that a query means; strictly, only those with all of its words as they are spelt."""
        sets = [self.evaluate(node, query.collection) for node in query.conditions]
        if query.words:
            sets.append(self.find_strictly(query.words) if strict else self.find(query.words).ids)
        return BitMap.intersection(*sorted(sets, key=len), self.members(query.collection))

    def find_strictly(self, text: str) -> BitMap:
        """Documents with all of these words: nothing is forgiven and nothing left out, however few documents there are.
        What is another name of a term also finds the term's label."""
        clauses = bounded(self.words, parse_clauses(text, self.synonyms.labels))
        return self.words.sets.matching(clauses) | BitMap(self.identified(text))

    def evaluate(self, node: Node, collection: str) -> BitMap:
        everything = self.members(collection)
        if isinstance(node, Leaf):
            return self._leaf(node, self.fields(collection)[node.field], collection, everything)
        if isinstance(node, Not):
            return everything - self.evaluate(node.part, collection)
        parts = [self.evaluate(part, collection) for part in node.parts]
        if isinstance(node, Or):
            return BitMap.union(*parts) if parts else BitMap()
        return BitMap.intersection(*parts) if parts else everything

    def _leaf(self, leaf: Leaf, queried: Field, collection: str, everything: BitMap) -> BitMap:
        if leaf.op == "exists":
            return self.with_field(queried) if leaf.values == ("true",) else everything - self.with_field(queried)
        if leaf.op in (*BOUNDS, "within"):
            return union([self._range(collection, queried, value, leaf.op) for value in leaf.values])
        sets = [self._value(collection, queried, value, exact=leaf.op == "exact") for value in leaf.values]
        if leaf.op == "all":
            return BitMap.intersection(*sets) if sets else everything
        return everything - union(sets) if leaf.op == "not" else union(sets)

    def with_field(self, queried: Field) -> BitMap:
        """Documents with any value of a field."""
        return self.posting(queried.name, PRESENT)

    def _value(self, collection: str, queried: Field, value: str, *, exact: bool) -> BitMap:
        if queried.type.ranged and queried.type is not YEAR:
            return self._range(collection, queried, value)
        if queried.type is YEAR:
            value = str(queried.type.interval(value)[0])
        if queried.type is not TERM or exact:
            return self.posting(queried.name, value)
        return self.closure(queried, value)

    def closure(self, queried: Field, slug: str) -> BitMap:
        """Documents with a term or any narrower one."""
        known = self._closures.get((queried.name, slug))
        if known is None:
            slugs = self.narrower(queried, slug)
            known = BitMap.union(*(self.posting(queried.name, each) for each in slugs))
            self._closures[queried.name, slug] = known
        return known

    def values_counted(self, name: str) -> int | None:
        """The number of values of a field, if they have been listed: in an order of their own, or by `by_size`."""
        known = self.own_orders.get(name) or self._by_size.get(name)
        return None if known is None else len(known)

    def by_size(self, queried: Field) -> list[tuple[int, str, BitMap]]:
        """Every value of a field with the documents that have it (or a narrower term), largest first."""
        known = self._by_size.get(queried.name)
        if known is None:
            values = (value for value, _ in self.postings.get(queried.name, LayeredMap()).items() if value != PRESENT)
            if queried.type is TERM:
                slugs = {slug for value in values for slug in self.broader(queried, value)}
                sets = [(slug, self.closure(queried, slug)) for slug in slugs]
            else:
                sets = [(value, self.posting(queried.name, value)) for value in values]
            known = sorted(((len(ids), value, ids) for value, ids in sets), key=lambda each: (-each[0], each[1]))
            self._by_size[queried.name] = known
        return known

    def depths(self, queried: Field) -> dict[str, int]:
        """Of the values that are terms, how many terms each is below; nothing for other fields."""
        known = self._depths.get(queried.name)
        if known is None:
            values = self.by_size(queried) if queried.type is TERM else []
            known = {slug: len(self.broader(queried, slug)) - 1 for _, slug, _ in values}
            self._depths[queried.name] = known
        return known

    def broader(self, queried: Field, slug: str) -> list[str]:
        """The term itself and everything above it."""
        slugs = [slug]
        for each in slugs:
            for collection in queried.collections:
                row = self.row(collection, each)
                above = [value for name, value in (row.keys if row else ()) if name == f"@broader/{collection}"]
                slugs += [value for value in above if value not in slugs]
        return slugs

    def narrower(self, queried: Field, slug: str) -> list[str]:
        """The term itself and everything below it; a circle of broader terms is walked once."""
        slugs = [slug]
        for each in slugs:
            for collection in queried.collections:
                for ident in self.posting(f"@broader/{collection}", each):
                    row = self.rows.get(ident)
                    if row is not None and row.slug not in slugs:
                        slugs.append(row.slug)
        return slugs

    def _range(self, collection: str, queried: Field, value: str, op: str | None = None) -> BitMap:
        """A document is in a range that its value overlaps; `within` it when the whole of its value is."""
        key = (self.orders.own_collection(collection), queried.name, op, value)
        known = self._ranges.get(key)
        if known is None:
            known = self._cut(collection, queried, value, op)
            remember(self._ranges, key, known, CACHED)
        return known

    def _cut(self, collection: str, queried: Field, value: str, op: str | None) -> BitMap:
        low, end = queried.type.interval(value)
        first, last = queried.name, upper_bound_name(queried.name) if queried.type.spans else queried.name
        between = partial(self.orders.between, collection)
        match op:
            case "gt":
                return between(first, low=end, high=None, strictly=True)
            case "lt":
                return between(last, low=None, high=low, strictly=True)
            case "gte":
                return between(last, low=low, high=None)
            case "lte":
                return between(first, low=None, high=end)
            case "within":
                return between(first, low=low, high=None) & between(last, low=None, high=end)
        if first == last:
            return between(first, low=low, high=end)
        return between(first, low=None, high=end) & between(last, low=low, high=None)

    # --- order

    @cached_property
    def orders(self) -> Orders:
        posting = partial(posting_of, self.postings)  # no method of this one: see `synonyms`
        return Orders(self.registry, self.rows, posting, self.orderings, self.columns)

    def default_order(self, collection: str) -> tuple[Sort, ...]:
        return self.orders.default_sort(collection)

    def page(self, query: Query, ids: BitMap, *, skip: int, take: int) -> list[int]:
        """`take` of `ids` (which the query matched) in the query's order, after the first `skip`."""
        if query.is_ranked:
            return self.by_relevance(str(query.words), ids, skip + take)[skip:]
        return list(islice(self.orders.walk(query.collection, query.sort, ids, skip=skip), take))

    def by_relevance(self, text: str, ids: BitMap, limit: int) -> list[int]:
        found = self.find(text)
        first = [ident for ident in found.first if ident in ids]
        rest = found.ranked(self.words, ids - BitMap(first), limit)
        return [*first, *rest][:limit]

    def page_after(self, query: Query, ids: BitMap, position: CursorPosition | None, take: int) -> list[int]:
        """`take` of `ids` that come strictly after a position (None: from the beginning)."""
        if position is None:
            return self.page(query, ids, skip=0, take=take)
        return list(islice(self.orders.walk_after(query.collection, query.sort, ids, position), take))
