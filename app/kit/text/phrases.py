"""Words and phrases found again in a text however they are written: case, accents, hyphens, English endings."""

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

from app.kit.text.characters import BASE_LETTERS, fold

_UNSEEN: Final = re.compile(
    "['`\\u00b4\\u02bc\\u2018\\u2019\\u2032\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f"
    "\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\U000e0000-\\U000e0fff]"
)
"""Apostrophes, and what Unicode wants ignored where it cannot be shown: part of a word, and nothing of it."""
_MARKUP: Final = re.compile(r"<[!/?A-Za-z][^<>]*>|\[(?=[^\[\]()]*\]\()|\]\([^()]*\)|[*~]+")
"""Tags, Markdown's emphasis, and what encloses the words of its links."""
_OPENS_MARKUP: Final = re.compile(r"[<*~]|\]\(")
_BETWEEN: Final = bytes(byte for byte in range(128) if not chr(byte).isalnum())
_DISGUISES: Final = 3
"""Times that a text is decoded: `&amp;#97;` is an `a` for whoever shows it carelessly enough."""
_HYPHEN: Final = re.compile(r"[-_\u2010-\u2015\u2212\u30fb]\s*")
_WORD: Final = re.compile(r"[^\W\d_]+|\d+")
"""Digits end a word: files and pages are numbered."""
MAX_DULL: Final = 50_000
"""Words that no phrase begins with are remembered, up to this number."""
SHORT: Final = 120
"""Characters of a text whose words are remembered."""
_MIN_LENGTH: Final = 3
"""Letters that are left, at least, when an ending is taken away."""
_SHARED: Final = 4
"""Letters of a stem that two inflected forms must have in common to be one word."""

Words = tuple[str, ...]


def words(text: str) -> tuple[Words, ...]:
    """The folded words of `text`: with hyphens as gaps and, where there are any, with hyphens as nothing; where
    there is markup, also without it.

    What is percent-encoded, as in an address, or a character reference of HTML is read as what it stands for.
    """
    return _short_words(text) if len(text) <= SHORT else _words(text)


def _words(text: str) -> tuple[Words, ...]:
    plain = _decoded(text)
    bare = _MARKUP.sub("", plain)
    return tuple(dict.fromkeys(form for each in dict.fromkeys((plain, bare)) for form in _both(each)))


_short_words = lru_cache(maxsize=20_000)(_words)
"""Names and addresses come again and again."""


def _both(text: str) -> tuple[Words, ...]:
    folded = fold(_UNSEEN.sub("", text))
    if not folded.isascii():
        folded = folded.translate(BASE_LETTERS)
    apart = _HYPHEN.sub(" ", folded)
    if apart == folded:
        return (tuple(_WORD.findall(folded)),)
    return tuple(_WORD.findall(apart)), tuple(_WORD.findall(_HYPHEN.sub("", folded)))


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
        if stem != word and len(stem) >= _MIN_LENGTH:
            found |= {stem, stem + "e"} if ending not in ("s", "ly") else {stem}
            if stem[-1] == stem[-2] and ending not in ("s", "es", "ly"):
                found.add(stem[:-1])
    for ending in ("ies", "ied", "ier", "ily"):
        if word.endswith(ending) and len(word) - 3 >= _MIN_LENGTH - 1:
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
        self._set({form for text in texts for form in _forms(text)})

    @classmethod
    def of(cls, others: Iterable["Phrases"]) -> "Phrases":
        """All that any of the others looks for."""
        found = cls(())
        found._set({phrase for other in others for phrase in other._phrases})
        return found

    def _set(self, phrases: set[Words]) -> None:
        self._phrases = phrases
        self._by_stem: dict[str, list[Words]] = {}
        for phrase in sorted(phrases):
            for stem in stems(phrase[0]):
                self._by_stem.setdefault(stem, []).append(phrase)
        single = [phrase[0] for phrase in phrases if len(phrase) == 1]
        self._beginnings = {word[:end] for word in single for end in range(1, len(word))}
        self._dull: set[str] = set()
        self._marks = {_mark(phrase[0]) for phrase in phrases}

    def __bool__(self) -> bool:
        return bool(self._by_stem)

    def are_in(self, text: str) -> bool:
        """Whether any of them occurs; also where a word of theirs is written in two or three."""
        return bool(self._by_stem) and self.are_among(words(text))

    def may_be_in(self, text: str) -> bool:
        """False where `are_in` is false of every part of the text; quick, where there is no markup."""
        if None in self._marks or _OPENS_MARKUP.search(text):
            return True
        bare = _letters(text)
        return any(mark in bare for mark in self._marks if mark)

    def are_among(self, forms: Iterable[Words]) -> bool:
        """As `are_in`, of what `words` made of a text."""
        return any(self._are_among(each) for each in forms)

    def _are_among(self, form: Words) -> bool:
        unseen = set(form) - self._dull
        beginning = {word for word in unseen if self._begins(word)}
        if len(self._dull) < MAX_DULL:
            self._dull |= unseen - beginning
        return bool(beginning) and any(
            word in beginning and (self._begin_at(form, position) or self._are_split(form, position))
            for position, word in enumerate(form)
        )

    def _begins(self, word: str) -> bool:
        """Whether a phrase may begin with it, or a single word that is written apart."""
        return word in self._beginnings or not self._by_stem.keys().isdisjoint(stems(word))

    def _begin_at(self, form: Words, position: int) -> bool:
        return any(
            len(form) - position >= len(phrase)
            and all(same(wanted, given) for wanted, given in zip(phrase, form[position:], strict=False))
            for phrase in self._candidates(form[position])
        )

    def _are_split(self, form: Words, position: int) -> bool:
        for count in (2, 3):
            joined = "".join(form[position : position + count])
            if any(len(phrase) == 1 and same(phrase[0], joined) for phrase in self._candidates(joined)):
                return True
        return False

    def _candidates(self, word: str) -> Iterator[Words]:
        for stem in stems(word):
            yield from self._by_stem.get(stem, ())


def _mark(word: str) -> bytes | None:
    """What all its forms begin with, if that is ASCII."""
    shapes = [stem[:-1] if stem[-1] in "ey" else stem for stem in stems(word)]
    first, last = min(shapes), max(shapes)
    common = next((first[:end] for end in range(len(first), 0, -1) if last.startswith(first[:end])), "")
    return common.encode() if common and common.isascii() else None


def _letters(text: str) -> bytes:
    """The ASCII letters and digits of a text, folded, without anything between."""
    plain = _decoded(text).casefold()
    if not plain.isascii():
        plain = unicodedata.normalize("NFKD", plain).translate(BASE_LETTERS)
    return plain.encode("ascii", "ignore").translate(None, _BETWEEN)


def _forms(text: str) -> Iterator[Words]:
    """A phrase as it stands, without its hyphens, and as one word."""
    for form in words(text):
        if form:
            yield form
            yield ("".join(form),)
