"""Personal names from one line of text, and what is no person's."""

import re
from typing import Final

from app.exports.record import Name, Role
from app.exports.text import one_line
from app.intake.reading import Credit

SUFFIX: Final = re.compile(r"(?:jr|sr|jnr|snr|junior|senior|ii|iii|iv|phd|md|esq)\.?", re.IGNORECASE)
_ORGANISED: Final = re.compile(
    r"\b(?:universit\w*|college|school|institut\w*|department|ministry|council|committee|commission|centre|center|group|"
    r"foundation|association|society|agency|office|service|services|trust|board|bureau|network|project|team|unit|"
    r"consortium|company|ltd|limited|inc|gmbh|press|authority|government|organi[sz]ation|union|research|and|of|the|for|"
    r"in)\b|[&0-9]",
    re.IGNORECASE,
)


def from_inverted(text: str, role: Role = "author") -> Credit | None:
    """`Family, Given` or `Family, Given, Suffix`; without a comma it is one name, as an organisation has."""
    parts = [one_line(part) for part in text.split(",")]
    while parts and not parts[-1]:
        parts.pop()
    if not parts:
        return None
    if len(parts) == 1 or not parts[0]:
        return Credit(Name(literal=one_line(text.strip(" ,")), role=role))
    suffix = next((part for part in parts[1:] if SUFFIX.fullmatch(part)), None)
    given = ", ".join(part for part in parts[1:] if part and part is not suffix)
    return Credit(Name(family=parts[0], given=given or None, role=role), suffix=suffix)


def may_be_a_person(name: Name) -> bool:
    """Two to four words with nothing of an organisation among them, given as one name."""
    words = (name.literal or "").split()
    return 2 <= len(words) <= 4 and not _ORGANISED.search(name.literal or "") and all(w[:1].isupper() for w in words)
