"""Words: a Tantivy index in memory, and queries built from what people type (never by an engine's own parser)."""

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, partial
from itertools import islice

import tantivy
from pyroaring import BitMap
from rapidfuzz import process
from rapidfuzz.distance import OSA
from tantivy import Occur

from app.kit.text import fold
from app.search.beginnings import FIELD, Vocabulary, list_words, with_words
from app.search.frequent import MOST_TOUCHED, Frequent, bring_up_to_date, list_anew
from app.search.word_sets import WordSets
from app.search.wording import STEMS, SURFACE, Clause, Run, joined, plain

WEIGHTS = {"title": 3.0, "names": 2.5, "body": 1.0}
"""How much a word counts by where it stands: titles; terms and people; summaries and the rest."""

ELSEWHERE = 0.5
"""Share of its weight with which a word counts in the places where it weighs less."""

MOST_CLAUSES = 32
"""A text of more words is a passage: it is matched by its most telling words."""

ONE_MORE = 100.0
"""Added to the score for each word that occurs, where not all must: more than words weigh by themselves."""

FIRST = 10_000.0
"""Added to the score of what has the whole text as a title."""

MOST_CORRECTED = 8
"""Words put right in one text."""

FEW = 2_000
"""Documents that the engine is asked to rank by name, where it would find many others first."""

MOST_PASSED = 4
"""Documents with the words to each that is wanted, from which on those few are named."""

SPARE = 50
"""Documents ranked beyond those asked for: some of the best may not be wanted."""


