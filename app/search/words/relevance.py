"""Ranking of the documents that words find, by the weights of the words in each.

A word's share is its impact on the document times the inverse of its frequency (BM25), in whole numbers: sums of them
are exact, so equal scores are equal in every process, and ties are ordered by id.
"""

import math
from collections.abc import Sequence
from functools import reduce
from typing import Final

from pyroaring import BitMap

from app.search.scoring.impacts import VALUES
from app.search.scoring.scores import RankedSets, Scores, best_for
from app.search.text.english_frequency import max_weight
from app.search.text.query_parser import Clause, WordRun
from app.search.words.word_sets import WordSets

GRAIN: Final = 16
"""Whole numbers to a unit of score."""

ONE_MORE: Final = 32
"""For each clause that is there, where not all must be: as much as a word that is not frequent, so that two rare words
may weigh more than three frequent ones."""

LEADING: Final = 1 << 20
"""For what comes before all else: more than words weigh."""

AS_NAME: Final = 1 << 16
"""For what has a name that was typed in full: more than its words weigh apart."""

SIDE_BY_SIDE: Final = 0.4
"""What a text of several words counts as a whole where it stands so, of what a word as rare would count."""

MOST_SIDE_BY_SIDE: Final = 6
"""Words of such a text."""

MOST_PASSED: Final = 300
"""Documents with the rarest of them up to which it is looked for."""

FIRST: Final = 1 << 27
"""For what has the whole text as a title."""


def rank(
    sets: WordSets,
    clauses: Sequence[Clause],
    within: BitMap,
    limit: int,
    *,
    text: str,
    first: BitMap,
    leading: Sequence[BitMap],
    some: bool,
) -> list[int]:
    """The best `limit` of `within`, best first; those of `first` before all others, then those of each of the
    `leading`, which hold the one before. Where only `some` of the clauses had to be there, each that is counts more.
    What has the `text` as it stands does so too."""
    kind = best_for(within)
    scores = kind([(FIRST, first & within)])
    for ids in leading:
        scores = scores.plus(kind([(LEADING, ids & within)]))
    for clause in clauses:
        if not clause.negative:
            scores = scores.plus(_of_clause(sets, clause, within, kind))
            if some:
                scores = scores.plus(kind([(ONE_MORE, sets.of(clause) & within)]))
    together = _side_by_side(sets, clauses, text) & within
    if together:
        scores = scores.plus(kind([(_weight(sets, together, SIDE_BY_SIDE), together)]))
    return scores.highest(within, limit)


def _side_by_side(sets: WordSets, clauses: Sequence[Clause], text: str) -> BitMap:
    """Documents with all words of a short text as it was typed, stop words included; computed where the words are
    not too frequent."""
    if len(clauses) < 2 or any(clause.negative for clause in clauses):
        return BitMap()
    words = WordRun(text, phrase=True)
    if not 1 < len(words.tokens) <= MOST_SIDE_BY_SIDE:
        return BitMap()
    return sets.of_run(words) if 0 < sets.count(sets.rarest(words.tokens)) <= MOST_PASSED else BitMap()


def _weight(sets: WordSets, ids: BitMap, weight: float) -> int:
    return max(1, round(GRAIN * weight * inverse_frequency(sets.count_entries(ids), sets.entries)))


def inverse_frequency(having: int, everything: int) -> float:
    """BM25's, of a stem that so many of so many documents have."""
    return math.log(1 + (everything - having + 0.5) / (having + 0.5))


def score(sets: WordSets, stem: str, within: BitMap, weight: float = 1.0) -> RankedSets:
    """What one stem gives each document."""
    inverse = min(inverse_frequency(sets.frequency(stem), sets.entries), max_weight(stem) * math.log(sets.entries + 1))
    factor = GRAIN * weight * inverse
    levels = sets.levels(stem, within)
    return ((max(1, round(factor * VALUES[level])), ids & within) for level, ids in levels)


def _of_clause(sets: WordSets, clause: Clause, within: BitMap, kind: type[Scores]) -> Scores:
    """What the best of its runs gives; what has a name that was typed in full as one comes before what has its words
    here and there."""
    found = reduce(kind.or_higher, (_of_run(sets, run, within, kind) for run in sets.runs_of(clause)))
    typed = clause.runs[0]
    names = [run for run in clause.runs[1:] if run.phrase and run.tokens == typed.tokens and len(run.tokens) > 1]
    return found.plus(kind([(AS_NAME, sets.of_run(names[0]) & within)])) if names else found


def _of_run(sets: WordSets, run: WordRun, within: BitMap, kind: type[Scores]) -> Scores:
    """A phrase counts as its rarest word does."""
    tokens = run.tokens
    if len(tokens) > 1:
        within = within & sets.of_run(run)
    counted = (sets.rarest(tokens),) if run.phrase and tokens else tokens
    return reduce(kind.plus, (kind(score(sets, token, within, run.weight)) for token in counted), kind(()))
