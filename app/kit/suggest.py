"""Did you mean …? The nearest of some known names, at a bounded price."""

from collections.abc import Iterable
from difflib import get_close_matches

LONGEST = 100


def nearest(name: str, choices: Iterable[str], n: int = 3) -> tuple[str, ...]:
    """At most `n` of `choices`, best first, letter case aside; nothing for a name over 100 characters."""
    if not name or len(name) > LONGEST:
        return ()
    by_folded = {choice.casefold(): choice for choice in choices if len(choice) <= LONGEST}
    return tuple(by_folded[match] for match in get_close_matches(name.casefold(), by_folded, n))
