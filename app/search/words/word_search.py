"""From a typed text to the documents it finds: all words, else corrected words, else as many of them as can be."""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from pyroaring import BitMap

from app.search.text.query_expansion import FEW_HITS, Synonyms, expand, expand_by_names
from app.search.text.query_parser import (
    AND,
    OPERATORS,
    STEMS,
    STOP_WORDS,
    Clause,
    FullNames,
    WordRun,
    expand_synonyms,
    match_whole_name,
    parse_text,
    plain,
    unsearched,
)
from app.search.words.engine import TEXT
from app.search.words.word_index import MAX_CLAUSES, WordSearcher
from app.search.words.word_sets import FREQUENT

SHARES = (0.75, 0.5, 0.25)
"""Of the words, how many must occur where not all do: the first share that finds something."""

MAX_WORDS = 40
"""Positive words, those of phrases and alternatives included, and as many excluded ones; more are ignored."""

MAX_PHRASES = 4
"""Of them so many may be phrases: in others the words stand anywhere, and names that were not typed are left out."""

MAX_PASSED = 60_000
"""Documents with the rarest words of the phrases: a second one that is looked for in more of them is none."""

SELECTIVE = 3
"""Number of a passage's most distinctive words that must occur."""

MAX_CITED = 4
"""Words of a text in which a year is taken for that of a citation."""

MAX_DESCRIBING = 12
"""Words that are looked for in definitions."""

ENOUGH = 20
"""Documents with all words from which on none with fewer of them follow: a first page."""

WORDS_OF_A_NAME = 3
"""Words without small ones that together name one thing, as `dementia care homes`."""

MOST_OF_A_NAME = 0.45
"""Share of the weight of such words that a document must have if it has not all of them."""

MAX_LEVELS = 12
"""Words of a passage that are counted; longer passages count as this long."""

PLAIN_WORDS = re.compile(r"[^\W_]+(?:[ -][^\W_]+)*")

MAX_QUICK_LENGTH = 60
"""Characters of a text that may be found in the event loop."""

MAX_QUICK_WORDS = 4
"""Words of it, without small ones."""

MAX_QUICK_READ = 3_000
"""Documents with those of its words that are not in memory, together: reading and ranking them costs two
milliseconds."""

MAX_QUICK_RANKED = 20_000
"""Documents with each of its words, together, in memory or not."""

MAX_QUICK_NAMED = 20_000
"""Documents up to which the names are also looked for there that its words may stand for, which may be phrases."""

TIERS = (50, 200, 500, 1_000, 2_000, 10_100)
"""Of what has most of the words, as many documents as a reader may see are known by themselves, so that no others are
ranked."""

BYTES_PER_MATCH, BYTES_PER_RUN, BYTES_PER_CHARACTER = 800, 500, 4
"""What a match takes in memory beside the ids of its documents, at most about."""


@dataclass(frozen=True)
class WordMatch:
    """The documents; what was searched in the end, as clauses and as text; the documents to be shown first;
    the corrected text if there was one; how many clauses had to occur, None where all had to; of these documents those
    that come before all others, fewer and more of them."""

    ids: BitMap
    clauses: tuple[Clause, ...]
    text: str
    first: tuple[int, ...] = ()
    did_you_mean: str | None = None
    min_clauses: int | None = None
    tiers: tuple[BitMap, ...] = ()

    @property
    def ignored(self) -> tuple[str, ...]:
        """The words that were not searched for."""
        return unsearched(self.text, self.clauses)

    @property
    def memory_size(self) -> int:
        """Bytes, about; the text may be there twice, as it was typed and as it was searched for."""
        runs = sum(len(clause.runs) for clause in self.clauses)
        sets = {id(each): each for each in (self.ids, *self.tiers)}
        texts = 2 * BYTES_PER_CHARACTER * len(self.text)
        return BYTES_PER_MATCH + texts + BYTES_PER_RUN * (len(self.clauses) + runs) + sum(map(_bytes_of, sets.values()))

    @property
    def is_partial(self) -> bool:
        """Whether only some of the words had to occur."""
        return self.min_clauses is not None

    def ranked(self, words: WordSearcher, within: BitMap, count: int) -> list[int]:
        """The first `count` of `within`."""
        leading: list[BitMap] = []
        for tier in self.tiers:
            ids = tier & within
            if len(ids) >= count:
                within = ids
                break
            leading.append(ids)
        return words.ranked(self.clauses, within, count, text=self.text, leading=leading, some=self.is_partial)


