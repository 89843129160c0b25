"""Words that stand in very many documents: which ones is kept, for the engine takes milliseconds to list them."""

from collections.abc import Callable, Iterable, Mapping

import tantivy
from pyroaring import BitMap

FROM = 24_000
"""Documents with a word from which on it is kept."""

MOST_TOUCHED = 2_000
"""Changed documents up to which what is kept is brought up to date; for more it is listed anew."""

Frequent = Mapping[str, BitMap]
Hits = Callable[[tantivy.Query], BitMap]
Term = Callable[[str], tantivy.Query]
"""The query for one stem."""


def list_anew(searcher: tantivy.Searcher, fields: Iterable[str], term: Term, hits: Hits) -> Frequent:
    """Every stem that is frequent in any of the fields, with its documents in all of them."""
    if searcher.num_docs < FROM:
        return {}
    stems = {stem for name in fields for stem, count in searcher.terms_with_prefix(name, "") if count >= FROM}
    return {stem: hits(term(stem)) for stem in sorted(stems)}


def bring_up_to_date(before: Frequent, touched: BitMap, schema: tantivy.Schema, term: Term, hits: Hits) -> Frequent:
    """What was kept, after a change of the `touched` documents."""
    if not touched:
        return before
    keys = tantivy.Query.term_set_query(schema, "key", [str(ident) for ident in touched])

    def now(stem: str) -> BitMap:
        changed = tantivy.Query.boolean_query([(tantivy.Occur.Must, keys), (tantivy.Occur.Must, term(stem))])
        return hits(changed)

    return {stem: (ids - touched) | now(stem) for stem, ids in before.items()}
