"""BibTeX and BibLaTeX files: entries one after another, each with its line, macros replaced. Fields stay LaTeX."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from app.intake.bibtex_fields import Entry, reading_of
from app.intake.dates import MONTHS
from app.intake.encodings import lines
from app.intake.reading import LONGEST_RECORD, Found, Refusal

_BEGIN = re.compile(r"\s*@\s*([A-Za-z]+)\s*([{(])")
_NEXT = re.compile(r"\s*@\s*[A-Za-z]+\s*[{(]\s*[^\s,{}=\"]*\s*(?:,|$)|\s*@(?:string|comment|preamble)\b", re.IGNORECASE)
_REST = re.compile(r"[\s,]*\Z")
_JOINED = re.compile(r"\s*#\s*")
_BRACKET = re.compile(r'[{}"]')
_KEY = re.compile(r"\s*([^\s,{}=\"#]*)\s*(?:,|$)")
_NAME = re.compile(r"[\s,]*([A-Za-z][A-Za-z0-9_:.+/-]*)\s*=\s*")
_WORD = re.compile(r"[A-Za-z0-9_:.+/'!$&*-]+")
_MOST_MACROS: Final = 10_000


class Broken(ValueError):
    """What is wrong with an entry, in words."""


@dataclass
class Block:
    """The text of one `@…{…}`, from its line on."""

    line: int
    kind: str
    close: str
    parts: list[str] = field(default_factory=list)
    depth: int = 0
    size: int = 0
    legacy: bool = False


def read(stream: BinaryIO) -> Iterator[Found]:
    """Every entry. One whose braces do not balance ends where the next begins, and is mended if that makes sense."""
    macros = {name: str(number) for name, number in MONTHS.items() if len(name) == 3}
    for block, whole in _blocks(stream):
        if block.kind in ("comment", "preamble"):
            continue
        try:
            entry = _parse(block, macros)
        except Broken as broken:
            yield Refusal(block.line, f"{broken}.")
            continue
        if block.kind == "string":
            known = {name: text for name, text in entry.fields.items() if len(macros) < _MOST_MACROS}
            macros |= known
            continue
        if not whole:
            entry.warnings.append("The closing brace is missing; the entry was taken to end where the next begins.")
        yield reading_of(entry)


def _blocks(stream: BinaryIO) -> Iterator[tuple[Block, bool]]:
    """Each block, and whether it was closed."""
    block: Block | None = None
    for line in lines(stream):
        text = line.text
        if block is not None and _NEXT.match(text):
            yield block, False
            block = None
        while text.strip():
            if block is None:
                found = _BEGIN.match(text) or _BEGIN.search(text)
                if found is None:
                    break  # what stands between entries is a comment
                block = Block(line.number, found[1].lower(), "}" if found[2] == "{" else ")")
                text = text[found.end() :]
            end = _end(block, text)
            block.parts.append(text if end is None else text[:end])
            block.legacy = block.legacy or line.legacy
            block.size += len(text) + 1
            if end is None and block.size <= LONGEST_RECORD:
                break
            yield block, end is not None
            text, block = ("" if end is None else text[end + 1 :]), None
    if block is not None:
        yield block, False


def _end(block: Block, text: str) -> int | None:
    """Where the block closes in this line; braces count even behind a backslash, as BibTeX has it."""
    for found in re.finditer(r"[{})]", text):
        char = found[0]
        if block.depth == 0 and char == block.close:
            return found.start()
        if char != ")":
            block.depth += 1 if char == "{" else -1
    return None


def _parse(block: Block, macros: dict[str, str]) -> Entry:
    if block.size > LONGEST_RECORD:
        raise Broken(f"The entry is longer than {LONGEST_RECORD} characters")
    text = "\n".join(block.parts)
    entry = Entry(block.line, block.kind, legacy=block.legacy)
    place = 0
    if block.kind != "string":
        key = _KEY.match(text)
        if key is None:
            raise Broken("The entry has no key")
        entry.key, place = key[1], key.end()
    while not _REST.match(text, place):
        name = _NAME.match(text, place)
        if name is None:
            raise Broken(
                f"After line {block.line + text.count(chr(10), 0, place)} a field was expected, as name = {{…}}"
            )
        value, place = _value(text, name.end(), macros, entry)
        entry.add(name[1].lower(), value)
    return entry


def _value(text: str, place: int, macros: dict[str, str], entry: Entry) -> tuple[str, int]:
    """Pieces joined by #."""
    pieces = []
    while True:
        piece, place = _piece(text, place, macros, entry)
        pieces.append(piece)
        after = _JOINED.match(text, place)
        if after is None:
            return "".join(pieces), place
        place = after.end()


def _piece(text: str, place: int, macros: dict[str, str], entry: Entry) -> tuple[str, int]:
    if text[place : place + 1] == "{":
        end = _balanced(text, place + 1, "}")
        return text[place + 1 : end], end + 1
    if text[place : place + 1] == '"':
        end = _balanced(text, place + 1, '"')
        return text[place + 1 : end], end + 1
    word = _WORD.match(text, place)
    if word is None:
        raise Broken(f"Line {entry.line + text.count(chr(10), 0, place)} has a field without a value")
    if word[0].isdigit():
        return word[0], word.end()
    if word[0].lower() not in macros:
        entry.warnings.append(f"The macro {word[0]} is not defined; its name stands in its place.")
    return macros.get(word[0].lower(), word[0]), word.end()


def _balanced(text: str, place: int, close: str) -> int:
    depth = 0
    for found in _BRACKET.finditer(text, place):
        char = found[0]
        if depth == 0 and char == close:
            return found.start()
        depth += {"{": 1, "}": -1}.get(char, 0)
        if depth < 0:
            break
    raise Broken("A brace or a quotation mark is not closed")
