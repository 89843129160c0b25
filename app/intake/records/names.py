"""Personal names from one line of text, and what is no person's."""

import re
from typing import Final

from app.exports.record import CslRole, Name
from app.intake.records.parsed_record import CreditedName
from app.kit.text.characters import single_line

SUFFIX: Final = re.compile(r"(?:jr|sr|jnr|snr|junior|senior|ii|iii|iv|phd|md|esq)\.?", re.IGNORECASE)
PARTICLES: Final = frozenset(
    {"af", "al", "av", "bin", "da", "das", "de", "del", "della", "den", "der", "di", "dos", "du", "e", "el", "ibn"}
    | {"la", "le", "ten", "ter", "van", "von", "y", "zu", "zum", "zur"}
)
MAX_LENGTH: Final = 5
"""Words of a person's name that is written without a comma, at most; particles count."""
_ORGANISED: Final = re.compile(
    r"\b(?:universit\w*|college|school|institut\w*|department|ministry|council|committee|commission|centre|center|group|"
    r"foundation|association|society|agency|office|services?|trust|board|bureau|network|projects?|team|unit|studies|"
    r"consortium|company|ltd|limited|inc|gmbh|press|authority|government|organi[sz]ations?|union|research|and|of|the|for|"
    r"in|on|partnership|alliance|forum|charity|church|hospital|clinic|nhs|learning|library|museum|publish\w*|media|news|"
    r"consult\w*|studios?|programmes?|programs?|campaign|coalition|federation|fund|academy|lab|laborator\w*|division|"
    r"panel|collective|international|national|health|police|children|youth|families|safeguarding|practice|care|"
    r"collaborat\w*|initiative|observatory|secretariat|workshop|conference|editors?|staff|anonymous)\b|[&0-9]",
    re.IGNORECASE,
)
NO_COMMA_WARNING: Final = (
    "a name without a comma is read as a person's, with the family name last. End the name of an organisation "
    "with a comma."
)
_WORD: Final = re.compile(r"[^\W\d_](?:[^\W\d_]|['\u2019.\-])*")
_ACRONYM: Final = re.compile(r"[A-Z]{3,}")


def parse_inverted_name(text: str, role: CslRole = "author") -> CreditedName | None:
    """`Family, Given` or `Family, Given, Suffix`. Without a comma it is a person where `parse_natural_name` finds one,
    else one name, as an organisation has; a comma at its end says that it is an organisation (as EndNote has it)."""
    parts = [single_line(part) for part in text.split(",")]
    if len(parts) == 1 and (person := parse_natural_name(parts[0], role)):
        return person
    filled = [part for part in parts if part]
    if not filled:
        return None
    if len(filled) == 1 or not parts[0]:
        return CreditedName(Name(literal=", ".join(filled), role=role))
    suffix = next((part for part in filled[1:] if SUFFIX.fullmatch(part)), None)
    given = ", ".join(part for part in filled[1:] if part is not suffix)
    return CreditedName(Name(family=filled[0], given=given or None, role=role), suffix=suffix)


def parse_natural_name(text: str, role: CslRole) -> CreditedName | None:
    """`SourceText Family` as it is spoken: two to five words of letters, each with a capital unless it is a
    particle, none of them an acronym or a word that organisations are named by. The family name is the last word
    with its particles.
    """
    words = text.split()
    if not 2 <= len(words) <= MAX_LENGTH or _ORGANISED.search(text) or not all(map(_WORD.fullmatch, words)):
        return None
    suffix = words.pop() if len(words) > 2 and SUFFIX.fullmatch(words[-1]) else None
    small = [position for position, word in enumerate(words) if word in PARTICLES]
    capital = [word for position, word in enumerate(words) if position not in small]
    start = small[0] if small else len(words) - 1
    if start == 0 or words[-1] in PARTICLES or not all(word[0].isupper() for word in capital):
        return None
    if any(map(_ACRONYM.fullmatch, capital)):
        return None
    name = Name(family=" ".join(words[start:]), given=" ".join(words[:start]), role=role)
    return CreditedName(name, suffix=suffix, whole=text)