def _bytes_of(ids: BitMap) -> int:
    found = ids.get_statistics()
    return sum(value for name, value in found.items() if name.startswith("n_bytes_") and isinstance(value, int))


def is_quick_search(words: WordSearcher, text: str, synonyms: Synonyms) -> bool:
    """Whether a text is found and ranked in a millisecond or two: a few plain words, each in some documents, but not in
    many that are still to be read, and where there are many documents, in no name."""
    if len(text) > MAX_QUICK_LENGTH or words.languages or not PLAIN_WORDS.fullmatch(text):
        return False
    typed = text.split()
    if not OPERATORS.isdisjoint(typed):
        return False
    stems = STEMS.analyze(plain(" ".join(word for word in typed if word.lower() not in STOP_WORDS)))
    if not 0 < len(stems) <= MAX_QUICK_WORDS:
        return False
    counts = [words.engine.at_most(TEXT, stem) for stem in stems]
    if not all(counts) or sum(counts) > MAX_QUICK_RANKED:
        return False
    if sum(count for stem, count in zip(stems, counts, strict=True) if not words.sets.knows(stem)) > MAX_QUICK_READ:
        return False
    return len(words.everything) <= MAX_QUICK_NAMED or not synonyms.has_names_with(stems)


def search_words(
    words: WordSearcher, text: str, synonyms: Synonyms, identified: tuple[int, ...], expected: BitMap | None = None
) -> WordMatch:
    """`identified` are documents that carry the text as an identifier: they are found first.

    While none of the `expected` documents is found (None: any will do), misspellings are forgiven, words left out, and
    in the end what carries a term that is defined with them is taken.
    """
    found = _search(words, text, synonyms, identified, expected)
    return match_described(words, found, synonyms) if not len(_within(found.ids, expected)) else found


def _within(ids: BitMap, expected: BitMap | None) -> BitMap:
    return ids if expected is None else ids & expected


def _search(
    words: WordSearcher, text: str, synonyms: Synonyms, identified: tuple[int, ...], expected: BitMap | None
) -> WordMatch:
    clauses = parse_clauses(text, synonyms.full_names)
    if len(clauses) > MAX_CLAUSES:
        selective = bounded(words, words.most_selective(clauses))
        levels = words.sets.at_least(selective, min(len(selective), MAX_LEVELS))
        enough = levels[SELECTIVE] if len(levels) > SELECTIVE else BitMap()
        ids = enough | BitMap(identified)
        return WordMatch(ids, selective, text, identified, min_clauses=SELECTIVE, tiers=tiers_of(levels))
    if identified:
        clauses = bounded(words, clauses)
        return WordMatch(words.sets.matching(clauses) | BitMap(identified), clauses, text, identified)
    as_typed = match_all(words, text, clauses, synonyms, expected)
    mended = None if as_typed.ids else words.corrections.correct(text)
    if mended is None:
        return relax(words, as_typed, synonyms, expected)
    put_right = match_all(words, mended, parse_clauses(mended, synonyms.full_names), synonyms, expected)
    corrected = relax(words, replace(put_right, did_you_mean=mended), synonyms, expected)
    if put_right.ids or not corrected.is_partial:
        return corrected if corrected.ids else as_typed
    if 2 * (corrected.min_clauses or 0) < len(corrected.clauses):
        return relax(words, as_typed, synonyms, expected)
    return max(relax(words, as_typed, synonyms, expected), corrected, key=lambda found: found.min_clauses or 0)


def match_all(
    words: WordSearcher, text: str, clauses: Sequence[Clause], synonyms: Synonyms, expected: BitMap | None
) -> WordMatch:
    """What has all words of a text, or names that they may stand for: where next to nothing says them, each of the
    words; where not much does, all together."""
    clauses = bounded(words, clauses)
    sets, within = words.sets, words.everything if expected is None else expected
    ids = sets.matching(clauses)
    found = ids & within
    had, wider = len(sets.said([each for each in clauses if not each.negative], found)), clauses
    if had < FEW_HITS:
        wider = expand(
            clauses,
            synonyms,
            count=lambda clause: len(sets.of(clause) & within),
            said=lambda clause: len(sets.said((clause,), sets.of(clause) & within)),
        )
    elif had <= len(within) ** FREQUENT and all(clause.is_bare_word for clause in clauses):
        wider = expand_by_names(clauses, synonyms.labelled(" ".join(clause.runs[0].text for clause in clauses)))
    if wider != clauses:
        wider = bounded(words, wider)
        more = sets.matching(wider)
        if len(wider) > 1 or len(more & within) > len(found):  # else the words of the one may still be taken apart
            return WordMatch(more, wider, text)
    return WordMatch(ids, clauses, text)


