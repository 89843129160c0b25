"""Spelling corrections: a word that no document has is replaced by the nearest one that some document has, and of
equally near ones by the most frequent. English words and numbers are never corrected: they were meant, whether any
document has them or not. The last word may be incomplete: it is completed where a name has a word with that prefix."""

import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import chain, islice
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

from app.search.scoring.threshold import smallest
from app.search.text.english_words import is_english
from app.search.text.query_parser import STEMS, plain
from app.search.text.query_parser import SURFACE as WRITTEN
from app.search.words.engine import LABEL, SURFACE, TEXT, UNSAID, Engine
from app.search.words.prefixes import expand_prefix

MAX_CORRECTED: Final = 8
"""Words corrected in one text."""

FINISHED: Final = 3
"""Letters of a last word from which on it is finished."""

FINISHED_ENGLISH: Final = 5
"""As many of one that is an English word as it stands."""

ACRONYM: Final = 4
"""Letters up to which a word in capitals is an acronym."""

SHORT: Final = 5
"""Letters up to which a word in small letters may be an acronym: any consonant may be meant."""

VOWELS: Final = frozenset("aeiouy")

MAX_PAIRS: Final = 3
"""Ways to take a word apart that are looked at."""

SHORTEST_PART: Final = 3
"""Letters of each of two words that were written as one."""

POSSESSIVE: Final = re.compile("['\u2019]s?$")

Candidate = tuple[int, int, str]
"""How many letters away, how frequent (negative), and the word: the smallest is meant."""


def is_slip(typed: str, meant: str) -> bool:
    """Whether a short word may be a misspelling of one that is a single letter away: not where its first letter is too
    many, or a consonant another than is meant, as in acronyms (basw is not base), nor of an acronym."""
    if VOWELS.isdisjoint(meant) or typed[1:] == meant:
        return False
    changed = [pair for pair in zip(typed, meant, strict=False) if pair[0] != pair[1]]
    return len(typed) != len(meant) or len(changed) > 1 or VOWELS.issuperset(chain.from_iterable(changed))


def is_meant(word: str, token: str) -> bool:
    """Whether a word is a number, an acronym in capitals, or English; `token` is what it is folded to."""
    if any(char.isdigit() for char in token) or (word.isupper() and len(word) <= ACRONYM):
        return True
    return is_english(token) or is_english(POSSESSIVE.sub("", word.lower()))


