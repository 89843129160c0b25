"""The impact of each word in a document: by its field, its frequency, and the length of the text.

It follows from the document alone, never from what else is or was in the index, and is one of few levels, so that
the documents of a word are kept by level. The shape is BM25's (Robertson & Zaragoza 2009), with fixed mean lengths.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from math import log
from operator import add
from typing import Final, NamedTuple


class TextField(NamedTuple):
    """`weight` is how much a word counts there, `length` how many words usually stand there."""

    weight: float
    length: float


TEXT_FIELDS: Final = {"title": TextField(3.0, 8), "names": TextField(2.0, 12), "body": TextField(1.0, 40)}
"""Titles; terms and people; summaries and the rest."""

ELSEWHERE: Final = 0.5
"""Share of its weight with which a word counts in the places where it weighs less."""

SATURATION: Final = 1.2
BY_LENGTH: Final = 0.3
"""BM25's k1 and b; the usual b of 0.75 judges short texts too much by their length."""

LEVELS: Final = "0123456789abcdefghijklmnopqrstuv"
SEPARATOR: Final = "|"
"""Between a stem, which consists of letters and digits, and its level."""

MIN_IMPACT: Final = 0.1
MAX_IMPACT: Final = sum(place.weight for place in TEXT_FIELDS.values()) * ELSEWHERE + max(
    TEXT_FIELDS.values()
).weight * (1 - ELSEWHERE)
STEP: Final = (MAX_IMPACT / MIN_IMPACT) ** (1 / (len(LEVELS) - 1))

VALUES: Final = {code: MIN_IMPACT * STEP**number for number, code in enumerate(LEVELS)}
"""What each level stands for: each a share more than the one below."""
BORDERS: Final = [value * STEP**0.5 for value in VALUES.values()][:-1]
CODES: Final = [SEPARATOR + level for level in LEVELS]


def impacts(places: Mapping[str, Sequence[str]], weight: float = 1.0) -> list[str]:
    """Each different stem of a document with its level. `places` are all stems of each of `TEXT_FIELDS`; `weight` is
    that of the document among those with the same words."""
    title, names, body = counted = [Counter(places.get(name, ())) for name in TEXT_FIELDS]
    sizes = [
        (name, len(places.get(name, ())), max(counts.values(), default=0))
        for name, counts in zip(TEXT_FIELDS, counted, strict=True)
    ]
    in_title, in_names, in_body = (_weights(*size) for size in sizes)
    found = [
        stem + _code(in_title[title.pop(stem, 0)], in_names[names.pop(stem, 0)], in_body[body.pop(stem, 0)])
        for stem in {*_shared(title, names), *_shared(title, body), *_shared(names, body)}
    ]
    for counts, size in zip(counted, sizes, strict=True):
        found += map(add, counts, map(_codes(*size).__getitem__, counts.values()))
    return found if weight == 1 else [each[:-1] + _lowered(each[-1], weight) for each in found]


def impact_once(stem: str, name: str, weight: float = 1.0) -> str:
    """A stem with its level, where it stands once in one place that is as long as it usually is."""
    place = TEXT_FIELDS[name]
    return stem + _code(weight * place.weight / (1 + SATURATION), 0.0, 0.0)


@lru_cache(maxsize=4096)
def _lowered(level: str, weight: float) -> str:
    return LEVELS[max(0, LEVELS.index(level) + round(log(weight, STEP)))]


def _shared(one: Counter[str], two: Counter[str]) -> Iterable[str]:
    return one.keys() & two.keys()


@lru_cache(maxsize=4096)
def _weights(name: str, length: int, most: int) -> tuple[float, ...]:
    """Of a stem in one place, among so many, by how often it stands there, up to so many times."""
    place = TEXT_FIELDS[name]
    flattened = SATURATION * (1 - BY_LENGTH + BY_LENGTH * length / place.length)
    return tuple(place.weight * count / (count + flattened) for count in range(most + 1))


@lru_cache(maxsize=4096)
def _codes(name: str, length: int, most: int) -> tuple[str, ...]:
    """As `_weights`: what is added to a stem that stands in no other place."""
    return tuple(_code(weight, 0.0, 0.0) for weight in _weights(name, length, most))


def _code(one: float, two: float, three: float) -> str:
    """What is added to a stem with these weights in the three places."""
    total = ELSEWHERE * (one + two + three) + (1 - ELSEWHERE) * max(one, two, three)
    return CODES[bisect_right(BORDERS, total)]
