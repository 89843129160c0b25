"""Texts of documents taken apart into stems, as `query_parser.STEMS` does it; what is met often is not done again."""

from typing import Final, NamedTuple

from app.search.text.query_parser import STEMS, joined, plain

SHORT: Final = 40
"""Characters up to which a text is remembered as a whole: names and terms stand in many documents."""

MAX_REMEMBERED: Final = 20_000
"""Words, and as many short texts."""

_FOLDED: Final = "".join(char.lower() if char.isalnum() else " " for char in map(chr, range(128)))
"""What each character of ASCII is to the analyser: part of a word, in small letters, or between two."""


class Analysed(NamedTuple):
    """A text, `plain`; and the stems of it and of its hyphenated words written as one: all of them, and as lines."""

    text: str
    stems: list[str]
    lines: list[str]


class Stemmer:
    """For one thread at a time."""

    def __init__(self) -> None:
        self._words = _StemsByWord()
        self._texts: dict[str, Analysed] = {}

    def analyse(self, text: str) -> Analysed:
        if len(text) > SHORT:
            return self._analyse(text)
        known = self._texts.get(text)
        if known is None:
            if len(self._texts) >= MAX_REMEMBERED:
                self._texts.clear()
            known = self._texts[text] = self._analyse(text)
        return known

    def _analyse(self, text: str) -> Analysed:
        text = plain(text)
        stems = self._stems(text)
        lines = [" ".join(stems)]
        for word in joined(text):
            more = self._stems(word)
            stems += more
            lines.append(" ".join(more))
        return Analysed(text, stems, lines)

    def _stems(self, text: str) -> list[str]:
        if not text.isascii():
            return STEMS.analyze(text)
        return [*filter(None, map(self._words.__getitem__, text.translate(_FOLDED).split()))]


class _StemsByWord(dict[str, str]):
    """By words in small letters. What is too long to be a word has no stem, and is not remembered."""

    def __missing__(self, word: str) -> str:
        stem = "".join(STEMS.analyze(word))
        if stem:
            if len(self) >= MAX_REMEMBERED:
                self.clear()
            self[word] = stem
        return stem
