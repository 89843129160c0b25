"""Fragments of texts with the words that were searched, escaped: safe to put into a page."""

import re
from collections.abc import Iterable, Iterator
from html import escape

from app.search.text.query_parser import STEMS, Clause, plain

WORD = re.compile("\\w+(?:['\u2018\u2019\u02bc]\\w+)*")
AROUND = 90
"""Characters shown on either side of the first word found."""
MAX_FRAGMENTS = 3


def searched_stems(clauses: Iterable[Clause]) -> frozenset[str]:
    """The stems of everything asked for; what is excluded is not among them."""
    return frozenset(token for clause in clauses if not clause.negative for run in clause.runs for token in run.tokens)


def highlight(texts: Iterable[str], stems: frozenset[str]) -> list[str]:
    """At most three fragments of HTML in which `<mark>` is the only element."""
    fragments: list[str] = []
    for text in texts:
        found = [match for match in WORD.finditer(text) if is_searched(match[0], stems)]
        fragments += _fragments(text, found)
        if len(fragments) >= MAX_FRAGMENTS:
            break
    return fragments[:MAX_FRAGMENTS]


def is_searched(word: str, stems: frozenset[str]) -> bool:
    return any(token in stems for token in STEMS.analyze(plain(word)))


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
