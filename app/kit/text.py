"""Text as people type it, compared as they mean it."""

import re
import unicodedata

CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")

LONGEST = 1_000
"""Characters of a text that somebody asks by."""


def is_longer(text: str, most: int = LONGEST) -> bool:
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
