"""A finished body in memory: whole, and as lists show it."""

import re
from collections.abc import Sequence
from typing import Final

LONG_TEXT: Final = "body"
"""The member that lists leave out, of a document and of its parts."""

HIDDEN: Final = "hidden_labels"
"""The member that lists leave out where it follows the long text, as in entries."""

_TEXT: Final = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_LONG_TEXT: Final = re.compile(rb',"body":%b(?:,"hidden_labels":\[(?:%b,?)*+\])?+' % (_TEXT, _TEXT))

LongText = tuple[int, bytes]
"""Before which byte of the rest it stands, and itself."""


class CachedBody:
    """A body and the revision that last changed it."""

    __slots__ = ("_parted", "revision")

    def __init__(self, revision: int, whole: bytes) -> None:
        self.revision = revision
        self._parted: tuple[bytes, Sequence[LongText] | None] = (whole, None)  # one value, for many threads

    @property
    def whole(self) -> bytes:
        rest, long_texts = self._parted
        if not long_texts:
            return rest
        starts = (0, *(place for place, _ in long_texts))
        pieces = [
            piece
            for start, (place, text) in zip(starts, long_texts, strict=False)
            for piece in (rest[start:place], text)
        ]
        return b"".join((*pieces, rest[starts[-1] :]))

    @property
    def listed(self) -> bytes:
        """Without its long texts, which are parted from the rest once."""
        rest, long_texts = self._parted
        if long_texts is None:
            rest, _ = self._parted = _part(rest)
        return rest


def _part(whole: bytes) -> tuple[bytes, Sequence[LongText]]:
    """The rest and the long texts. Exact: inside a JSON string a quotation mark is escaped, so the pattern is met at
    members alone."""
    pieces, long_texts, start, size = [], [], 0, 0
    for found in _LONG_TEXT.finditer(whole):
        pieces.append(whole[start : found.start()])
        size += len(pieces[-1])
        long_texts.append((size, found.group()))
        start = found.end()
    return b"".join((*pieces, whole[start:])), long_texts
