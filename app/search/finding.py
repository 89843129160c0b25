"""From a typed text to the documents it finds: all words, else corrected words, else as many of them as can be."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from pyroaring import BitMap

from app.search.wording import Clause, Run, expand, understand, whole_name
from app.search.words import MOST_CLAUSES, Words

Names = Callable[[str], Iterable[str]]
"""The full names that a text stands for, as an acronym does."""

SHARES = (0.75, 0.5, 0.25)
"""Of the words, how many must occur where not all do: the first share that finds something."""

MOST_WORDS = 40
"""Words asked for, those of phrases and alternatives included, and as many excluded; more are not looked at."""

MOST_PHRASES = 4
"""Of them so many may be phrases: in the others the words may stand anywhere."""

MOST_PASSED = 60_000
"""Documents with the rarest words of the phrases: a second one that is looked for in more of them is none."""

FEW = 3
"""Fewer documents than this leave room for those with most of the words, where three words or more were asked for."""

TELLING = 3
"""Of a passage's most telling words so many must occur."""

MOST_LEVELS = 12
"""So many of a passage's words are counted, and more are not told from them."""


TIERS = (50, 200, 500, 1_000, 2_000, 10_100)
"""Of what has most of the words, as many documents as a reader may see are known by themselves, so that no others are
ranked."""


@dataclass(frozen=True)
class Found:
    """The documents; what was searched in the end, as clauses and as text; the documents to be shown first;
    the corrected text if there was one; how many clauses had to occur, None where all had to; of these documents those
    that come before all others, fewer and more of them."""

    ids: BitMap
    clauses: tuple[Clause, ...]
    text: str
    first: tuple[int, ...] = ()
    did_you_mean: str | None = None
    enough: int | None = None
    tiers: tuple[BitMap, ...] = ()

    @property
    def some(self) -> bool:
        """Whether only some of the words had to occur."""
        return self.enough is not None

    def ranked(self, words: Words, within: BitMap, count: int) -> list[int]:
        """The first `count` of `within`."""
        fewer = (tier & within for tier in self.tiers)
        leading = next((ids for ids in fewer if len(ids) >= count), within)
        return words.ranked(self.clauses, leading, count, text=self.text, some=self.some)


def find(words: Words, text: str, names: Names, identified: tuple[int, ...], expected: BitMap | None = None) -> Found:
    """`identified` are documents that carry the text as an identifier: they are found first.

    While none of the `expected` documents is found (None: any will do), misspellings are forgiven and words left out.
    """
    clauses = read(text, names)
    if len(clauses) > MOST_CLAUSES:
        telling = bounded(words, words.telling(clauses))
        levels = words.sets.at_least(telling, min(len(telling), MOST_LEVELS))
        enough = levels[TELLING] if len(levels) > TELLING else BitMap()
        ids = enough | BitMap(identified)
        return Found(ids, telling, text, identified, enough=TELLING, tiers=tiers_of(levels))
    clauses = bounded(words, clauses)
    ids = words.sets.matching(clauses)
    if identified:
        return Found(ids | BitMap(identified), clauses, text, identified)
    mended = None if ids else words.corrections.correct(text)
    if mended is not None:
        clauses = bounded(words, read(mended, names))
        ids = words.sets.matching(clauses)
    return with_some(words, Found(ids, clauses, mended or text, did_you_mean=mended), expected)


def with_some(words: Words, found: Found, expected: BitMap | None) -> Found:
    """What was found, and where that is nothing or next to nothing, what has most of the words."""
    had = len(found.ids if expected is None else found.ids & expected)
    asked = [clause for clause in found.clauses if not clause.negative]
    plainly = len(asked) == len(found.clauses) and not any(clause.runs[0].phrase for clause in asked)
    if had >= FEW or (had and (len(asked) < 3 or not plainly)) or len(asked) < 2:
        return found
    best = found
    levels = words.sets.at_least(found.clauses, len(asked))
    for enough in islice(steps(len(asked)), 1 if had else None):
        more = (levels[enough] if expected is None else levels[enough] & expected) - found.ids
        if more:
            best = replace(found, ids=found.ids | more, enough=enough, tiers=tiers_of(levels))
        if had + len(more) >= FEW:
            break
    return best


def tiers_of(levels: list[BitMap]) -> tuple[BitMap, ...]:
    """For each number in `TIERS` the documents with most of the words that are at least so many."""
    found = (next((level for level in reversed(levels[1:]) if len(level) >= least), None) for least in TIERS)
    return tuple(level for level in found if level is not None)


def steps(asked: int) -> Iterator[int]:
    """How many of so many words must occur, fewer at each step."""
    numbers = (math.ceil(asked * share) for share in SHARES)
    return iter(dict.fromkeys(number for number in numbers if number < asked))


def read(text: str, names: Names) -> tuple[Clause, ...]:
    """The clauses of a text, other names expanded to full names."""
    return whole_name(text, names) or expand(understand(text), names)


def bounded(words: Words, clauses: Iterable[Clause]) -> tuple[Clause, ...]:
    """The first so many words; phrases beyond the first few, and those that would cost too much, are their words."""
    return tuple(_within_bounds(words, clauses))


def _within_bounds(words: Words, clauses: Iterable[Clause]) -> Iterator[Clause]:
    left, phrases, passed = {False: MOST_WORDS, True: MOST_WORDS}, 0, 0
    for clause in clauses:
        runs: list[Run] = []
        for run in clause.runs:
            if left[clause.negative] < len(run.tokens):
                break
            left[clause.negative] -= len(run.tokens)
            if run.phrase and len(run.tokens) > 1:
                phrases, passed = phrases + 1, passed + words.rarest(run.tokens)
                if phrases > MOST_PHRASES or (phrases > 1 and passed > MOST_PASSED):
                    run = replace(run, phrase=False)
            runs.append(run)
        if runs:
            yield replace(clause, runs=tuple(runs))
