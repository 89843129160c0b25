"""Text as people type it, compared as they mean it."""

import re
import unicodedata

CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")

_BIDI_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""What turns round all that follows it on the line (UAX 9)."""

MAX_LENGTH = 1_000
"""Characters of a text that somebody asks by."""


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


def has_control(text: str) -> bool:
    """Whether `text` holds a lone surrogate or a control character other than tab and line breaks."""
    return CONTROL.search(text) is not None


_CONTROL_TO_SPACE = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)), " ")


def single_line(text: str) -> str:
    """`text` with every run of spaces, line breaks and control characters as one space, none at the ends."""
    return " ".join(text.translate(_CONTROL_TO_SPACE).split())


def remove_bidi_controls(text: str) -> str:
    """Nothing in it turns round what stands beside it."""
    return _BIDI_CONTROLS.sub("", text)
