"""Fragments of texts with the words that were searched, escaped: safe to put into a page."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from app.search.text.query_parser import STEMS, Clause, plain

WORD = re.compile("\\w+(?:['\u2018\u2019\u02bc]\\w+)*")
AROUND = 90
"""Characters shown on either side of the first word found."""
MAX_FRAGMENTS = 3
MAX_PHRASES = 8
"""That begin with the same word; more are not marked."""


@dataclass(frozen=True, slots=True)
class SearchedWords:
    """What is marked: stems wherever they stand, and phrases (stems, too, by their first) where their words follow each
    other."""

    stems: frozenset[str] = frozenset()
    phrases: Mapping[str, Sequence[tuple[str, ...]]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.stems or self.phrases)


def searched_words(clauses: Iterable[Clause]) -> SearchedWords:
    """Everything asked for; what is excluded is not among it."""
    stems: set[str] = set()
    phrases: dict[str, list[tuple[str, ...]]] = {}
    for run in (run for clause in clauses if not clause.negative for run in clause.runs):
        if not run.phrase or len(run.tokens) < 2:
            stems.update(run.tokens)
        elif len(same := phrases.setdefault(run.tokens[0], [])) < MAX_PHRASES:
            same.append(run.tokens)
    return SearchedWords(frozenset(stems), phrases)


def highlight(texts: Iterable[str], searched: SearchedWords) -> list[str]:
    """At most three fragments of HTML in which `<mark>` is the only element."""
    fragments: list[str] = []
    for text in texts:
        fragments += _fragments(text, list(_searched(text, searched)))
        if len(fragments) >= MAX_FRAGMENTS:
            break
    return fragments[:MAX_FRAGMENTS]


def _searched(text: str, searched: SearchedWords) -> Iterator[re.Match[str]]:
    """The words of a text that are marked, in their order."""
    words = [(match, STEMS.analyze(plain(match[0]))) for match in WORD.finditer(text)]
    tokens = [(token, number) for number, (_, stems) in enumerate(words) for token in stems]
    in_phrases = {
        number
        for start, (first, _) in enumerate(tokens)
        for phrase in searched.phrases.get(first, ())
        if phrase == tuple(token for token, _ in tokens[start : start + len(phrase)])
        for _, number in tokens[start : start + len(phrase)]
    }
    for number, (match, stems) in enumerate(words):
        if number in in_phrases or not searched.stems.isdisjoint(stems):
            yield match


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
        if match.start() < start:
            continue
        yield escape(text[start : match.start()])
        yield f"<mark>{escape(match[0])}</mark>"
        start = match.end()
    yield escape(text[start : max(start, end)])
