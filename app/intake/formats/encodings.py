"""Text of any sane encoding: a byte order mark decides, then UTF-8, then Windows-1252, line by line."""

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

BLOCK = 2**16
MAX_LINE_LENGTH = 2**20
"""Bytes of a line; more of it is not read."""
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LINE_END = re.compile(rb"\r\n|\r|\n")
LEGACY = "Windows-1252"


@dataclass(frozen=True, slots=True)
class DecodedLine:
    """A line without its end; `legacy` where it was no UTF-8, `cut` where it was longer. Numbers begin with 1."""

    number: int
    text: str
    legacy: bool = False
    cut: bool = False


def blocks(stream: BinaryIO) -> Iterator[bytes]:
    """The stream from where it stands, without a mark; UTF-16 and UTF-32 become UTF-8, all else stays as it is."""
    first = stream.read(BLOCK)
    mark, encoding = next(((mark, name) for mark, name in _MARKS if first.startswith(mark)), (b"", _unmarked(first)))
    rest = iter(lambda: stream.read(BLOCK), b"")
    if encoding == "utf-8":
        yield first[len(mark) :]
        yield from rest
        return
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    yield decoder.decode(first[len(mark) :]).encode()
    for block in rest:
        yield decoder.decode(block).encode()
    yield decoder.decode(b"", final=True).encode()


def _unmarked(first: bytes) -> str:
    """UTF-16 shows itself by the empty half of most of its characters."""
    sample = first[:2000]
    if len(sample) > 3 and sample[1::2].count(0) > len(sample) // 4:
        return "utf-16-le"
    if len(sample) > 3 and sample[::2].count(0) > len(sample) // 4:
        return "utf-16-be"
    return "utf-8"


def decoded(raw: bytes) -> tuple[str, bool]:
    """The text, and whether it had to be read as Windows-1252."""
    try:
        return raw.decode("utf-8"), False
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace"), True


def lines(stream: BinaryIO) -> Iterator[DecodedLine]:
    """Every line, whether it ends in CR LF, LF or CR."""
    for number, raw in enumerate(_split(blocks(stream)), start=1):
        text, legacy = decoded(raw[:MAX_LINE_LENGTH])
        yield DecodedLine(number, text, legacy, cut=len(raw) > MAX_LINE_LENGTH)


def _split(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Lines; of one that is too long the beginning, which is longer than `MAX_LINE_LENGTH` too."""
    kept: list[bytes] = []
    size, held = 0, False
    for part in parts:
        whole = b"\r" + part if held else part  # a CR at the end of a block may be half of CR LF
        held = whole.endswith(b"\r")
        first, *others = _LINE_END.split(whole[:-1] if held else whole)
        if size <= MAX_LINE_LENGTH:
            kept.append(first)
            size += len(first)
        if others:
            yield b"".join(kept)
            yield from others[:-1]
            kept, size = [others[-1]], len(others[-1])
    last = b"".join(kept)
    if last or held:
        yield last
