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


def title_key(text: str, longest: int = 200) -> str:
    """The words of a title, case, accents and punctuation aside, in at most so many characters."""
    return " ".join(_WORD.findall(_JOINED.sub("", fold(text))))[:longest].strip()
