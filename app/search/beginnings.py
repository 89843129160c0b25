"""Words that names are made of, in the order of the alphabet: what is being typed is the beginning of one."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from heapq import nlargest

import tantivy

FIELD = "label"
WORDS_PER_PREFIX = 24
"""Words a prefix is widened to, the most frequent first."""

WORDS_PER_LETTER = 8
"""As many for one letter that stands alone: they are in very many names already."""

LAST = "\U0010ffff"

Vocabulary = Sequence[tuple[str, int]]
"""Each word with the number of names it stood in when it was listed."""


def list_words(searcher: tantivy.Searcher) -> Vocabulary:
    return sorted(searcher.terms_with_prefix(FIELD, ""))


def with_words(before: Vocabulary, added: Iterable[str], searcher: tantivy.Searcher) -> Vocabulary:
    """What was listed and the words that came since; a word that went stays, and is found in no name."""
    fresh = sorted({word for word in added if not _has(before, word)})
    if not fresh:
        return before
    return sorted([*before, *((word, searcher.doc_freq(FIELD, word)) for word in fresh)])


def widened(vocabulary: Vocabulary, prefix: str, *, alone: bool) -> list[str]:
    """The most frequent words that begin so, and the prefix itself where it is one."""
    start = bisect_left(vocabulary, (prefix,))
    end = bisect_left(vocabulary, (prefix + LAST,))
    most = WORDS_PER_LETTER if alone and len(prefix) == 1 else WORDS_PER_PREFIX
    words = [word for word, _ in nlargest(most, vocabulary[start:end], key=lambda each: each[1])]
    if _has(vocabulary, prefix) and prefix not in words:
        words.append(prefix)
    return words


def _has(vocabulary: Vocabulary, word: str) -> bool:
    place = bisect_left(vocabulary, (word,))
    return place < len(vocabulary) and vocabulary[place][0] == word
