"""Documents for a page of groups, and whether a page is made sooner than it is handed to a thread."""

from collections.abc import Sequence
from itertools import islice

from pyroaring import BitMap

from app.search.index.snapshot import Snapshot
from app.search.query.model import Query, leaves

MAX_BEST = 2_000
"""Documents ranked for all groups of a page together."""

FEW_VALUES = 1_000
"""Values of a field that are counted in the event loop."""


def first_documents_of_each(snapshot: Snapshot, query: Query, sets: Sequence[BitMap], take: int) -> list[list[int]]:
    """The first `take` of each of several sets that the query matched. Words are ranked once for those that have many
    of the best documents, and once more for the others, however many sets there are."""
    if not query.is_ranked or not sets:
        return [snapshot.page(query, ids, skip=0, take=take) for ids in sets]
    words = str(query.words)
    best = snapshot.by_relevance(words, BitMap.union(*sets), MAX_BEST)
    found = BitMap(best)
    lacking = [found.intersection_cardinality(ids) < min(take, len(ids)) for ids in sets]
    rest = BitMap.union(*(ids for ids, lacks in zip(sets, lacking, strict=True) if lacks)) if any(lacking) else BitMap()
    others = snapshot.by_relevance(words, rest, len(rest)) if rest else []
    ranked = zip(sets, (others if lacks else best for lacks in lacking), strict=True)
    return [list(islice((ident for ident in order if ident in ids), take)) for ids, order in ranked]


def is_prepared(snapshot: Snapshot, query: Query, facets: Sequence[str]) -> bool:
    """Whether all that an answer is made of has been made: its order, and values to count by, if they are few."""
    orders, fields = snapshot.orders, snapshot.fields(query.collection)
    own_collection = orders.own_collection(query.collection)
    ranged = {leaf.field for leaf in leaves(query.where) if fields[leaf.field].type.ranged}
    counted = (snapshot.values_counted(name) for name in facets)
    return (
        (query.is_ranked or orders.is_known(query.collection, query.sort))
        and all((own_collection, name) in orders.columns for name in ranged)
        and all(count is not None and count <= FEW_VALUES for count in counted)
    )


def is_search_prepared(snapshot: Snapshot) -> bool:
    """Whether words have been looked for in this snapshot, so that its names and its frequent words are listed."""
    return "synonyms" in vars(snapshot) and "sets" in vars(snapshot.words)
