"""Text as people type it: what it may hold, and how it is compared as they mean it."""

import re
import unicodedata
from typing import Final

BASE_LETTERS: Final = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "\u0131": "i", "ŋ": "n"}
)
"""Letters that Unicode does not take apart, and people do; lower case alone."""
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")

_BREAK = re.compile("[\t\n\r\u2028\u2029]")
_BIDI_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""What turns round all that follows it on the line (UAX 9)."""

MAX_LENGTH = 1_000
"""Characters of a text in a query."""
_INNER_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def exceeds_length(text: str, most: int = MAX_LENGTH) -> bool:
    """Whether `text` has more characters than `most`, each counted as the letters that it stands for: a ligature of
    Arabic is eighteen (Unicode NFKC)."""
    return len(text) > most or (not text.isascii() and len(unicodedata.normalize("NFKC", text)) > most)


def fold(text: str) -> str:
    """Case and accents taken away, for comparing and sorting (Unicode NFKD without combining marks)."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


class ControlCharacterError(ValueError):
    """Text with a control character (other than tab and line ends) or a lone surrogate."""


def has_control(text: str) -> bool:
    """Whether `text` holds a lone surrogate or a control character other than tab and line breaks."""
    return CONTROL.search(text) is not None


def reject_control_characters(text: str) -> str:
    """The text itself, or ControlCharacterError: for any text from outside, be it of a body or of an address."""
    if has_control(text):
        raise ControlCharacterError("The text contains a control character or an unpaired surrogate.")
    return text


def is_single_line(text: str) -> bool:
    """Whether `text` holds no control character at all, and nothing else that ends a line."""
    return not has_control(text) and _BREAK.search(text) is None


_CONTROL_TO_SPACE = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)), " ")


def single_line(text: str) -> str:
    """`text` with every run of spaces, line breaks and control characters as one space, none at the ends."""
    if text.isprintable() and "  " not in text:  # most are; the only space that is printable is " "
        return text.strip()
    return " ".join(text.translate(_CONTROL_TO_SPACE).split())


def remove_bidi_controls(text: str) -> str:
    """Nothing in it turns round what stands beside it."""
    return _BIDI_CONTROLS.sub("", text)


def sentence_case(text: str) -> str:
    """With a capital at its beginning, and as it is otherwise."""
    return text[:1].upper() + text[1:]


def label_of(name: str) -> str:
    """A name of a program as readers see it: `landing_page` is Landing page, `IsPartOf` is Is part of."""
    return _INNER_CAPITAL.sub(" ", name).replace("_", " ").lower().capitalize()
