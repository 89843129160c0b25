"""Fragments of texts with the words that were searched, escaped: safe to put into a page."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from itertools import islice

from app.search.text.languages import ENGLISH, stemmed_language, stems_in
from app.search.text.query_parser import STEMS, Clause, WordRun, composed, plain

WORD = re.compile("\\w+(?:['\u2018\u2019\u02bc]\\w+)*")
AROUND = 90
"""Characters shown on either side of the first word found."""
MAX_FRAGMENTS = 3
MAX_PHRASES = 8
"""That begin with the same word; more are not marked."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What is marked: stems wherever they stand, and phrases (stems, too, by their first) where their words follow each
    other. They are in a `language`, or in English."""

    language: str | None
    stems: frozenset[str]
    phrases: Mapping[str, Sequence[tuple[str, ...]]]
    _stems: dict[str, list[str]] = field(default_factory=dict, compare=False)

    def stems_of(self, word: str) -> list[str]:
        known = self._stems.get(word)
        if known is None:
            known = self._stems[word] = (
                STEMS.analyze(plain(word)) if self.language is None else stems_in(self.language, composed(word))
            )
        return known


class SearchedWords:
    """All positive clauses; excluded ones are left out."""

    def __init__(self, clauses: Iterable[Clause] = ()) -> None:
        self._runs = [run for clause in clauses if not clause.negative for run in clause.runs]
        self._known: dict[str | None, Marks] = {}

    def __bool__(self) -> bool:
        return bool(self._runs)

    def marks(self, tag: str) -> list[Marks]:
        """Those in a text of this language (BCP 47): English words may stand in any."""
        return [self._marks(language) for language in dict.fromkeys((None, stemmed_language(tag)))]

    def _marks(self, language: str | None) -> Marks:
        known = self._known.get(language)
        if known is None:
            known = self._known[language] = _marks_of(self._runs, language)
        return known


def _marks_of(runs: Iterable[WordRun], language: str | None) -> Marks:
    stems: set[str] = set()
    phrases: dict[str, list[tuple[str, ...]]] = {}
    for run in (replace(run, language=language) for run in runs):
        if not run.phrase or len(run.tokens) < 2:
            stems.update(run.tokens)
        elif len(same := phrases.setdefault(run.tokens[0], [])) < MAX_PHRASES:
            same.append(run.tokens)
    return Marks(language, frozenset(stems), phrases)


def highlight(
    texts: Iterable[str], searched: SearchedWords, language: str = ENGLISH, most: int = MAX_FRAGMENTS
) -> list[str]:
    """The first fragments of HTML in which `<mark>` is the only element, of texts in a language (BCP 47)."""
    marks = searched.marks(language)
    return list(islice((each for text in texts for each in _fragments(text, _searched(text, marks))), most))


def _searched(text: str, marks: Sequence[Marks]) -> list[re.Match[str]]:
    """The words of a text that are marked, in their order."""
    words = list(WORD.finditer(text))
    marked = {number for each in marks for number in _marked_numbers([match[0] for match in words], each)}
    return [words[number] for number in sorted(marked)]


def _marked_numbers(words: Sequence[str], marks: Marks) -> Iterator[int]:
    stemmed = [marks.stems_of(word) for word in words]
    tokens = [(token, number) for number, stems in enumerate(stemmed) for token in stems]
    for start, (first, number) in enumerate(tokens):
        if first in marks.stems:
            yield number
        for phrase in marks.phrases.get(first, ()):
            following = tokens[start : start + len(phrase)]
            if phrase == tuple(token for token, _ in following):
                yield from (number for _, number in following)


def _fragments(text: str, found: list[re.Match[str]]) -> Iterator[str]:
    place = 0
    while place < len(found):
        start = _word_edge(text, max(found[place].start() - AROUND, 0))
        end = max(_word_edge(text, min(found[place].end() + AROUND, len(text))), found[place].end())
        inside = [match for match in found[place:] if match.end() <= end]
        place += max(len(inside), 1)
        before = "…" if start > 0 else ""
        after = "…" if end < len(text) else ""
        yield before + "".join(_marked(text, start, end, inside)) + after


def _word_edge(text: str, at: int) -> int:
    """The nearest place to the left of `at` that does not cut a word."""
    while 0 < at < len(text) and not text[at - 1].isspace():
        at -= 1
    return at


def _marked(text: str, start: int, end: int, inside: list[re.Match[str]]) -> Iterator[str]:
    for match in inside:
        yield escape(text[start : match.start()])
        yield f"<mark>{escape(match[0])}</mark>"
        start = match.end()
    yield escape(text[start : max(start, end)])
