"""Words: an index, in memory or in a folder, and what it finds, in order. Queries are built from what people type,
never by an engine's own parser."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path

import tantivy
from pyroaring import BitMap

from app.kit.text.characters import fold
from app.search.scoring.impacts import TEXT_FIELDS, impact_once, impacts
from app.search.text.acronyms import acronyms
from app.search.text.languages import MAX_LANGUAGES, stemmed_language, stems_in
from app.search.text.query_parser import SPLIT, Clause, composed, make_analyzer, plain
from app.search.text.stemming import Stemmer
from app.search.words.corrections import Corrections
from app.search.words.engine import (
    BY_LENGTH,
    EVERY,
    IDENT,
    IMPACT,
    KEY,
    LABEL,
    OTHER,
    SURFACE,
    TEXT,
    UNSAID,
    Engine,
    place_by_length,
)
from app.search.words.frequent_words import (
    MAX_TOUCHED,
    FrequentWords,
    list_frequent_words,
    may_have_frequent_words,
    update_frequent_words,
)
from app.search.words.prefixes import Prefixes
from app.search.words.relevance import rank
from app.search.words.updated_engine import StoredWords, UpdatedEngine
from app.search.words.word_sets import WordSets

MAX_CLAUSES = 32
"""A text of more words is a passage: it is matched by its most distinctive words."""

HIDDEN = 0.6
"""What a word counts that a document has in its hidden labels alone, of what it counts in the text."""


class WordSearcher:
    """One immutable state of the index: finds, ranks, and corrects."""

    def __init__(
        self,
        engine: Engine,
        everything: BitMap,
        changed: "WordChanges | None" = None,
        languages: Sequence[str] = (),
        frequent: FrequentWords | None = None,
        others: BitMap | None = None,
    ) -> None:
        """`everything` are the ids in it, `languages` those beside English that words are stemmed in. What was kept of
        the state before is brought up to date where few documents were changed; `frequent` is that of this state, and
        `others` are those of its documents that are no entries."""
        self.engine = engine
        self.everything = everything
        if others is not None:
            self.others = others
        self.languages = languages
        if changed is not None and len(changed.touched) <= MAX_TOUCHED:
            kept = vars(changed.before).get("frequent")
            if kept is not None and may_have_frequent_words(len(changed.before.everything)):
                frequent = update_frequent_words(kept, changed.touched, engine)
        if frequent is not None:
            self.frequent = frequent

    @cached_property
    def frequent(self) -> FrequentWords:
        """The documents of every word that stands in very many, by stem."""
        return list_frequent_words(self.engine) if may_have_frequent_words(len(self.everything)) else {}

    @cached_property
    def others(self) -> BitMap:
        """The documents that are no entries."""
        return self.engine.having(KEY, OTHER)

    @cached_property
    def sets(self) -> WordSets:
        """The documents of words and clauses."""
        return WordSets(self.engine, self.everything, self.others, self.frequent, self.languages)

    @cached_property
    def corrections(self) -> Corrections:
        return Corrections(self.engine)

    @cached_property
    def prefixes(self) -> Prefixes:
        return Prefixes(self.engine)

    def most_selective(self, clauses: Sequence[Clause]) -> tuple[Clause, ...]:
        """At most `MAX_CLAUSES` positive clauses, the rarest, and as many excluded ones."""
        different = list(dict.fromkeys(clauses))
        requested = sorted((each for each in different if not each.negative), key=self._frequency)
        barred = (each for each in different if each.negative)
        return (*requested[:MAX_CLAUSES], *islice(barred, MAX_CLAUSES))

    def _frequency(self, clause: Clause) -> float:
        """Documents with the rarest word of a clause; a word that occurs nowhere is ignored."""
        counts = [self.sets.count(token) for run in clause.runs for token in run.tokens]
        return min((count for count in counts if count), default=math.inf)

    def ranked(
        self,
        clauses: Sequence[Clause],
        within: BitMap,
        limit: int,
        *,
        text: str,
        leading: Sequence[BitMap] = (),
        some: bool,
    ) -> list[int]:
        """The best `limit` of `within`, best first, equal ones by id; those whose whole title the text is before all,
        then those of each of the `leading`. `some`: not all of the clauses had to be there."""
        first = self.engine.having(KEY, whole_title(text))
        return rank(self.sets, clauses, within, limit, text=text, first=first, leading=leading, some=some)


def whole_title(text: str) -> str:
    """A title as a key; no key of a document looks like it."""
    return "= " + fold(" ".join(plain(text).split()).strip("?!."))


class WordChanges:
    """What was changed since a state."""

    def __init__(self, before: WordSearcher) -> None:
        self.before = before
        self.touched = BitMap()


def make_schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field(KEY, tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field(IDENT, fast=True)
    builder.add_unsigned_field(BY_LENGTH, fast=True)
    builder.add_text_field(TEXT, tokenizer_name="split", index_option="position")
    builder.add_text_field(IMPACT, tokenizer_name="split", index_option="basic")
    builder.add_text_field(LABEL, tokenizer_name="surface", index_option="basic")
    builder.add_text_field(SURFACE, tokenizer_name="surface", index_option="basic")
    builder.add_text_field(UNSAID, tokenizer_name="split", index_option="basic")
    return builder.build()


def _opened(schema: tantivy.Schema, folder: Path | None) -> tantivy.Index:
    index = tantivy.Index(schema) if folder is None else tantivy.Index(schema, path=str(folder))
    index.register_tokenizer("split", SPLIT)
    index.register_tokenizer("surface", make_analyzer(stem=False))
    index.config_reader("manual")
    return index


def open_stored_words(
    folder: Path, everything: BitMap, languages: dict[int, str], frequent: FrequentWords
) -> StoredWords:
    """What `WordIndex` wrote into a folder, mapped into memory; nothing changes it. Raises ValueError and OSError."""
    schema = make_schema()
    return StoredWords(Engine(schema, _opened(schema, folder).searcher()), everything, languages, frequent)


class WordIndex:
    """The one that changes; each `commit` gives a new immutable `WordSearcher`."""

    def __init__(self, stored: StoredWords | None = None, folder: Path | None = None) -> None:
        """In memory, and what is `stored` below it; or in a folder, where what is `stored` lies already."""
        self.schema = make_schema()
        self.index = _opened(self.schema, folder)
        self._stored = stored if folder is None else None
        self._replaced = BitMap()
        self._stemmer = Stemmer()
        self._everything = BitMap() if stored is None else stored.everything.copy()
        self._others = BitMap() if stored is None else stored.engine.having(KEY, OTHER)
        self.languages: dict[int, str] = {} if stored is None else dict(stored.languages)
        """Those that documents are stemmed in beside English, by id."""
        self._changed = WordChanges(self._words(frequent=None if stored is None else stored.frequent))

    @cached_property
    def writer(self) -> tantivy.IndexWriter:
        """Has threads and memory of its own: made for the first change."""
        return self.index.writer(heap_size=50_000_000, num_threads=1)

    def _words(self, changed: WordChanges | None = None, frequent: FrequentWords | None = None) -> WordSearcher:
        counted = Counter(self.languages.values())
        languages = sorted(counted, key=lambda language: (-counted[language], language))[:MAX_LANGUAGES]
        searcher = self.index.searcher()
        if self._stored is None:
            engine = Engine(self.schema, searcher)
        else:
            engine = UpdatedEngine(self.schema, searcher, self._stored, self._replaced.copy())
        return WordSearcher(engine, self._everything.copy(), changed, languages, frequent, self._others.copy())

    def remove(self, ident: int) -> None:
        self._changed.touched.add(ident)
        self._everything.discard(ident)
        self._others.discard(ident)
        if self._stored is not None and ident in self._stored.everything:
            self._replaced.add(ident)
        self.languages.pop(ident, None)
        self.writer.delete_documents_by_term(KEY, str(ident))

    def add(
        self,
        ident: int,
        texts: Mapping[str, Sequence[str]],
        labels: Iterable[str],
        *,
        hidden: Sequence[str] = (),
        name_words: int = 1,
        is_entry: bool = False,
        weight: float = 1.0,
        language: str = "en",
    ) -> None:
        """`texts` by the names of `TEXT_FIELDS`, which together count `weight`; `labels` are what completion goes by,
        the shortest first by `name_words`. The words of `hidden` labels are found one by one, never as a phrase or a
        name. What is in another `language` (BCP 47) than English is also stemmed in that.

        A phrase never reaches from one text into the next by chance of order.
        """
        self._changed.touched.add(ident)
        self._everything.add(ident)
        document, written, unsaid = tantivy.Document(), list[str](), list[str]()
        document.add_text(KEY, EVERY)
        document.add_text(KEY, str(ident))
        if not is_entry:
            document.add_text(KEY, OTHER)
            self._others.add(ident)
        document.add_unsigned(IDENT, ident)
        document.add_unsigned(BY_LENGTH, place_by_length(name_words, ident, is_entry=is_entry))
        places: dict[str, list[str]] = {name: [] for name in TEXT_FIELDS}
        for name, parts in texts.items():
            for part in parts:
                text, stems, lines = self._stemmer.analyse(part)
                written.append(text)
                places[name] += stems
                for line in lines:
                    document.add_text(TEXT, line)
        found = impacts(places, weight)
        short = dict(self._of_acronyms(texts, places, weight))
        for stem, level in short.items():
            document.add_text(TEXT, stem)
            found.append(level)
        for part in hidden:
            text, stems, _ = self._stemmer.analyse(part)
            written.append(text)
            unsaid += stems
        found += _add_unsaid(document, unsaid, {**places, "acronyms": [*short]}, weight)
        document.add_text(IMPACT, " ".join(found))
        own = stemmed_language(language)
        if own is not None:
            self.languages[ident] = own
            _add_in_language(document, own, texts, hidden, weight)
        document.add_text(SURFACE, "\n".join(written))
        for title in texts.get("title", ()):
            document.add_text(KEY, whole_title(title))
        for label in map(plain, labels):
            document.add_text(LABEL, label)
        self.writer.add_document(document)

    def _of_acronyms(
        self, texts: Mapping[str, Sequence[str]], places: Mapping[str, Sequence[str]], weight: float
    ) -> Iterator[tuple[str, str]]:
        """The stems of the acronyms of the names in some texts that do not stand there themselves, with their levels;
        they make no text longer."""
        known = {stem for stems in places.values() for stem in stems}
        for name, parts in texts.items():
            for stem in self._stemmer.analyse(" ".join(each for part in parts for each in acronyms(part))).stems:
                if stem not in known:
                    known.add(stem)
                    yield stem, impact_once(stem, name, weight)

    def commit(self) -> WordSearcher:
        if self._changed.touched:
            self.writer.commit()
            self.index.reload()
        self._stemmer = Stemmer()  # what it remembers pays where many documents come at once, and is not kept after
        words = self._words(self._changed)
        self._changed = WordChanges(words)
        return words


def _add_unsaid(
    document: tantivy.Document, stems: Sequence[str], places: Mapping[str, Sequence[str]], weight: float
) -> Iterator[str]:
    """Those of some stems that stand nowhere in the document itself, with their level: each is added by itself, so that
    no phrase is made of them."""
    said = {stem for place in places.values() for stem in place} if stems else ()
    for stem in dict.fromkeys(stems):
        if stem not in said:
            document.add_text(TEXT, stem)
            document.add_text(UNSAID, stem)
            yield impact_once(stem, "body", weight * HIDDEN)


def _add_in_language(
    document: tantivy.Document,
    language: str,
    texts: Mapping[str, Sequence[str]],
    hidden: Sequence[str],
    weight: float,
) -> None:
    places: dict[str, list[str]] = {name: [] for name in TEXT_FIELDS}
    for name, parts in texts.items():
        for part in parts:
            stems = stems_in(language, composed(part))
            places[name] += stems
            document.add_text(TEXT, " ".join(stems))
    unsaid = [stem for part in hidden for stem in stems_in(language, composed(part))]
    found = [*impacts(places, weight), *_add_unsaid(document, unsaid, places, weight)]
    document.add_text(IMPACT, " ".join(found))
