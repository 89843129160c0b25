"""Did you mean …? The nearest of some known names, at a bounded price."""

from collections.abc import Iterable

from rapidfuzz import fuzz, process

MAX_LENGTH = 100
LIKE = 65.0
"""Of 100: how much of both names must be common to them, in the same order, for one to be suggested for the other."""


def closest_matches(name: str, choices: Iterable[str], n: int = 3) -> tuple[str, ...]:
    """At most `n` of `choices`, best first, letter case aside; nothing for a name over 100 characters."""
    if not name or len(name) > MAX_LENGTH:
        return ()
    by_folded = {choice.casefold(): choice for choice in choices if len(choice) <= MAX_LENGTH}
    found = process.extract(name.casefold(), by_folded.keys(), scorer=fuzz.ratio, score_cutoff=LIKE, limit=n)
    return tuple(by_folded[match] for match, _, _ in found)
