"""BibTeX and BibLaTeX files: entries one by one with their line numbers, macros expanded. Fields stay LaTeX."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from app.intake.formats.bibtex_fields import BibtexEntry, parse_entry
from app.intake.formats.bibtex_macros import BrokenRecord, Macros
from app.intake.formats.encodings import MAX_LINE_LENGTH, DecodedLine, lines
from app.intake.records.parsed_record import MAX_RECORD_LENGTH, ParsedItem, RejectedRecord

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
class BibtexBlock:
    """The text of one `@…{…}`, with the number of its first line; `whole` if it was closed."""

    line: int
    kind: str
    close: str
    parts: list[str] = field(default_factory=list)
    depth: int = 0
    size: int = 0
    legacy: bool = False
    whole: bool = False


def read(stream: BinaryIO) -> Iterator[ParsedItem]:
    """Every entry. One whose braces do not balance ends where the next begins, and is repaired if possible."""
    macros = Macros()
    for block in _blocks(stream):
        if isinstance(block, RejectedRecord):
            yield block
            continue
        macros.passed(block.size)
        if block.kind not in ("comment", "preamble"):
            yield from _read(block, macros)


def _read(block: BibtexBlock, macros: Macros) -> Iterator[ParsedItem]:
    """The entry, if it is one: macros are kept, and what cannot be read is refused."""
    try:
        entry = _parse(block, macros)
        if block.kind == "string":
            macros.define(entry.fields)
            return
    except BrokenRecord as broken:
        yield RejectedRecord(block.line, f"{broken}.")
        return
    if not block.whole:
        entry.warnings.add("The closing brace is missing: the entry is assumed to end where the next begins.")
    yield parse_entry(entry)


def _blocks(stream: BinaryIO) -> Iterator[BibtexBlock | RejectedRecord]:
    block: BibtexBlock | None = None
    for line in lines(stream):
        if block is not None and _NEXT.match(line.text):
            yield block
            block = None
        finished, block = _of_line(line, block)
        yield from finished
        if line.cut:
            yield RejectedRecord(line.number, f"The line is longer than {MAX_LINE_LENGTH} bytes; the rest is ignored.")
            block = None
    if block is not None:
        yield block


def _of_line(line: DecodedLine, block: BibtexBlock | None) -> tuple[list[BibtexBlock], BibtexBlock | None]:
    """The blocks that end in a line, and the one that continues after it. `block` is the one of the lines before."""
    text, position = line.text, 0
    finished: list[BibtexBlock] = []
    while _INK.search(text, position):
        if block is None:
            found = _BEGIN.search(text, position)
            if found is None:
                break  # text between entries is a comment
            block = BibtexBlock(line.number, found[1].lower(), "}" if found[2] == "{" else ")")
            position = found.end()
        end = _end(block, text, position)
        stop = len(text) if end is None else end
        block.parts.append(text[position:stop])
        block.legacy = block.legacy or line.legacy
        block.whole = end is not None
        block.size += stop - position + 1
        if end is None and block.size <= MAX_RECORD_LENGTH:
            break
        finished.append(block)
        position, block = stop + 1, None
    return finished, block


def _end(block: BibtexBlock, text: str, position: int) -> int | None:
    """Where the block closes in this line; braces count even behind a backslash, as BibTeX has it."""
    for found in _BRACE.finditer(text, position):
        char = found[0]
        if block.depth == 0 and char == block.close:
            return found.start()
        if char != ")":
            block.depth += 1 if char == "{" else -1
    return None


def _parse(block: BibtexBlock, macros: Macros) -> BibtexEntry:
    if block.size > MAX_RECORD_LENGTH:
        raise BrokenRecord(f"The entry is longer than {MAX_RECORD_LENGTH} characters")
    text = "\n".join(block.parts)
    entry = BibtexEntry(block.line, block.kind, legacy=block.legacy)
    position = 0
    if block.kind != "string":
        key = _KEY.match(text)
        if key is None:
            raise BrokenRecord("The entry has no key")
        entry.key, position = key[1], key.end()
    while not _REST.match(text, position):
        name = _NAME.match(text, position)
        if name is None:
            raise BrokenRecord(
                f"After line {block.line + text.count(chr(10), 0, position)} a field was expected, as name = {{…}}"
            )
        value, position = _value(text, name.end(), macros, entry)
        entry.add(name[1].lower(), value)
    return entry


def _value(text: str, position: int, macros: Macros, entry: BibtexEntry) -> tuple[str, int]:
    """Pieces joined by #."""
    pieces = []
    while True:
        piece, position = _piece(text, position, macros, entry)
        pieces.append(piece)
        after = _JOINED.match(text, position)
        if after is None:
            return "".join(pieces), position
        position = after.end()


def _piece(text: str, position: int, macros: Macros, entry: BibtexEntry) -> tuple[str, int]:
    if text[position : position + 1] == "{":
        end = _balanced(text, position + 1, "}")
        return text[position + 1 : end], end + 1
    if text[position : position + 1] == '"':
        end = _balanced(text, position + 1, '"')
        return text[position + 1 : end], end + 1
    word = _WORD.match(text, position)
    if word is None:
        raise BrokenRecord(f"Line {entry.line + text.count(chr(10), 0, position)} has a field without a value")
    if word[0].isdigit():
        return word[0], word.end()
    meant = macros.expanded(word[0])
    if meant is None:
        entry.warnings.add(f"The macro {word[0]} is not defined; its name is used as it is.")
    return word[0] if meant is None else meant, word.end()


def _balanced(text: str, position: int, close: str) -> int:
    depth = 0
    for found in _BRACKET.finditer(text, position):
        char = found[0]
        if depth == 0 and char == close:
            return found.start()
        depth += {"{": 1, "}": -1}.get(char, 0)
        if depth < 0:
            break
    raise BrokenRecord("A brace or a quotation mark is not closed")
