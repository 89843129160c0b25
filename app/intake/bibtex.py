"""BibTeX and BibLaTeX files: entries one after another, each with its line, macros replaced. Fields stay LaTeX."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from app.intake.bibtex_fields import Entry, reading_of
from app.intake.bibtex_macros import Macros
from app.intake.encodings import LONGEST_LINE, Line, lines
from app.intake.errors import Broken
from app.intake.reading import LONGEST_RECORD, Found, Refusal

# Possessive: no pattern tries the same blanks twice.
_BEGIN = re.compile(r"@\s*+([A-Za-z]++)\s*+([{(])")
_NEXT = re.compile(
    r"\s*+@(?:\s*+[A-Za-z]++\s*+[{(]\s*+[^\s,{}=\"]*+\s*+(?:,|$)|(?:string|comment|preamble)\b)", re.IGNORECASE
)
_INK = re.compile(r"\S")
_REST = re.compile(r"[\s,]*+\Z")
_JOINED = re.compile(r"\s*+#\s*+")
_BRACE = re.compile(r"[{})]")
_BRACKET = re.compile(r'[{}"]')
_KEY = re.compile(r"\s*+([^\s,{}=\"#]*+)\s*+(?:,|$)")
_NAME = re.compile(r"[\s,]*+([A-Za-z][A-Za-z0-9_:.+/-]*+)\s*+=\s*+")
_WORD = re.compile(r"[A-Za-z0-9_:.+/'!$&*-]++")


@dataclass
class Block:
    """The text of one `@…{…}`, from its line on; `whole` if it was closed."""

    line: int
    kind: str
    close: str
    parts: list[str] = field(default_factory=list)
    depth: int = 0
    size: int = 0
    legacy: bool = False
    whole: bool = False


def read(stream: BinaryIO) -> Iterator[Found]:
    """Every entry. One whose braces do not balance ends where the next begins, and is mended if that makes sense."""
    macros = Macros()
    for block in _blocks(stream):
        if isinstance(block, Refusal):
            yield block
            continue
        macros.passed(block.size)
        if block.kind not in ("comment", "preamble"):
            yield from _read(block, macros)


def _read(block: Block, macros: Macros) -> Iterator[Found]:
    """The entry, if it is one: macros are kept, and what cannot be read is refused."""
    try:
        entry = _parse(block, macros)
        if block.kind == "string":
            macros.define(entry.fields)
            return
    except Broken as broken:
        yield Refusal(block.line, f"{broken}.")
        return
    if not block.whole:
        entry.warnings.add("The closing brace is missing; the entry was taken to end where the next begins.")
    yield reading_of(entry)


def _blocks(stream: BinaryIO) -> Iterator[Block | Refusal]:
    block: Block | None = None
    for line in lines(stream):
        if block is not None and _NEXT.match(line.text):
            yield block
            block = None
        finished, block = _of_line(line, block)
        yield from finished
        if line.cut:
            yield Refusal(line.number, f"The line is longer than {LONGEST_LINE} bytes; the rest of it is not read.")
            block = None
    if block is not None:
        yield block


def _of_line(line: Line, block: Block | None) -> tuple[list[Block], Block | None]:
    """The blocks that end in a line, and the one that goes on after it. `block` is that of the lines before."""
    text, place = line.text, 0
    finished: list[Block] = []
    while _INK.search(text, place):
        if block is None:
            found = _BEGIN.search(text, place)
            if found is None:
                break  # what stands between entries is a comment
            block = Block(line.number, found[1].lower(), "}" if found[2] == "{" else ")")
            place = found.end()
        end = _end(block, text, place)
        stop = len(text) if end is None else end
        block.parts.append(text[place:stop])
        block.legacy = block.legacy or line.legacy
        block.whole = end is not None
        block.size += stop - place + 1
        if end is None and block.size <= LONGEST_RECORD:
            break
        finished.append(block)
        place, block = stop + 1, None
    return finished, block


def _end(block: Block, text: str, place: int) -> int | None:
    """Where the block closes in this line; braces count even behind a backslash, as BibTeX has it."""
    for found in _BRACE.finditer(text, place):
        char = found[0]
        if block.depth == 0 and char == block.close:
            return found.start()
        if char != ")":
            block.depth += 1 if char == "{" else -1
    return None


def _parse(block: Block, macros: Macros) -> Entry:
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


def _value(text: str, place: int, macros: Macros, entry: Entry) -> tuple[str, int]:
    """Pieces joined by #."""
    pieces = []
    while True:
        piece, place = _piece(text, place, macros, entry)
        pieces.append(piece)
        after = _JOINED.match(text, place)
        if after is None:
            return "".join(pieces), place
        place = after.end()


def _piece(text: str, place: int, macros: Macros, entry: Entry) -> tuple[str, int]:
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
    meant = macros.expanded(word[0])
    if meant is None:
        entry.warnings.add(f"The macro {word[0]} is not defined; its name stands in its place.")
    return word[0] if meant is None else meant, word.end()


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
