"""Documents in any sort order: by one column after the other, so that few orders need to be stored."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from pyroaring import BitMap

from app.search.query.model import Sort, parse_sort
from app.search.query.schema_registry import SchemaRegistry
from app.search.query.value_types import SortKey
from app.search.storage.layered_map import LayeredMap
from app.search.storage.ordering import Ordering, SortKeys, sort_keys
from app.search.storage.rows import PRESENT, IndexRow

Order = tuple[str, tuple[Sort, ...]]
"""A collection and what it is sorted by."""

ColumnName = tuple[str, str]
"""A collection, and the sort column that is the only key."""

MAX_KEY_FUNCTIONS = 64
"""Cached functions from ids to keys."""


class CursorPosition(NamedTuple):
    """The position of a walk: the values of the last document in the columns of the order, and its id."""

    values: Sequence[SortKey | None]
    ident: int


class Orders:
    """The orders of one snapshot. The default order of each collection and one order for each column are stored; both
    are built at first use and updated with every catch-up.

    A collection whose documents all belong to a larger one uses the columns of that one.
    """

    def __init__(
        self,
        registry: SchemaRegistry,
        rows: LayeredMap[int, IndexRow],
        posting: Callable[[str, str], BitMap],
        orderings: dict[Order, Ordering],
        columns: dict[ColumnName, Ordering],
    ) -> None:
        self.registry = registry
        self.rows = rows
        self.posting = posting
        self.orderings = orderings
        self.columns = columns
        self._key_functions: dict[tuple[Sort, ...], Callable[[int], SortKeys]] = {}

    def members(self, collection: str) -> BitMap:
        return self.posting("@collection", collection)

    def own_collection(self, collection: str) -> str:
        """The collection whose columns this one uses."""
        schemas = self.registry.collections[collection].schemas
        return self.registry.everything if all(schema.has_terms for schema in schemas) else collection

    def default_sort(self, collection: str) -> tuple[Sort, ...]:
        return parse_sort(self.registry.collections[collection].sort)

    # --- keys

    def key_of(self, sort: tuple[Sort, ...]) -> Callable[[int], SortKeys]:
        """A function from id to sort keys."""
        known = self._key_functions.get(sort)
        if known is None:
            if len(self._key_functions) >= MAX_KEY_FUNCTIONS:
                self._key_functions.clear()
            known = self._key_functions[sort] = self._make_key_of(sort)
        return known

    def _make_key_of(self, sort: tuple[Sort, ...]) -> Callable[[int], SortKeys]:
        names = [each.field for each in sort]
        down = [each.descending for each in sort]
        positions = {kind: [known.get(name) for name in names] for kind, known in self.registry.sort_positions.items()}
        rows = self.rows

        def keys(ident: int) -> SortKeys:
            row = rows[ident]
            sort_values = row.sort_values
            return sort_keys(
                [None if position is None else sort_values[position] for position in positions[row.kind]], down, ident
            )

        return keys

    def value_of(self, name: str) -> Callable[[int], SortKey | None]:
        """A function from id to the value of one sort column."""
        positions = {kind: known.get(name) for kind, known in self.registry.sort_positions.items()}
        rows = self.rows

        def value(ident: int) -> SortKey | None:
            row = rows[ident]
            position = positions[row.kind]
            return None if position is None else row.sort_values[position]

        return value

    # --- stored orders

    def whole(self, collection: str, sort: tuple[Sort, ...]) -> Ordering | None:
        """The ordering of a collection by its default sort; None for any other sort."""
        for name in dict.fromkeys((self.own_collection(collection), collection)):
            if sort == self.default_sort(name):
                known = self.orderings.get((name, sort))
                if known is None:
                    sort_columns = [(self.value_of(each.field), each.descending) for each in sort]
                    known = Ordering.build(self.members(name), sort_columns, self.key_of(sort))
                    self.orderings[name, sort] = known
                return known
        return None

    def column(self, own_collection: str, name: str) -> Ordering:
        """The documents with a value in one sort column, ordered by it."""
        known = self.columns.get((own_collection, name))
        if known is None:
            there = self.members(own_collection) & self.posting(name.partition("/")[0], PRESENT)
            known = Ordering.build(there, [(self.value_of(name), False)], self.key_of((Sort(name),)))
            self.columns[own_collection, name] = known
        return known

    def warm(self) -> None:
        """Build every stored order."""
        for collection in self.registry.collections.values():
            self.whole(collection.name, self.default_sort(collection.name))
            own_collection = self.own_collection(collection.name)
            for schema in collection.schemas:
                for name in self.registry.sort_positions[schema.kind]:
                    self.column(own_collection, name)

    def is_known(self, collection: str, sort: tuple[Sort, ...]) -> bool:
        """Whether an order is the default one, and has been built."""
        return any((name, sort) in self.orderings for name in (self.own_collection(collection), collection))

    # --- walks

    def walk(self, collection: str, sort: tuple[Sort, ...], within: BitMap, *, skip: int = 0) -> Iterator[int]:
        """The ids of `within` (all of the collection), in order, without the first `skip`."""
        whole = self.whole(collection, sort)
        if whole is not None:
            return whole.walk(within, self.key_of(sort), skip=skip)
        return self._walk(self.own_collection(collection), sort, within, skip)

    def _walk(self, own_collection: str, sort: tuple[Sort, ...], within: BitMap, skip: int = 0) -> Iterator[int]:
        if not sort:
            yield from islice(within, skip, None)
            return
        column = self.column(own_collection, sort[0].field)
        if column.is_small(within):
            yield from sorted(within, key=self.key_of(sort))[skip:]
            return
        for group in self._groups(column, sort[0], within):
            if len(group) <= skip:
                skip -= len(group)
                continue
            yield from self._walk(own_collection, sort[1:], group, skip) if len(group) > 1 else group
            skip = 0

    def _groups(self, column: Ordering, sort: Sort, within: BitMap) -> Iterator[BitMap]:
        """What has the same value, group by group; last what has none."""
        for _, group in column.groups(within, self.value_of(sort.field), descending=sort.descending):
            yield group
        if missing := self._missing(within, sort):
            yield missing

    def _missing(self, within: BitMap, sort: Sort) -> BitMap:
        return within - self.posting(sort.field.partition("/")[0], PRESENT)

    def walk_after(
        self, collection: str, sort: tuple[Sort, ...], within: BitMap, position: CursorPosition
    ) -> Iterator[int]:
        """The ids of `within` that come strictly after a position."""
        whole = self.whole(collection, sort)
        if whole is not None:
            keys = sort_keys(position.values, [each.descending for each in sort], position.ident)
            return whole.walk_after(within, keys, self.key_of(sort))
        return self._walk_after(self.own_collection(collection), sort, within, position)

    def _walk_after(
        self, own_collection: str, sort: tuple[Sort, ...], within: BitMap, position: CursorPosition
    ) -> Iterator[int]:
        if not sort:
            yield from (ident for ident in within if ident > position.ident)
            return
        value, rest = position.values[0], CursorPosition(position.values[1:], position.ident)
        missing = self._missing(within, sort[0])
        if value is not None:
            column, value_of = self.column(own_collection, sort[0].field), self.value_of(sort[0].field)
            found = column.groups(within, value_of, descending=sort[0].descending, start=value)
            for now, group in found:
                if now == value:
                    yield from self._walk_after(own_collection, sort[1:], group, rest)
                else:
                    yield from self._walk(own_collection, sort[1:], group)
            yield from self._walk(own_collection, sort[1:], missing)
        else:
            yield from self._walk_after(own_collection, sort[1:], missing, rest)

    def between(
        self, collection: str, name: str, low: SortKey | None, high: SortKey | None, *, strictly: bool = False
    ) -> BitMap:
        """The documents with a value from `low` to `high` in a sort column, strictly without those two; not of this
        collection alone."""
        own_collection = self.own_collection(collection)
        before, after = (float("inf"), -1) if strictly else (-1, float("inf"))
        first = None if low is None else (False, low, before)
        end = None if high is None else (False, high, after)
        return self.column(own_collection, name).between(first, end, self.key_of((Sort(name),)))
