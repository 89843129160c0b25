"""A finished body in memory: whole, and as lists show it."""

import re
from typing import Final

LONG_TEXT: Final = "body"
"""The member that lists leave out, of a document and of its parts."""

HIDDEN: Final = "hidden_labels"
"""The member that lists leave out where it follows the long text, as in entries."""

_TEXT: Final = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_LONG_TEXT: Final = re.compile(rb',"body":%b(?:,"hidden_labels":\[(?:%b,?)*+\])?+' % (_TEXT, _TEXT))


class CachedBody:
    """A body and the revision that last changed it."""

    __slots__ = ("_long_texts", "revision", "whole")

    def __init__(self, revision: int, whole: bytes) -> None:
        self.revision = revision
        self.whole = whole
        self._long_texts: tuple[tuple[int, int], ...] | None = None

    @property
    def listed(self) -> bytes:
        """Without its long texts, which are found once. Exact: inside a JSON string a quotation mark is escaped, so the
        pattern is met at members alone."""
        if self._long_texts is None:
            self._long_texts = tuple(found.span() for found in _LONG_TEXT.finditer(self.whole))
        if not self._long_texts:
            return self.whole
        position = 0
        kept = []
        for start, end in self._long_texts:
            kept.append(self.whole[position:start])
            position = end
        return b"".join((*kept, self.whole[position:]))
