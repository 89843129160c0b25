"""Searches that find nothing, as they may be counted: by their words, if those cannot identify anybody."""

import re
from typing import Final

from app.http.context import Use, note_use
from app.search.index.snapshot import Snapshot
from app.search.query.model import Query
from app.search.text.query_parser import STEMS, plain

MAX_WORDS: Final = 6
MAX_LENGTH: Final = 100
"""Characters."""
_WORD: Final = re.compile(r"[^\W\d_][^\W\d_'\u2019-]*")


def note_fruitless_search(snapshot: Snapshot, query: Query, count: int) -> None:
    """Where no document has all of the words."""
    if query.words and (not count or snapshot.find(query.words).is_partial):
        note_use(Use("search", "", _harmless_words(snapshot, query.words)))


def _harmless_words(snapshot: Snapshot, text: str) -> str:
    """In lower case, if each of them stands somewhere in what is published; else nothing: no name, no address and no
    number that only the reader knows."""
    words = text.lower().split()
    shown = " ".join(words)
    if len(words) > MAX_WORDS or len(shown) > MAX_LENGTH or not all(_WORD.fullmatch(each) for each in words):
        return ""
    tokens = [token for each in words for token in STEMS.analyze(plain(each))]
    return shown if tokens and all(map(snapshot.words.sets.count, tokens)) else ""
