"""Completion while typing: things and terms whose names begin with the words typed so far."""

from dataclasses import dataclass
from itertools import islice
from string import ascii_lowercase

from app.kit.text.characters import fold
from app.search.index.snapshot import Snapshot
from app.search.query.value_types import TERM
from app.search.storage.rows import IndexRow
from app.search.text.query_parser import SURFACE, plain
from app.search.words.engine import LABEL, expand_prefix

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
    """At most `limit` (up to `MOST`): what carries the text as an identifier; what begins with it, terms and agents
    before entries."""
    identified = snapshot.identified(text)
    ids = list(identified)
    tokens = SURFACE.analyze(plain(text))[:MAX_WORDS]
    if tokens:
        ids += [ident for ident in _prefix_candidates(snapshot, tokens) if ident not in identified]
    rings = {each.collection for each in snapshot.registry.vocabularies.values() if not each.is_field}
    found_rows = (row for ident in ids if (row := snapshot.rows.get(ident)) is not None and row.state == "live")
    rows = [row for row in found_rows if row.collection not in rings]
    everything, begun = snapshot.members(snapshot.registry.everything), fold(text.strip())
    rows[len(identified) :] = sorted(
        rows[len(identified) :], key=lambda row: (not fold(row.label).startswith(begun), row.id in everything)
    )
    found = (_completion(snapshot, row) for row in rows)
    return list(islice((each for each in found if each.leads_somewhere), limit))


def warm_prefixes(snapshot: Snapshot) -> None:
    """Find ahead what single letters begin: each stands at the beginning of very many names."""
    for letter in ascii_lowercase:
        _prefix_candidates(snapshot, [letter])


def _prefix_candidates(snapshot: Snapshot, tokens: list[str]) -> list[int]:
    """Candidates, the same however many are wanted. What a letter begins is remembered."""
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
        known = expand_prefix(engine, token, alone=len(tokens) == 1)
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