class Corrections:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @cached_property
    def _frequencies(self) -> dict[str, int]:
        """Every word as written (folded), with what its number of documents does not exceed."""
        return dict(self._engine.beginning(SURFACE, ""))

    @cached_property
    def _by_length(self) -> dict[int, list[str]]:
        found: dict[int, list[str]] = {}
        for word in self._frequencies:
            found.setdefault(len(word), []).append(word)
        return found

    def correct(self, text: str) -> str | None:
        """The text with each unknown word corrected within an edit distance of one or two; None if one cannot be
        corrected."""
        strange: dict[str, str | None] = {}

        def mend(match: re.Match[str]) -> str:
            word = match[0]
            if word not in strange:
                tokens = WRITTEN.analyze(plain(word))
                before = text[: match.start()] if match.end() == len(text) else None
                if len(strange) == MAX_CORRECTED or len(tokens) != 1 or self._occurs(word, unsaid=before is None):
                    return word
                strange[word] = self._put_right(word, tokens[0], before)
            return strange.get(word) or word

        text = text.rstrip()
        corrected = re.sub(r"\w[\w'\u2019]*", mend, text)
        return corrected if any(strange.values()) else None

    def _put_right(self, word: str, token: str, before: str | None) -> str | None:
        """The word that was meant; `before` is what stands before the last word of a text, None of all others."""
        is_known = is_meant(word, token)
        least = FINISHED_ENGLISH if is_known else FINISHED
        begun = before is not None and len(token) >= least and token.isalpha()
        possible = expand_prefix(self._engine, token, alone=False) if begun else []
        together = self._in_one_name(possible, before or "")
        if together or is_known:
            return together or self._said_by_entries(possible)
        return self._nearest(token) or self._taken_apart(token) or self._said_by_entries(possible)

    def _said_by_entries(self, words: Iterable[str]) -> str | None:
        """The first that an entry says: others are names of terms that none carries, or synonyms."""
        stems = ((word, self._engine.term(TEXT, STEMS.analyze(word)[0])) for word in words)
        return next((word for word, stem in stems if self._engine.shortest_places(stem, 1, entries=True)), None)

    def _taken_apart(self, word: str) -> str | None:
        """The two words that were written as one, where something has them side by side."""
        ends = range(SHORTEST_PART, len(word) - SHORTEST_PART + 1)
        pairs = ((word[:end], word[end:]) for end in ends)
        known = [*islice((pair for pair in pairs if self._frequencies.keys() >= {*pair}), MAX_PAIRS)]
        side_by_side = {pair: len(self._engine.having_phrase(STEMS.analyze(" ".join(pair)))) for pair in known}
        best = max(known, key=side_by_side.__getitem__, default=None)
        return " ".join(best) if best is not None and side_by_side[best] else None

    def _in_one_name(self, possible: Sequence[str], before: str) -> str | None:
        """Of some words the one that stands in most names with all those before it, if there are any."""
        others = WRITTEN.analyze(plain(before))
        if not others:
            return None
        names = {each: len(self._engine.having_all(LABEL, [*others, each])) for each in possible}
        best = max(possible, key=names.__getitem__, default=None)  # of equal ones the first
        return best if best is not None and names[best] else None

    def _occurs(self, word: str, *, unsaid: bool) -> bool:
        """Whether something has a word: with `unsaid` also in hidden labels alone, which no unfinished word is of."""
        tokens = STEMS.analyze(plain(word))
        having = (self._engine.count(TEXT, token) for token in tokens)
        hidden = (0 if unsaid else self._engine.count(UNSAID, token) for token in tokens)
        return all(one > other for one, other in zip(having, hidden, strict=True))

    def _nearest(self, word: str) -> str | None:
        """The most frequent word that goes on from the stem of this one, else the one fewest letters away."""
        stem = STEMS.analyze(word)[0]
        begun = self._engine.beginning(SURFACE, stem) if len(stem) > 3 else ()
        longer = self._best((0, -most, each) for each, most in begun)
        if longer is not None and len(word) <= ACRONYM:
            longer = self._said_by_entries([longer])
        nearest = longer or self._misspelt(word)
        return nearest or (self._misspelt(word[:-1]) if word.endswith("s") else None)

    def _misspelt(self, word: str) -> str | None:
        """Letters may be inserted, deleted, changed or swapped with a neighbour (optimal string alignment)."""
        reach = 0 if len(word) < 4 else 1 if len(word) <= SHORT else 2
        lengths = range(len(word) - reach, len(word) + reach + 1)
        return self._best(
            (distance, -self._frequencies[found], found)
            for length in lengths
            for found, distance, _ in process.extract(
                word, self._by_length.get(length, ()), scorer=OSA.distance, score_cutoff=reach, limit=None
            )
            if len(word) > SHORT or is_slip(word, found)
        )

    def _best(self, possible: Iterable[Candidate]) -> str | None:
        ordered = sorted(possible)
        if ordered and self._is_best(*ordered[:2]):
            return ordered[0][2]
        found = smallest(1, ordered, self._counted)
        return found[0][2] if found else None

    def _is_best(self, first: Candidate, second: Candidate | None = None) -> bool:
        """Whether the first is better than the second, and so than all others, however many documents were changed:
        known without counting them."""
        distance, _, word = first
        least = self._engine.at_least(SURFACE, word)
        return least > 0 and (second is None or (distance, -least, word) < second)

    def _counted(self, candidate: Candidate) -> Candidate | None:
        distance, _, word = candidate
        count = self._engine.count(SURFACE, word)
        return (distance, -count, word) if count else None
