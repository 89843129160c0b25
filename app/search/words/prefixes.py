"""Words that are being typed: what they may become."""

from collections.abc import Sequence

from app.search.scoring.threshold import smallest
from app.search.words.engine import LABEL, Engine

WORDS_PER_PREFIX = 24
"""Words a prefix is widened to, the most frequent first."""

WORDS_PER_LETTER = 8
"""As many for one letter that stands alone: they are in very many names already."""


class Prefixes:
    """What prefixes may become in one state of the index, for completion. What a letter beside other words may become
    is remembered: it is typed before each word."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._by_letter: dict[str, Sequence[str]] = {}

    def words(self, prefix: str, *, alone: bool) -> Sequence[str]:
        """As `expand_prefix`, in any order; some may stand nowhere any more."""
        if alone or len(prefix) > 1:
            return self._look_up(prefix, alone=alone)
        known = self._by_letter.get(prefix)
        if known is None:
            known = self._look_up(prefix, alone=False)
            if known:
                self._by_letter[prefix] = known
        return known

    def _look_up(self, prefix: str, *, alone: bool) -> Sequence[str]:
        """They are counted only where there are more than are wanted."""
        begun, most = self._engine.beginning(LABEL, prefix), _most_words(prefix, alone=alone)
        return [word for word, _ in begun] if len(begun) <= most else _most_frequent(self._engine, prefix, begun, most)


def expand_prefix(engine: Engine, prefix: str, *, alone: bool) -> list[str]:
    """The words of names that what is being typed may become: the most frequent that begin so, and the prefix itself
    where it is one."""
    return _most_frequent(engine, prefix, engine.beginning(LABEL, prefix), _most_words(prefix, alone=alone))


def _most_words(prefix: str, *, alone: bool) -> int:
    return WORDS_PER_LETTER if alone and len(prefix) == 1 else WORDS_PER_PREFIX


def _most_frequent(engine: Engine, prefix: str, begun: Sequence[tuple[str, int]], most: int) -> list[str]:
    """Of the words that begin with a prefix."""

    def counted(key: tuple[int, str]) -> tuple[int, str] | None:
        count = counts[key[1]] if key[1] in counts else engine.count(LABEL, key[1])
        return (-count, key[1]) if count else None

    possible = sorted((-count, word) for word, count in begun)
    first = [word for _, word in possible[:most]]
    counts = dict(zip(first, engine.counts(LABEL, first), strict=True))
    words = [word for _, word in smallest(most, possible, counted)]
    if prefix not in words and engine.count(LABEL, prefix):
        words.append(prefix)
    return words
