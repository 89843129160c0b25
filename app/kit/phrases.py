"""Words and phrases found again in a text however they are written: case, accents, hyphens, English endings."""

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

from app.kit.text import fold

_STROKES: Final = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "\u0131": "i"}
)
"""Letters that Unicode does not take apart, and people do."""
_UNSEEN: Final = re.compile(
    "['`\\u00b4\\u02bc\\u2018\\u2019\\u2032\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f"
    "\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\U000e0000-\\U000e0fff]"
)
"""Apostrophes, and what Unicode wants ignored where it cannot be shown: part of a word, and nothing of it."""
_MARKUP: Final = re.compile(r"<[!/?A-Za-z][^<>]*>|\]\([^()]*\)|[*~]+")
"""Tags, Markdown's emphasis, and the ends of its links."""
_DISGUISES: Final = 3
"""Times that a text is decoded: `&amp;#97;` is an `a` for whoever shows it carelessly enough."""
_HYPHEN: Final = re.compile(r"[-_\u2010-\u2015\u2212\u30fb]\s*")
_WORD: Final = re.compile(r"[^\W\d_]+|\d+")
"""Digits end a word: files and pages are numbered."""
_SHORTEST: Final = 3
"""Letters that are left, at least, when an ending is taken away."""
_SHARED: Final = 4
"""Letters of a stem that two inflected forms must have in common to be one word."""

Words = tuple[str, ...]


def words(text: str) -> list[Words]:
    """The folded words of `text`: with hyphens as gaps and, where there are any, with hyphens as nothing; where
    there is markup, also without it.

    What is percent-encoded, as in an address, or a character reference of HTML is read as what it stands for.
    """
    plain = _decoded(text)
    bare = _MARKUP.sub("", plain)
    forms = [form for each in dict.fromkeys((plain, bare)) for form in _both(each)]
    return list(dict.fromkeys(forms))


def _both(text: str) -> tuple[Words, Words]:
    folded = fold(_UNSEEN.sub("", text)).translate(_STROKES)
    return tuple(_WORD.findall(_HYPHEN.sub(" ", folded))), tuple(_WORD.findall(_HYPHEN.sub("", folded)))


def _decoded(text: str) -> str:
    for _ in range(_DISGUISES):
        if "%" not in text and "&" not in text:
            break
        text = html.unescape(unquote(text, errors="ignore"))
    return unicodedata.normalize("NFC", text)


@lru_cache(maxsize=20_000)
def stems(word: str) -> frozenset[str]:
    """The word, and what it may be an inflected form of."""
    found = {word}
    for ending in ("s", "es", "ed", "ing", "er", "ers", "ly"):
        stem = word.removesuffix(ending)
        if stem != word and len(stem) >= _SHORTEST:
            found |= {stem, stem + "e"} if ending not in ("s", "ly") else {stem}
            if stem[-1] == stem[-2] and ending not in ("s", "es", "ly"):
                found.add(stem[:-1])
    for ending in ("ies", "ied", "ier", "ily"):
        if word.endswith(ending) and len(word) - 3 >= _SHORTEST - 1:
            found.add(word[:-3] + "y")
    return frozenset(found)


def same(one: str, other: str) -> bool:
    """Whether two folded words may be forms of one."""
    if one == other or one in stems(other) or other in stems(one):
        return True
    return any(len(stem) >= _SHARED for stem in stems(one) & stems(other))


class Phrases:
    """Words and phrases to look for, whole words only."""

    def __init__(self, texts: Iterable[str]) -> None:
        phrases = {form for text in texts for form in _forms(text)}
        self._by_stem: dict[str, list[Words]] = {}
        for phrase in sorted(phrases):
            for stem in stems(phrase[0]):
                self._by_stem.setdefault(stem, []).append(phrase)
        single = [phrase[0] for phrase in phrases if len(phrase) == 1]
        self._beginnings = {word[:end] for word in single for end in range(1, len(word))}

    def __bool__(self) -> bool:
        return bool(self._by_stem)

    def are_in(self, text: str) -> bool:
        """Whether any of them is said; also where a word of theirs is written in two or three."""
        return bool(self._by_stem) and self.are_among(words(text))

    def are_among(self, forms: Iterable[Words]) -> bool:
        """As `are_in`, of what `words` made of a text."""
        return any(self._are_among(each) for each in forms)

    def _are_among(self, said: Words) -> bool:
        known, beginnings = self._by_stem.keys(), self._beginnings
        for place, word in enumerate(said):
            if not known.isdisjoint(stems(word)) and self._begin_at(said, place):
                return True
            if word in beginnings and self._are_split(said, place):
                return True
        return False

    def _begin_at(self, said: Words, place: int) -> bool:
        return any(
            len(said) - place >= len(phrase)
            and all(same(wanted, given) for wanted, given in zip(phrase, said[place:], strict=False))
            for phrase in self._candidates(said[place])
        )

    def _are_split(self, said: Words, place: int) -> bool:
        for count in (2, 3):
            joined = "".join(said[place : place + count])
            if any(len(phrase) == 1 and same(phrase[0], joined) for phrase in self._candidates(joined)):
                return True
        return False

    def _candidates(self, word: str) -> Iterator[Words]:
        for stem in stems(word):
            yield from self._by_stem.get(stem, ())


def _forms(text: str) -> Iterator[Words]:
    """A phrase as it stands, without its hyphens, and as one word."""
    for form in words(text):
        if form:
            yield form
            yield ("".join(form),)
