"""Texts taken apart into the pieces of words that the model knows: WordPiece, as BERT's uncased models read them."""

import gzip
import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Final

PIECES: Final = files("app.search.meaning") / "word_pieces.txt.gz"
"""One a line, in the order of their numbers; where they come from stands beside them."""

UNKNOWN, BEGIN, END = "[UNK]", "[CLS]", "[SEP]"

INSIDE: Final = "##"
"""Before a piece that goes on from another one."""

MAX_WORD: Final = 100
"""Characters of a word; a longer one is unknown."""

IDEOGRAPHS: Final = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002fa1f]")
"""Each is a word."""


def piece_numbers(text: str, most: int) -> list[int]:
    """The numbers of a text's pieces between those of its beginning and end; at most so many in all."""
    known = _numbers()
    found = [known[BEGIN]]
    for word in words_of(text):
        found += _numbers_of_word(word, known)
        if len(found) >= most:
            break
    return [*found[: most - 1], known[END]]


def words_of(text: str) -> Iterator[str]:
    """In small letters, without accents; each mark and each ideograph is a word of its own."""
    spaced = IDEOGRAPHS.sub(r" \g<0> ", "".join(map(_cleaned, text)))
    for part in spaced.lower().split():
        plain = "".join(char for char in unicodedata.normalize("NFD", part) if unicodedata.category(char) != "Mn")
        yield from _split_at_marks(plain)


def _cleaned(char: str) -> str:
    if char.isspace():
        return " "
    return "" if char == "\ufffd" or unicodedata.category(char)[0] == "C" else char


def _split_at_marks(word: str) -> Iterator[str]:
    begun = ""
    for char in word:
        if not _is_mark(char):
            begun += char
            continue
        if begun:
            yield begun
        yield char
        begun = ""
    if begun:
        yield begun


def _is_mark(char: str) -> bool:
    """Punctuation; of ASCII whatever is neither a letter nor a digit."""
    return not char.isalnum() if char.isascii() else unicodedata.category(char).startswith("P")


def _numbers_of_word(word: str, known: dict[str, int]) -> list[int]:
    """The longest pieces first, from the left."""
    found: list[int] = []
    place = 0
    while place < len(word) <= MAX_WORD:
        before = INSIDE if place else ""
        end = next((end for end in range(len(word), place, -1) if before + word[place:end] in known), None)
        if end is None:
            return [known[UNKNOWN]]
        found.append(known[before + word[place:end]])
        place = end
    return found or [known[UNKNOWN]]


@cache
def _numbers() -> dict[str, int]:
    pieces = gzip.decompress(PIECES.read_bytes()).decode().split("\n")
    return {piece: number for number, piece in enumerate(pieces)}
