"""The acronyms of the names in a text: what its readers may call a journal, a publisher or an office by."""

import re
from collections.abc import Iterator
from itertools import combinations
from typing import Final

from app.search.text.english_words import is_english
from app.search.text.query_parser import STOP_WORDS

NAMES: Final = re.compile(r"[A-Z][\w'\u2019-]*(?:,? (?:(?:of|for|the|and|to|in|on|&) ){0,3}[A-Z][\w'\u2019-]*)+")
"""Words with capitals, small words between them."""

MIN_LETTERS: Final = 3
MAX_LETTERS: Final = 6

MAX_PARTS: Final = 4
"""Parts of a name between commas."""


def acronyms(text: str) -> Iterator[str]:
    """In small letters, with and without the letters of small words. What is a word of its own is none."""
    for found in NAMES.finditer(text):
        parts = [part.split() for part in found[0].split(", ")[:MAX_PARTS]]
        for first, last in combinations(range(len(parts) + 1), 2):
            yield from _acronyms_of([word for part in parts[first:last] for word in part])


def _acronyms_of(words: list[str]) -> Iterator[str]:
    if words[0].lower() in STOP_WORDS:
        words = words[1:]
    letters = "".join(word[0] for word in words if word != "&")
    for acronym in dict.fromkeys(("".join(filter(str.isupper, letters)), letters)):
        if MIN_LETTERS <= len(acronym) <= MAX_LETTERS and not is_english(acronym.lower()):
            yield acronym.lower()
