"""Which representation an Accept header asks for (RFC 9110, section 12.5.1)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

MAX_HEADER = 4096

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_RANGE = re.compile(rf"({_TOKEN})/({_TOKEN})")
_PARAMETER = re.compile(rf'[ \t]*;[ \t]*(?:({_TOKEN})=(?:({_TOKEN})|"((?:[^"\\]|\\.)*)"))?')
_BETWEEN = re.compile(r"[ \t]*(?:,[ \t]*)+|[ \t]*\Z")
_WEIGHT = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")


@dataclass(frozen=True, slots=True)
class MediaRange:
    """One member of an Accept header, in lower case, its parameters without `q` and `charset`."""

    type: str
    subtype: str
    parameters: frozenset[tuple[str, str]]
    quality: float

    def covers(self, offer: "MediaRange") -> bool:
        return (
            self.type in ("*", offer.type)
            and self.subtype in ("*", offer.subtype)
            and self.parameters <= offer.parameters
        )

    @property
    def precision(self) -> tuple[bool, bool, int]:
        return self.type != "*", self.subtype != "*", len(self.parameters)


@lru_cache(maxsize=128)
def negotiate(accept: str | None, offered: tuple[str, ...]) -> str | None:
    """The one of the `offered` media types with the highest quality, the first of them on a tie; None if
    none is acceptable. An absent, empty, malformed or oversized header accepts everything.

    A parameter in a range must be one of the offer's, but for `charset`: everything here is UTF-8.
    """
    ranges = accepted(accept)
    best, highest = None, 0.0
    for offer in offered:
        quality = _quality(ranges, _offer(offer))
        if quality > highest:
            best, highest = offer, quality
    return best


@lru_cache(maxsize=128)
def prefers_html(accept: str | None) -> bool:
    """Whether the header names `text/html` and gives it a higher quality than JSON, as browsers do."""
    ranges = accepted(accept)
    if not any((each.type, each.subtype) == ("text", "html") for each in ranges):
        return False
    return _quality(ranges, _offer("text/html")) > _quality(ranges, _offer("application/json"))


def accepted(accept: str | None) -> list[MediaRange]:
    """The header's ranges as they are written; `*/*` alone if there are none or one of them is malformed."""
    try:
        return list(_ranges((accept or "").strip(" \t,"))) or [_EVERYTHING]
    except ValueError:
        return [_EVERYTHING]


_EVERYTHING = MediaRange("*", "*", frozenset(), 1.0)


def _quality(ranges: Sequence[MediaRange], offer: MediaRange) -> float:
    """That of the most specific range; of two equally specific ones the first."""
    covering = (each for each in ranges if each.covers(offer))
    chosen = max(covering, key=lambda each: each.precision, default=None)
    return chosen.quality if chosen else 0.0


@lru_cache(maxsize=64)
def _offer(media_type: str) -> MediaRange:
    [offer] = _ranges(media_type)
    return offer


def _ranges(text: str) -> Iterator[MediaRange]:
    if len(text) > MAX_HEADER:
        raise ValueError("the header is too long")
    position = 0
    while position < len(text):
        each, position = _one(text, position)
        yield each
        between = _BETWEEN.match(text, position)
        if not between:
            raise ValueError("media ranges are parted by commas")
        position = between.end()


def _one(text: str, position: int) -> tuple[MediaRange, int]:
    """The range at `position` and where it ends; raises ValueError."""
    found = _RANGE.match(text, position)
    if not found or (found[1] == "*" and found[2] != "*"):
        raise ValueError("not a media range")
    position = found.end()
    parameters = {}
    while parameter := _PARAMETER.match(text, position):
        if name := parameter[1]:
            value = parameter[2] if parameter[3] is None else re.sub(r"\\(.)", r"\1", parameter[3])
            parameters[name.lower()] = value.lower()
        position = parameter.end()
    quality = _weight(parameters.pop("q", "1"))
    parameters.pop("charset", None)
    return MediaRange(found[1].lower(), found[2].lower(), frozenset(parameters.items()), quality), position


def _weight(text: str) -> float:
    if not _WEIGHT.fullmatch(text):
        raise ValueError("a weight is a number from 0 to 1 with at most three decimals")
    return float(text)
