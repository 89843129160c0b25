"""Any order that can be asked for is the sorted list: found by columns, walked from anywhere."""

from collections.abc import Iterator
from itertools import islice, permutations, product
from random import Random

import pytest
from pyroaring import BitMap

from app.search.index.snapshot import Snapshot
from app.search.query.model import Sort
from app.search.storage import ordering
from app.search.storage.ordering import sort_keys
from app.search.storage.orders import CursorPosition
from tests.contract.conftest import LoadedService

FIELDS = ("kind", "title", "issued", "year", "start", "updated_at")
ORDERS = [
    tuple(Sort(name, down) for name, down in zip(names, downs, strict=True))
    for count in (1, 2, 3)
    for names in islice(permutations(FIELDS, count), 40)
    for downs in product((False, True), repeat=count)
]


@pytest.fixture(scope="module")
def snapshot(loaded: LoadedService) -> Iterator[Snapshot]:
    """With so few documents to a block that everything has several."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ordering, "BLOCK", 4)
        found = loaded.kb.snapshot
        found.orderings.clear()
        found.columns.clear()
        yield found
        found.orderings.clear()
        found.columns.clear()


@pytest.mark.parametrize("collection", ["entries", "events", "people"])
def test_an_order_is_the_sorted_list_from_anywhere(snapshot: Snapshot, collection: str) -> None:
    random = Random(7)
    members = snapshot.members(collection)
    orders = snapshot.orders
    default = orders.default_sort(collection)
    sorts = [default] if collection == "people" else [default, *ORDERS]
    for sort in sorts:
        keys = orders.key_of(sort)
        for within in (members, BitMap(random.sample(list(members), len(members) // 2))):
            expected = sorted(within, key=keys)
            assert list(orders.walk(collection, sort, within)) == expected, sort
            for skip in random.sample(range(len(expected) + 1), min(3, len(expected))):
                assert list(orders.walk(collection, sort, within, skip=skip)) == expected[skip:], (sort, skip)
            for ident in random.sample(expected, min(3, len(expected))):
                values = [orders.value_of(each.field)(ident) for each in sort]
                position = CursorPosition(values, ident)
                assert keys(ident) == sort_keys(values, [each.descending for each in sort], ident)
                after = expected[expected.index(ident) + 1 :]
                assert list(orders.walk_after(collection, sort, within, position)) == after, (sort, ident)


def test_what_is_kept_is_bounded_whatever_is_asked(loaded: LoadedService) -> None:
    snapshot = loaded.kb.snapshot
    snapshot.orders.warm()
    kept = len(snapshot.orderings) + len(snapshot.columns)
    for sort in ORDERS[:60]:
        loaded.kb.client.json(f"/v1/entries?sort={','.join(map(str, sort))}&issued__gte=2020&page=2&per_page=3")
    assert loaded.kb.snapshot is snapshot
    assert len(snapshot.orderings) + len(snapshot.columns) == kept