def match_described(words: WordSearcher, found: WordMatch, synonyms: Synonyms) -> WordMatch:
    """Also what carries a term that has all words of the text in its definition."""
    typed = parse_text(found.text)
    if not 1 < len(typed) <= MAX_DESCRIBING or not all(clause.is_bare_word for clause in typed):
        return found
    names = synonyms.described(words.sets.matching(typed))
    clauses = bounded(words, expand_by_names(typed, names))
    return replace(found, ids=found.ids | words.sets.matching(clauses), clauses=clauses) if names else found


def relax(words: WordSearcher, found: WordMatch, synonyms: Synonyms, expected: BitMap | None) -> WordMatch:
    """What was found, and where that is nothing or next to nothing, what has most of the words."""
    had = len(_within(found.ids, expected))
    queried = [clause for clause in found.clauses if not clause.negative]
    plainly = len(queried) == len(found.clauses) and not any(clause.runs[0].phrase for clause in queried)
    plainly = plainly and AND not in found.text.split()
    if had < FEW_HITS and 0 < sum(clause.is_year for clause in queried) < len(queried) <= MAX_CITED:
        found = leave_out_years(words, found)
        had = len(_within(found.ids, expected))
    if had >= ENOUGH or (had and not plainly) or len(queried) < 2:
        return found
    best = found
    levels = words.sets.at_least(found.clauses, len(queried))
    within = words.everything if expected is None else expected
    people = {each for each in queried if each.is_bare_word and synonyms.is_family_name(each.runs[0].text)}
    telling = [each for each in queried if not (people and each.is_letter)]
    as_name = len(found.text.split()) == len(queried) == WORDS_OF_A_NAME and not people
    distinctive = words.sets.distinctive(telling, within, people, least=MOST_OF_A_NAME if as_name else 0)
    for enough in steps(len(queried)):
        more = (levels[enough] & distinctive) - found.ids
        if more:
            best = replace(found, ids=found.ids | more, min_clauses=enough, tiers=tiers_of(levels))
        if had + len(more) >= ENOUGH:
            break
    return best


def leave_out_years(words: WordSearcher, found: WordMatch) -> WordMatch:
    """Also what has all words but the year: that of a citation may be another than that of the entry."""
    kept = [clause for clause in found.clauses if not clause.is_year]
    more = words.sets.matching(kept) - found.ids
    if not more:
        return found
    enough = sum(not clause.negative for clause in kept)
    return replace(found, ids=found.ids | more, min_clauses=enough)


def tiers_of(levels: list[BitMap]) -> tuple[BitMap, ...]:
    """For each number in `TIERS` the documents with most of the words that are at least so many."""
    found = (next((level for level in reversed(levels[1:]) if len(level) >= least), None) for least in TIERS)
    return tuple(level for level in found if level is not None)


def steps(queried: int) -> Iterator[int]:
    """How many of so many words must occur, fewer at each step."""
    numbers = (math.ceil(queried * share) for share in SHARES)
    return iter(dict.fromkeys(number for number in numbers if number < queried))


def parse_clauses(text: str, names: FullNames) -> tuple[Clause, ...]:
    """The clauses of a text, other names expanded to full names."""
    return match_whole_name(text, names) or expand_synonyms(parse_text(text), names)


def bounded(words: WordSearcher, clauses: Iterable[Clause]) -> tuple[Clause, ...]:
    """The first so many words; phrases beyond the first few, and those that would cost too much, are their words."""
    return tuple(_within_bounds(words, clauses))


def _within_bounds(words: WordSearcher, clauses: Iterable[Clause]) -> Iterator[Clause]:
    left, phrases, passed = {False: MAX_WORDS, True: MAX_WORDS}, 0, 0
    for clause in clauses:
        runs: list[WordRun] = []
        for run in clause.runs:
            if left[clause.negative] < len(run.tokens):
                break
            left[clause.negative] -= len(run.tokens)
            if run.phrase and len(run.tokens) > 1:
                phrases, passed = phrases + 1, passed + words.sets.count(words.sets.rarest(run.tokens))
                if phrases > MAX_PHRASES or (phrases > 1 and passed > MAX_PASSED):
                    if run.weight < 1:
                        continue
                    run = replace(run, phrase=False)
            runs.append(run)
        if runs:
            yield replace(clause, runs=tuple(runs))
