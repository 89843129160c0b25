"""Words: a Tantivy index in memory, and queries built from what people type (never by an engine's own parser)."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import tantivy
from pyroaring import BitMap
from tantivy import Filter, Occur, Tokenizer

WEIGHTS = {"title": 4.0, "names": 2.5, "body": 1.0}
"""How much a word counts by where it stands: titles; terms and people; summaries and the rest."""

APOSTROPHES = re.compile("(?<=\\w)['\u2018\u2019\u02bc](?=\\w)")
PIECE = re.compile(r'(-?)"([^"]*)"?|(\S+)')
STOP_WORDS = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "but",
        "by",
        "can",
        "do",
        "does",
        "for",
        "from",
        "how",
        "i",
        "if",
        "in",
        "into",
        "is",
        "it",
        "its",
        "me",
        "my",
        "no",
        "not",
        "of",
        "on",
        "or",
        "our",
        "so",
        "such",
        "that",
        "the",
        "their",
        "then",
        "there",
        "these",
        "they",
        "this",
        "to",
        "was",
        "we",
        "were",
        "what",
        "when",
        "where",
        "which",
        "who",
        "why",
        "will",
        "with",
        "you",
        "your",
    ]
)


def plain(text: str) -> str:
    """Apostrophes inside words are left out, so that childrens finds children's."""
    return APOSTROPHES.sub("", text)


def _analyser(*, stem: bool) -> tantivy.TextAnalyzer:
    builder = tantivy.TextAnalyzerBuilder(Tokenizer.simple())
    builder = builder.filter(Filter.remove_long(60)).filter(Filter.lowercase()).filter(Filter.ascii_fold())
    return (builder.filter(Filter.stemmer("english")) if stem else builder).build()


STEMS = _analyser(stem=True)
SURFACE = _analyser(stem=False)


@dataclass(frozen=True)
class Clause:
    """Alternatives, each a run of words; `phrase` says that they must stand side by side."""

    alternatives: tuple[tuple[str, bool], ...]
    negative: bool = False


def understand(text: str) -> tuple[Clause, ...]:
    """Read `all words "a phrase" one OR another -word`. Every text means something; none is an error."""
    clauses: list[Clause] = []
    joining = False
    for sign, phrase, word in PIECE.findall(text):
        if word == "OR" and clauses:
            joining = True
            continue
        negative = sign == "-" or (word.startswith("-") and len(word) > 1)
        run = (phrase, True) if not word else (word.removeprefix("-") if negative else word, False)
        if not STEMS.analyze(plain(run[0])):
            continue
        if joining and not negative and not clauses[-1].negative:
            clauses[-1] = Clause((*clauses[-1].alternatives, run))
        else:
            clauses.append(Clause((run,), negative))
        joining = False
    return _without_stop_words(clauses)


def _without_stop_words(clauses: Sequence[Clause]) -> tuple[Clause, ...]:
    """Small words are not asked for, unless there is nothing else."""

    def matters(clause: Clause) -> bool:
        return (
            len(clause.alternatives) > 1
            or clause.alternatives[0][1]
            or (clause.alternatives[0][0].lower() not in STOP_WORDS)
        )

    kept = tuple(clause for clause in clauses if matters(clause))
    return kept if any(not clause.negative for clause in kept) else tuple(clauses)


class Words:
    """One immutable state of the index: finds, ranks, and corrects."""

    def __init__(self, schema: tantivy.Schema, searcher: tantivy.Searcher) -> None:
        self.schema = schema
        self.searcher = searcher

    def query(self, text: str) -> tantivy.Query:
        """The engine's query for a text; a text without a word finds nothing."""
        clauses = understand(text)
        parts: list[tuple[Occur, tantivy.Query]] = []
        for clause in clauses:
            alternatives = [self._run(words, phrase) for words, phrase in clause.alternatives]
            inner = alternatives[0]
            if len(alternatives) > 1:
                inner = tantivy.Query.boolean_query([(Occur.Should, part) for part in alternatives])
            parts.append((Occur.MustNot if clause.negative else Occur.Must, inner))
        if not parts:
            return tantivy.Query.empty_query()
        if all(occur == Occur.MustNot for occur, _ in parts):
            parts.append((Occur.Must, tantivy.Query.all_query()))
        return tantivy.Query.boolean_query(parts)

    def _run(self, words: str, phrase: bool) -> tantivy.Query:
        tokens = STEMS.analyze(plain(words))
        if phrase and len(tokens) > 1:
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
        builder.add_text_field("surface", tokenizer_name="surface", index_option="basic")
        self.schema = builder.build()
        self.index = tantivy.Index(self.schema)
        self.index.register_tokenizer("stems", STEMS)
        self.index.register_tokenizer("surface", SURFACE)
        self.index.config_reader("manual")
        self.writer = self.index.writer(heap_size=50_000_000, num_threads=1)

    def remove(self, ident: int) -> None:
        self.writer.delete_documents_by_term("key", str(ident))

    def add(self, ident: int, texts: Mapping[str, Iterable[str]]) -> None:
        """`texts` by the names of `WEIGHTS`. A phrase never reaches from one text into the next by chance of order."""
        document = tantivy.Document()
        document.add_text("key", str(ident))
        document.add_unsigned("id", ident)
        for name, parts in texts.items():
            for part in parts:
                text = plain(part)
                document.add_text(name, text)
                document.add_text("surface", text)
        self.writer.add_document(document)

    def commit(self) -> Words:
        self.writer.commit()
        self.index.reload()
        return Words(self.schema, self.index.searcher())