class Words:
    """One immutable state of the index: finds, ranks, and corrects."""

    def __init__(
        self,
        schema: tantivy.Schema,
        searcher: tantivy.Searcher,
        everything: BitMap,
        changed: "Changed | None" = None,
    ) -> None:
        """`everything` are the ids in it. What was kept of the state before is brought up to date where few documents
        were changed."""
        self.schema = schema
        self.searcher = searcher
        self.everything = everything
        if changed is not None and len(changed.touched) <= MOST_TOUCHED:
            kept = vars(changed.before)
            if kept.get("frequent"):
                self.frequent = bring_up_to_date(kept["frequent"], changed.touched, schema, self._stem, self.hits)
            if "vocabulary" in kept:
                self.vocabulary = with_words(kept["vocabulary"], changed.label_words(), searcher)

    @cached_property
    def frequent(self) -> Frequent:
        """The documents of every word that stands in very many, by stem."""
        return list_anew(self.searcher, WEIGHTS, self._stem, self.hits)

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """Every word of the names that completion goes by."""
        return list_words(self.searcher)

    def query(self, clauses: Sequence[Clause]) -> tantivy.Query:
        """The engine's query for what was understood; nothing understood finds nothing."""
        parts = [(Occur.Must, self._clause(each)) for each in clauses if not each.negative] + self._barred(clauses)
        if not parts:
            return tantivy.Query.empty_query()
        if all(occur == Occur.MustNot for occur, _ in parts):
            parts.append((Occur.Must, tantivy.Query.all_query()))
        return tantivy.Query.boolean_query(parts)

    def most(self, clauses: Sequence[Clause], enough: int) -> tantivy.Query:
        """As `query`, but so many of the clauses are enough. What has more of them comes before what has fewer."""
        wanted = [each for each in clauses if not each.negative]
        if not wanted:
            return tantivy.Query.empty_query()
        parts = [self._clause(each) for each in wanted]
        some = tantivy.Query.boolean_query([(Occur.Should, part) for part in parts], enough)
        each = [(Occur.Should, tantivy.Query.const_score_query(part, ONE_MORE)) for part in parts]
        return tantivy.Query.boolean_query([(Occur.Must, some), *each, *self._barred(clauses)])

    def telling(self, clauses: Sequence[Clause]) -> tuple[Clause, ...]:
        """At most `MOST_CLAUSES` that are asked for, the rarest, and as many that are not."""
        different = list(dict.fromkeys(clauses))
        wanted = sorted((each for each in different if not each.negative), key=self._frequency)
        barred = (each for each in different if each.negative)
        return (*wanted[:MOST_CLAUSES], *islice(barred, MOST_CLAUSES))

    def favouring(self, query: tantivy.Query, text: str) -> tantivy.Query:
        """The same documents; those whose whole title the text is come first."""
        title = tantivy.Query.term_query(self.schema, "key", whole_title(text))
        first = tantivy.Query.const_score_query(title, FIRST)
        return tantivy.Query.boolean_query([(Occur.Must, query), (Occur.Should, first)])

    def _barred(self, clauses: Sequence[Clause]) -> list[tuple[Occur, tantivy.Query]]:
        return [(Occur.MustNot, self._clause(each)) for each in clauses if each.negative]

    def _frequency(self, clause: Clause) -> float:
        """Documents with the rarest word of a clause; a word that occurs nowhere tells nothing."""
        counts = [self._documents(token) for run in clause.runs for token in run.tokens]
        return min((count for count in counts if count), default=math.inf)

    def rarest(self, tokens: Iterable[str]) -> int:
        """Documents with the rarest of some stems."""
        return min(map(self._documents, tokens))

    def _documents(self, token: str) -> int:
        return max(self.searcher.doc_freq(name, token) for name in WEIGHTS)

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
        return tantivy.Query.disjunction_max_query(parts, ELSEWHERE)

    def _stem(self, token: str) -> tantivy.Query:
        return self._anywhere(partial(self._term, token))

    @cached_property
    def sets(self) -> WordSets:
        """The documents of words and clauses."""
        return WordSets(self.everything, self.frequent, self._run, self._stem, self.hits)

    def hits(self, query: tantivy.Query) -> BitMap:
        """Every document that matches."""
        found = self.searcher.search(query, limit=max(self.searcher.num_docs, 1), count=False, order_by_field="id")
        return BitMap([ident for ident, _ in found.hits])

    def ranked(self, query: tantivy.Query, within: BitMap, hits: int, limit: int) -> list[int]:
        """The best `limit` of `within`, best first. All of `within` must match; `hits` documents do.

        Equal scores keep the engine's own order, which is the same for every page of one snapshot.
        """
        wanted, passed = min(limit, len(within)), hits / max(len(within), 1)
        if passed > MOST_PASSED and len(within) <= FEW:
            return self._best(self._named(within, Occur.Must, query), within, min(len(within), limit + SPARE))[:limit]
        reach = int(limit * passed) + SPARE
        while True:
            best = self._best(query, within, reach)
            if len(best) >= wanted or reach >= self.searcher.num_docs:
                return best[:limit]
            reach *= 4

    def fullest(self, clauses: Sequence[Clause], text: str, within: BitMap, limit: int) -> list[int]:
        """As `ranked`, of few documents, each with some of the clauses: what has more of them comes first."""
        wanted = [each for each in clauses if not each.negative]
        any_of = tantivy.Query.boolean_query([(Occur.Should, self._clause(each)) for each in wanted])
        query = self._named(within, Occur.Should, self.favouring(any_of, text))
        having = [self.sets.of(each) for each in wanted]
        best = self._best(query, within, len(within))
        return sorted(best, key=lambda ident: -sum(ident in ids for ids in having))[:limit]

    def _named(self, within: BitMap, occur: Occur, query: tantivy.Query) -> tantivy.Query:
        """The query, of these documents alone; where it need not match it only gives its score."""
        keys = tantivy.Query.term_set_query(self.schema, "key", [str(ident) for ident in within])
        return tantivy.Query.boolean_query([(occur, query), (Occur.Must, tantivy.Query.const_score_query(keys, 0.0))])

    def _best(self, query: tantivy.Query, within: BitMap, reach: int) -> list[int]:
        hits = self.searcher.search(query, limit=max(reach, 1), count=False).hits
        values = self.searcher.fast_field_values("id", [address for _, address in hits])
        return [ident for ident in map(int, filter(None, values)) if ident in within]

    @cached_property
    def dictionary(self) -> dict[str, int]:
        """Every word as written (folded), with its number of documents."""
        return dict(self.searcher.terms_with_prefix("surface", ""))

    @cached_property
    def _by_length(self) -> dict[int, list[str]]:
        """The words of the dictionary by their number of letters."""
        found: dict[int, list[str]] = {}
        for word in self.dictionary:
            found.setdefault(len(word), []).append(word)
        return found

    def correction(self, text: str) -> str | None:
        """The text with each word that occurs nowhere put right, within one or two letters; None if it cannot be."""
        strange: dict[str, str | None] = {}

        def mend(match: re.Match[str]) -> str:
            word = match[0]
            if word not in strange:
                tokens = SURFACE.analyze(plain(word))
                if len(strange) == MOST_CORRECTED or len(tokens) != 1 or self._occurs(word):
                    return word
                strange[word] = self._nearest(tokens[0])
            return strange[word] or word

        corrected = re.sub(r"\w[\w'\u2019]*", mend, text)
        return corrected if any(strange.values()) else None

    def _occurs(self, word: str) -> bool:
        return all(any(self.searcher.doc_freq(name, token) for name in WEIGHTS) for token in STEMS.analyze(plain(word)))

    def _nearest(self, word: str) -> str | None:
        """The most frequent word that goes on from the stem of this one, else the one fewest letters away."""
        stem = STEMS.analyze(word)[0]
        begun = self.searcher.terms_with_prefix("surface", stem, limit=1) if len(stem) > 3 else []
        return begun[0][0] if begun else self._misspelt(word)

    def _misspelt(self, word: str) -> str | None:
        """Letters may be inserted, deleted, changed or swapped with a neighbour (optimal string alignment)."""
        reach = 0 if len(word) < 4 else 1 if len(word) < 6 else 2
        lengths = range(len(word) - reach, len(word) + reach + 1)
        near = [
            found
            for length in lengths
            for found in process.extract(
                word, self._by_length.get(length, ()), scorer=OSA.distance, score_cutoff=reach, limit=None
            )
        ]
        return min(near, key=lambda each: (each[1], -self.dictionary[each[0]], each[0]))[0] if near else None


