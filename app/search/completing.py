"""Completion while typing: things and terms whose names begin with the words typed so far."""

from dataclasses import dataclass
from string import ascii_lowercase

from app.kit.text import fold
from app.search.beginnings import widened
from app.search.engine import LABEL
from app.search.rows import Row
from app.search.snapshot import Snapshot
from app.search.types import TERM
from app.search.wording import SURFACE, plain

MOST = 20
"""Completions at most."""

CANDIDATES = 3 * MOST
"""Names from which the best are chosen, those of entries and all others: of a short one, more is typed already."""

MOST_WORDS = 8


@dataclass(frozen=True, slots=True)
class Completion:
    """`count` is how many entries have it, for what entries can be asked by; `field` is the parameter to ask with."""

    row: Row
    hint: str
    field: str | None
    count: int | None


def complete(snapshot: Snapshot, text: str, limit: int) -> list[Completion]:
    """At most `limit` (up to `MOST`): what carries the text as an identifier; what begins with it, terms and agents
    before entries."""
    identified = snapshot.identified(text)
    ids = list(identified)
    tokens = SURFACE.analyze(plain(text))[:MOST_WORDS]
    if tokens:
        ids += [ident for ident in _beginning(snapshot, tokens) if ident not in identified]
    rows = [row for ident in ids if (row := snapshot.rows.get(ident)) is not None and row.state == "live"]
    everything, begun = snapshot.members(snapshot.layout.everything), fold(text.strip())
    rows[len(identified) :] = sorted(
        rows[len(identified) :], key=lambda row: (not fold(row.label).startswith(begun), row.id in everything)
    )
    return [_completion(snapshot, row) for row in rows[:limit]]


def know_letters(snapshot: Snapshot) -> None:
    """Find ahead what single letters begin: each stands at the beginning of very many names."""
    for letter in ascii_lowercase:
        _beginning(snapshot, [letter])


def _beginning(snapshot: Snapshot, tokens: list[str]) -> list[int]:
    """Candidates, the same however many are wanted. What a letter begins is remembered."""
    if len(tokens) > 1 or len(tokens[0]) > 1:
        return _found(snapshot, tokens)
    known = snapshot.begun.get(tokens[0])
    if known is None:
        known = _found(snapshot, tokens)
        if known:
            snapshot.begun[tokens[0]] = known
    return known


def _found(snapshot: Snapshot, tokens: list[str]) -> list[int]:
    engine = snapshot.words.engine
    parts = []
    for token in tokens:
        known = widened(engine, token, alone=len(tokens) == 1)
        if not known:
            return []
        parts.append(engine.any_of(LABEL, known))
    query = engine.every(parts)
    return [ident for entries in (False, True) for ident in engine.shortest(query, CANDIDATES, entries=entries)]


def _completion(snapshot: Snapshot, row: Row) -> Completion:
    asked = snapshot.layout.asked_by.get(row.collection)
    count = None
    if asked is not None:
        having = snapshot.closure(asked, row.slug) if asked.type is TERM else snapshot.posting(asked.name, row.slug)
        count = having.intersection_cardinality(snapshot.members(snapshot.layout.everything))
    return Completion(row, row.collection.replace("-", " "), asked.name if asked else None, count)
