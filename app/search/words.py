"""Words: a Tantivy index in memory, and queries built from what people type (never by an engine's own parser)."""

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, partial

import tantivy
from pyroaring import BitMap
from tantivy import Occur

from app.search.wording import STEMS, SURFACE, Clause, Run, joined, plain

WEIGHTS = {"title": 4.0, "names": 2.5, "body": 1.0}
"""How much a word counts by where it stands: titles; terms and people; summaries and the rest."""

MOST_CLAUSES = 32
"""A text of more words is a passage: it is matched by its most telling words."""

ENOUGH = 0.6
"""Share of the words that must occur where not all do."""


class Words:
    """One immutable state of the index: finds, ranks, and corrects."""

    def __init__(self, schema: tantivy.Schema, searcher: tantivy.Searcher) -> None:
        self.schema = schema
        self.searcher = searcher

    def query(self, clauses: Sequence[Clause]) -> tantivy.Query:
        """The engine's query for what was understood; nothing understood finds nothing."""
        parts = [(Occur.MustNot if each.negative else Occur.Must, self._clause(each)) for each in clauses]
        if not parts:
            return tantivy.Query.empty_query()
        if all(occur == Occur.MustNot for occur, _ in parts):
            parts.append((Occur.Must, tantivy.Query.all_query()))
        return tantivy.Query.boolean_query(parts)

    def most(self, clauses: Sequence[Clause]) -> tantivy.Query:
        """As `query`, but most of the clauses are enough; of very many the most telling are taken."""
        wanted = [each for each in clauses if not each.negative]
        if len(wanted) > MOST_CLAUSES:
            wanted = sorted(dict.fromkeys(wanted), key=self._frequency)[:MOST_CLAUSES]
        if not wanted:
            return tantivy.Query.empty_query()
        enough = max(1, math.floor(len(wanted) * ENOUGH)) if len(wanted) < MOST_CLAUSES else 3
        some = tantivy.Query.boolean_query([(Occur.Should, self._clause(each)) for each in wanted], enough)
        barred = [(Occur.MustNot, self._clause(each)) for each in clauses if each.negative]
        return tantivy.Query.boolean_query([(Occur.Must, some), *barred])

    def _frequency(self, clause: Clause) -> float:
        """Documents with the rarest word of a clause; a word that occurs nowhere tells nothing."""
        counts = [
            max(self.searcher.doc_freq(name, token) for name in WEIGHTS) for run in clause.runs for token in run.tokens
        ]
        return min((count for count in counts if count), default=math.inf)

    def _clause(self, clause: Clause) -> tantivy.Query:
        runs = [tantivy.Query.boost_query(self._run(run), run.weight) for run in clause.runs]
        return runs[0] if len(runs) == 1 else tantivy.Query.disjunction_max_query(runs)

    def _run(self, run: Run) -> tantivy.Query:
        tokens = run.tokens
        if run.phrase and len(tokens) > 1:
            return self._anywhere(lambda name: tantivy.Query.phrase_query(self.schema, name, [*tokens]))
        each = [self._anywhere(partial(self._term, token)) for token in tokens]
        return each[0] if len(each) == 1 else tantivy.Query.boolean_query([(Occur.Must, part) for part in each])

    def _term(self, token: str, name: str) -> tantivy.Query:
        return tantivy.Query.term_query(self.schema, name, token)

    @staticmethod
    def _anywhere(make: Callable[[str], tantivy.Query]) -> tantivy.Query:
        parts = [tantivy.Query.boost_query(make(name), weight) for name, weight in WEIGHTS.items()]
        return tantivy.Query.disjunction_max_query(parts, 0.3)

    def hits(self, query: tantivy.Query) -> BitMap:
        """Every document that matches."""
        found = self.searcher.search(query, limit=max(self.searcher.num_docs, 1), count=False, order_by_field="id")
        return BitMap([ident for ident, _ in found.hits])

    def ranked(self, query: tantivy.Query, within: BitMap, limit: int) -> list[int]:
        """The best `limit` of `within`, best first. All of `within` must match.

        Equal scores keep the engine's own order, which is the same for every page of one snapshot.
        """
        if len(within) <= 2000:
            keys = tantivy.Query.term_set_query(self.schema, "key", [str(ident) for ident in within])
            narrowed = tantivy.Query.boolean_query(
                [(Occur.Must, query), (Occur.Must, tantivy.Query.const_score_query(keys, 0.0))]
            )
            return self._best(narrowed, within, min(len(within), limit + 50))[:limit]
        wanted, reach = min(limit, len(within)), limit * 2 + 50
        while True:
            best = self._best(query, within, reach)
            if len(best) >= wanted or reach >= self.searcher.num_docs:
                return best[:limit]
            reach *= 4

    def _best(self, query: tantivy.Query, within: BitMap, reach: int) -> list[int]:
        hits = self.searcher.search(query, limit=max(reach, 1), count=False).hits
        values = self.searcher.fast_field_values("id", [address for _, address in hits])
        return [ident for ident in map(int, filter(None, values)) if ident in within]

    @cached_property
    def dictionary(self) -> dict[int, list[tuple[str, int]]]:
        """Every word as written (folded) with its number of documents, by length."""
        by_length: dict[int, list[tuple[str, int]]] = {}
        for word, count in self.searcher.terms_with_prefix("surface", ""):
            by_length.setdefault(len(word), []).append((word, count))
        return by_length

    def correction(self, text: str) -> str | None:
        """The text with each word that occurs nowhere put right, within one or two letters; None if it cannot be."""
        changed = False

        def mend(match: re.Match[str]) -> str:
            nonlocal changed
            tokens = SURFACE.analyze(plain(match[0]))
            if len(tokens) != 1 or self._occurs(match[0]):
                return match[0]
            nearest = self._nearest(tokens[0])
            changed = changed or nearest is not None
            return nearest or match[0]

        corrected = re.sub(r"\w[\w'\u2019]*", mend, text)
        return corrected if changed else None

    def _occurs(self, word: str) -> bool:
        return all(any(self.searcher.doc_freq(name, token) for name in WEIGHTS) for token in STEMS.analyze(plain(word)))

    def _nearest(self, word: str) -> str | None:
        reach = 0 if len(word) < 4 else 1 if len(word) < 6 else 2
        best: tuple[int, int, str] | None = None
        for length in range(len(word) - reach, len(word) + reach + 1):
            for candidate, count in self.dictionary.get(length, ()):
                distance = edit_distance(word, candidate, reach)
                if distance is not None and (best is None or (distance, -count, candidate) < best):
                    best = (distance, -count, candidate)
        return best[2] if best else None


