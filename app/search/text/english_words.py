"""English words in British or American spelling, which are not misspellings."""

import gzip
import re
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

WORDS: Final = files("app.search.text") / "english_words.txt.gz"
"""One a line, in small letters, without apostrophes and accents; where they come from stands beside them."""

SPELLINGS: Final = re.compile("is(?=e|ing|ation)|yse|our")
"""Where British spelling may differ from American."""

PLURAL: Final = re.compile("(?<!s)s$")

AMERICAN: Final = {"is": "iz", "yse": "yze", "our": "or"}


def is_english(word: str) -> bool:
    """Whether an English word list has a word (small letters, folded), its American spelling, or what it is the plural
    of."""
    american = SPELLINGS.sub(lambda match: AMERICAN[match[0]], word)
    forms = {word, american, PLURAL.sub("", american)}
    return any(f"\n{each}\n" in _words().get(each[:2], "") for each in forms)


@cache
def _words() -> Mapping[str, str]:
    """By their first two letters, as one text each: a tenth of a set's memory."""
    found: defaultdict[str, list[str]] = defaultdict(lambda: [""])
    for word in gzip.decompress(WORDS.read_bytes()).decode().split():
        found[word[:2]].append(word)
    return {begun: "\n".join([*words, ""]) for begun, words in found.items()}
