"""Completion while typing: things and terms whose names begin with the words typed so far."""

from collections.abc import Iterator
from dataclasses import dataclass

import tantivy
from tantivy import Occur

from app.kit.text import fold
from app.search.fields import Field
from app.search.rows import Row
from app.search.snapshot import Snapshot
from app.search.types import TERM
from app.search.wording import SURFACE, plain

MOST_WORDS = 8
WORDS_PER_PREFIX = 24
"""Words a prefix is widened to, the most frequent first."""


@dataclass(frozen=True, slots=True)
class Completion:
    """`count` is how many entries have it, for what entries can be asked by; `field` is the parameter to ask with."""

    row: Row
    hint: str
    field: str | None
    count: int | None


def complete(snapshot: Snapshot, text: str, limit: int) -> list[Completion]:
    """At most `limit`: what carries the text as an identifier; what begins with it; terms and agents before entries."""
    ids = list(snapshot.identified(text))
    tokens = SURFACE.analyze(plain(text))[:MOST_WORDS]
    if tokens:
        ids += [ident for ident in _beginning(snapshot, tokens, limit * 4) if ident not in ids]
    rows = [row for ident in ids if (row := snapshot.rows.get(ident)) is not None and row.state == "live"]
    identified = len(snapshot.identified(text))
    everything, begun = snapshot.members(snapshot.layout.everything), fold(text.strip())
    rows[identified:] = sorted(
        rows[identified:], key=lambda row: (not fold(row.label).startswith(begun), row.id in everything)
    )
    return [_completion(snapshot, row) for row in rows[:limit]]


def _beginning(snapshot: Snapshot, tokens: list[str], limit: int) -> list[int]:
    searcher, schema = snapshot.words.searcher, snapshot.words.schema
    parts = []
    for token in tokens:
        found = searcher.terms_with_prefix("label", token, limit=WORDS_PER_PREFIX)
        known = [word for word, _ in found]
        if searcher.doc_freq("label", token) and token not in known:
            known.append(token)
        if not known:
            return []
        words = [(Occur.Should, tantivy.Query.term_query(schema, "label", word)) for word in known]
        parts.append((Occur.Must, tantivy.Query.boolean_query(words)))
    hits = searcher.search(tantivy.Query.boolean_query(parts), limit=limit, count=False).hits
    return [int(value or 0) for value in searcher.fast_field_values("id", [address for _, address in hits])]


def _completion(snapshot: Snapshot, row: Row) -> Completion:
    asked = next(fields_of(snapshot, row.collection), None)
    count = None
    if asked is not None:
        having = snapshot.closure(asked, row.slug) if asked.type is TERM else snapshot.posting(asked.name, row.slug)
        count = having.intersection_cardinality(snapshot.members(snapshot.layout.everything))
    return Completion(row, row.collection.replace("-", " "), asked.name if asked else None, count)


def fields_of(snapshot: Snapshot, collection: str) -> Iterator[Field]:
    """The fields of entries whose values are documents of this collection."""
    for field in snapshot.fields(snapshot.layout.everything).values():
        if collection in field.collections:
            yield field
