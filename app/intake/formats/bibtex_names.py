"""Names in BibTeX: joined by `and`, ordered by commas, kept together by braces; BibLaTeX adds `family=…`."""

import re
from collections.abc import Callable, Iterator
from typing import Final

from app.exports.record import CslRole, Name
from app.intake.records.names import SUFFIX
from app.intake.records.parsed_record import CreditedName

Decode = Callable[[str], str]
_AND: Final = re.compile(r"(?<!\s)\s++and(?=\s)", re.IGNORECASE)
_COMMA: Final = re.compile(r",")
_SPACE: Final = re.compile(r"[\s~]+")
_NAMED: Final = re.compile(r"\s*(family|given|prefix|suffix)\s*=\s*(.*)", re.DOTALL | re.IGNORECASE)


def credits_of(value: str, role: CslRole, decode: Decode) -> tuple[list[CreditedName], bool]:
    """Everybody in the field, and whether `and others` ends it."""
    texts = [text.strip() for text in parts(f" {value} ", _AND)]
    found = [_credit(text, role, decode) for text in texts if text and text.lower() != "others"]
    return [each for each in found if each is not None], any(text.lower() == "others" for text in texts)


def parts(text: str, separator: re.Pattern[str]) -> Iterator[str]:
    """What stands between separators outside all braces."""
    start = position = depth = 0
    while position < len(text):
        depth += {"{": 1, "}": -1}.get(text[position], 0)
        found = separator.match(text, position) if depth == 0 else None
        if found is None:
            position += 1
            continue
        yield text[start:position]
        start = position = found.end()
    yield text[start:]


def _is_group(text: str) -> bool:
    """Whether one pair of braces is around the whole."""
    depth = 0
    for position, char in enumerate(text):
        depth += {"{": 1, "}": -1}.get(char, 0)
        if depth == 0:
            return position == len(text) - 1 and text[0] == "{"
    return False


def _credit(text: str, role: CslRole, decode: Decode) -> CreditedName | None:
    if _is_group(text) and not text.startswith("{\\"):
        literal = decode(text)
        return CreditedName(Name(literal=literal, role=role)) if literal else None
    pieces = [piece.strip() for piece in parts(text, _COMMA)]
    if all(map(_NAMED.fullmatch, pieces)):
        return _extended(pieces, role, decode)
    family, given, suffix = _ordered([piece for piece in pieces if piece], decode)
    if not family:
        return None
    return CreditedName(Name(family=family, given=given or None, role=role), suffix=suffix or None)


def _extended(pieces: list[str], role: CslRole, decode: Decode) -> CreditedName | None:
    named = {found[1].lower(): decode(found[2].strip(' "')) for found in map(_NAMED.fullmatch, pieces) if found}
    family = " ".join(part for part in (named.get("prefix"), named.get("family")) if part)
    if not family:
        return None
    return CreditedName(
        Name(family=family, given=named.get("given") or None, role=role), suffix=named.get("suffix") or None
    )


def _ordered(pieces: list[str], decode: Decode) -> tuple[str, str, str]:
    """Family with its particles, given, suffix: by the number of commas."""
    if not pieces:
        return "", "", ""
    if len(pieces) == 1:
        return _unordered([word for word in parts(pieces[0], _SPACE) if word], decode)
    if len(pieces) == 2:
        return decode(pieces[0]), decode(pieces[1]), ""
    first, second, *rest = (decode(piece) for piece in pieces)
    if not SUFFIX.fullmatch(second) and rest and SUFFIX.fullmatch(rest[-1]):
        return first, ", ".join((second, *rest[:-1])), rest[-1]
    return first, ", ".join(rest), second


def _unordered(words: list[str], decode: Decode) -> tuple[str, str, str]:
    """`SourceText von Family`: particles are words in lower case; a group in braces is one word of no case."""
    suffix = ""
    if len(words) > 2 and SUFFIX.fullmatch(words[-1]):
        suffix = decode(words.pop())
    small = [position for position, word in enumerate(words[:-1]) if _is_particle(word, decode)]
    start = small[0] if small else len(words) - 1
    return decode(" ".join(words[start:])), decode(" ".join(words[:start])), suffix


def _is_particle(word: str, decode: Decode) -> bool:
    return not word.startswith("{") and decode(word)[:1].islower()
