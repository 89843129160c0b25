"""Completion while typing: things and terms whose names begin with the words typed so far."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from string import ascii_lowercase

from app.kit.text.characters import fold
from app.search.index.snapshot import Snapshot
from app.search.query.value_types import TERM
from app.search.storage.rows import IndexRow
from app.search.text.query_parser import SURFACE, plain
from app.search.words.engine import LABEL

MAX_COMPLETIONS = 20
"""Completions at most."""

CANDIDATES = 3 * MAX_COMPLETIONS
"""Names from which the best are chosen, those of entries and all others: of a short one, more is typed already."""

MAX_WORDS = 8


@dataclass(frozen=True, slots=True)
class CompletionHit:
    """`count` is the number of entries that have it, where entries can be filtered by it; `field` is the parameter
    of that filter."""

    row: IndexRow
    hint: str
    field: str | None
    count: int | None

    @property
    def leads_somewhere(self) -> bool:
        """Whether it is an entry, or one at least has it."""
        return self.count != 0


def complete(snapshot: Snapshot, text: str, limit: int) -> list[CompletionHit]:
    """At most `limit` (up to `MAX_COMPLETIONS`): what carries the text as an identifier; what begins with it, terms
    and agents before entries."""
    identified = snapshot.identified(text)
    tokens = SURFACE.analyze(plain(text))[:MAX_WORDS]
    others = (ident for ident in (_prefix_candidates(snapshot, tokens) if tokens else ()) if ident not in identified)
    rows = chain(_named(snapshot, identified), _begun_first(_named(snapshot, others), fold(text.strip())))
    found = (_completion(snapshot, row) for row in rows)
    return list(islice((each for each in found if each.leads_somewhere), limit))


def _named(snapshot: Snapshot, ids: Iterable[int]) -> Iterator[IndexRow]:
    """What is there and has a name that can be chosen: a ring of synonyms has none."""
    rings = {each.collection for each in snapshot.registry.vocabularies.values() if not each.is_field}
    rows = (snapshot.rows.get(ident) for ident in ids)
    return (row for row in rows if row is not None and row.state == "live" and row.collection not in rings)


def _begun_first(rows: Iterable[IndexRow], text: str) -> Iterator[IndexRow]:
    """Those whose labels begin with a text before the others; rows are read until enough do."""
    others = []
    for row in rows:
        if fold(row.label).startswith(text):
            yield row
        else:
            others.append(row)
    yield from others


def warm_prefixes(snapshot: Snapshot) -> None:
    """Find ahead what single letters begin: each stands at the beginning of very many names."""
    for letter in ascii_lowercase:
        _prefix_candidates(snapshot, [letter])
        snapshot.words.prefixes.words(letter, alone=False)


def _prefix_candidates(snapshot: Snapshot, tokens: list[str]) -> list[int]:
    """Candidates, the same however many are wanted: terms and agents before entries, each the shortest first. What a
    letter begins is remembered."""
    if len(tokens) > 1 or len(tokens[0]) > 1:
        return _search_prefixes(snapshot, tokens)
    known = snapshot.prefix_hits.get(tokens[0])
    if known is None:
        known = _search_prefixes(snapshot, tokens)
        if known:
            snapshot.prefix_hits[tokens[0]] = known
    return known


def _search_prefixes(snapshot: Snapshot, tokens: list[str]) -> list[int]:
    engine = snapshot.words.engine
    parts = []
    for token in tokens:
        known = snapshot.words.prefixes.words(token, alone=len(tokens) == 1)
        if not known:
            return []
        parts.append(engine.any_of(LABEL, known))
    query = engine.every(parts)
    return [ident for entries in (False, True) for ident in engine.shortest(query, CANDIDATES, entries=entries)]


def _completion(snapshot: Snapshot, row: IndexRow) -> CompletionHit:
    queried = snapshot.registry.field_by_collection.get(row.collection)
    count = None
    if queried is not None:
        having = (
            snapshot.closure(queried, row.slug) if queried.type is TERM else snapshot.posting(queried.name, row.slug)
        )
        count = having.intersection_cardinality(snapshot.members(snapshot.registry.everything))
    return CompletionHit(row, row.collection.replace("-", " "), queried.name if queried else None, count)
