"""Names for addresses, and keys for comparing titles, from text in any script."""

import re
from hashlib import sha256

from app.kit.text.characters import BASE_LETTERS, fold

_PLAIN = re.compile(r"[a-z0-9]+")
_WORD = re.compile(r"[^\W_]+")
_JOINED = re.compile(r"(?<=\w)['\u2019\u02bc](?=\w)")


def slugify(text: str, longest: int = 80) -> str:
    """Words of a-z and 0-9 joined by hyphens, cut between words; a digest where the text has none of these."""
    words = _PLAIN.findall(_JOINED.sub("", fold(text).translate(BASE_LETTERS)))
    slug = ""
    for word in words:
        longer = f"{slug}-{word}" if slug else word[:longest]
        if len(longer) > longest:
            break
        slug = longer
    return slug or "x" + sha256(text.encode()).hexdigest()[:12]


ARTICLES = frozenset(("a", "an", "the"))
"""Those of English: a title is filed under the word that follows."""


def filing_key(text: str) -> str:
    """What a title is sorted by: its words without case, accents, punctuation and a leading article. A title of
    nothing but punctuation is sorted by itself."""
    words = _words(text)
    return " ".join(words[1:] if len(words) > 1 and words[0] in ARTICLES else words) or fold(text)


def title_key(text: str, longest: int = 200) -> str:
    """The words of a title, case, accents and punctuation aside, in at most so many characters."""
    return " ".join(_words(text))[:longest].strip()


def _words(text: str) -> list[str]:
    return _WORD.findall(_JOINED.sub("", fold(text)))
