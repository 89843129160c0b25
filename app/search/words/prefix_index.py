"""What is being typed is the beginning of a word: which words of names it may become."""

from app.search.scoring.threshold import smallest
from app.search.words.engine import LABEL, Engine

WORDS_PER_PREFIX = 24
"""Words a prefix is widened to, the most frequent first."""

WORDS_PER_LETTER = 8
"""As many for one letter that stands alone: they are in very many names already."""


def expand_prefix(engine: Engine, prefix: str, *, alone: bool) -> list[str]:
    """The most frequent words that begin so, and the prefix itself where it is one."""

    def counted(key: tuple[int, str]) -> tuple[int, str] | None:
        count = engine.count(LABEL, key[1])
        return (-count, key[1]) if count else None

    most = WORDS_PER_LETTER if alone and len(prefix) == 1 else WORDS_PER_PREFIX
    possible = sorted((-count, word) for word, count in engine.beginning(LABEL, prefix))
    words = [word for _, word in smallest(most, possible, counted)]
    if prefix not in words and engine.count(LABEL, prefix):
        words.append(prefix)
    return words