def whole_title(text: str) -> str:
    """A title as a key; no key of a document looks like it."""
    return "= " + fold(" ".join(plain(text).split()).strip("?!."))


class Changed:
    """What was changed since a state: the documents, and the names that came."""

    def __init__(self, before: Words) -> None:
        self.before = before
        self.touched = BitMap()
        self.labels: list[str] = []

    def label_words(self) -> set[str]:
        return {word for label in self.labels for word in SURFACE.analyze(label)}


class WordIndex:
    """The one that changes; each `commit` gives a new immutable `Words`."""

    def __init__(self) -> None:
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("key", tokenizer_name="raw", index_option="basic")
        builder.add_unsigned_field("id", fast=True)
        for name in WEIGHTS:
            builder.add_text_field(name, tokenizer_name="stems", index_option="position")
        builder.add_text_field(FIELD, tokenizer_name="surface", index_option="freq")
        builder.add_text_field("surface", tokenizer_name="surface", index_option="basic")
        self.schema = builder.build()
        self.index = tantivy.Index(self.schema)
        self.index.register_tokenizer("stems", STEMS)
        self.index.register_tokenizer("surface", SURFACE)
        self.index.config_reader("manual")
        self.writer = self.index.writer(heap_size=50_000_000, num_threads=1)
        self._everything = BitMap()
        self._changed = Changed(Words(self.schema, self.index.searcher(), self._everything.copy()))

    def remove(self, ident: int) -> None:
        self._changed.touched.add(ident)
        self._everything.discard(ident)
        self.writer.delete_documents_by_term("key", str(ident))

    def add(self, ident: int, texts: Mapping[str, Sequence[str]], labels: Iterable[str]) -> None:
        """`texts` by the names of `WEIGHTS`; `labels` are what completion goes by.

        A phrase never reaches from one text into the next by chance of order.
        """
        self._changed.touched.add(ident)
        self._everything.add(ident)
        document, written = tantivy.Document(), list[str]()
        document.add_text("key", str(ident))
        document.add_unsigned("id", ident)
        for name, parts in texts.items():
            for text in map(plain, parts):
                document.add_text(name, text)
                for whole in joined(text):
                    document.add_text(name, whole)
                written.append(text)
        document.add_text("surface", "\n".join(written))
        for title in texts.get("title", ()):
            document.add_text("key", whole_title(title))
        for label in map(plain, labels):
            document.add_text(FIELD, label)
            self._changed.labels.append(label)
        self.writer.add_document(document)

    def commit(self) -> Words:
        self.writer.commit()
        self.index.reload()
        words = Words(self.schema, self.index.searcher(), self._everything.copy(), self._changed)
        self._changed = Changed(words)
        return words