def edit_distance(one: str, other: str, most: int) -> int | None:
    """Letters inserted, deleted, changed or swapped with a neighbour (optimal string alignment); None over `most`."""
    if abs(len(one) - len(other)) > most or len(set(one) ^ set(other)) > 2 * most:
        return None
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, left in enumerate(one, 1):
        current = [row]
        for column, right in enumerate(other, 1):
            cost = min(last[column] + 1, current[-1] + 1, last[column - 1] + (left != right))
            if row > 1 and column > 1 and left == other[column - 2] and one[row - 2] == right:
                cost = min(cost, before[column - 2] + 1)
            current.append(cost)
        if min(current) > most:
            return None
        before, last = last, current
    return last[-1] if last[-1] <= most else None


class WordIndex:
    """The one that changes; each `commit` gives a new immutable `Words`."""

    def __init__(self) -> None:
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("key", tokenizer_name="raw", index_option="basic")
        builder.add_unsigned_field("id", fast=True)
        for name in WEIGHTS:
            builder.add_text_field(name, tokenizer_name="stems", index_option="position")
        builder.add_text_field("label", tokenizer_name="surface", index_option="freq")
        builder.add_text_field("surface", tokenizer_name="surface", index_option="basic")
        self.schema = builder.build()
        self.index = tantivy.Index(self.schema)
        self.index.register_tokenizer("stems", STEMS)
        self.index.register_tokenizer("surface", SURFACE)
        self.index.config_reader("manual")
        self.writer = self.index.writer(heap_size=50_000_000, num_threads=1)

    def remove(self, ident: int) -> None:
        self.writer.delete_documents_by_term("key", str(ident))

    def add(self, ident: int, texts: Mapping[str, Iterable[str]], labels: Iterable[str]) -> None:
        """`texts` by the names of `WEIGHTS`; `labels` are what completion goes by.

        A phrase never reaches from one text into the next by chance of order.
        """
        document = tantivy.Document()
        document.add_text("key", str(ident))
        document.add_unsigned("id", ident)
        for name, parts in texts.items():
            for part in parts:
                text = plain(part)
                document.add_text(name, text)
                for whole in joined(text):
                    document.add_text(name, whole)
                document.add_text("surface", text)
        for label in labels:
            document.add_text("label", plain(label))
        self.writer.add_document(document)

    def commit(self) -> Words:
        self.writer.commit()
        self.index.reload()
        return Words(self.schema, self.index.searcher())
