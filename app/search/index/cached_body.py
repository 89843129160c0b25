"""A finished body in memory: whole, and as lists show it."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

LONG_TEXT: Final = "body"
"""The member that lists leave out, of a document and of its parts."""

HIDDEN: Final = "hidden_labels"
"""The member that lists leave out where it follows the long text, as in entries."""

_TEXT: Final = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_LONG_TEXT: Final = re.compile(rb',"body":%b(?:,"hidden_labels":\[(?:%b,?)*+\])?+' % (_TEXT, _TEXT))


class CachedBody:
    """A body and the revision that last changed it."""

    __slots__ = ("_is_parted", "_parts", "revision")

    def __init__(self, revision: int, whole: bytes) -> None:
        self.revision = revision
        self._parts: Sequence[bytes] = (whole,)
        self._is_parted = False

    @property
    def whole(self) -> bytes:
        return b"".join(self._parts)

    @property
    def listed(self) -> bytes:
        """Without its long texts, which are parted from the rest once."""
        if not self._is_parted:
            self._parts = _parted(self.whole)
            self._is_parted = True
        return b"".join(self._parts[::2])


def _parted(whole: bytes) -> Sequence[bytes]:
    """What lists show and long texts, in turn. Exact: inside a JSON string a quotation mark is escaped, so the pattern
    is met at members alone."""
    places = [place for found in _LONG_TEXT.finditer(whole) for place in found.span()]
    return [whole[start:end] for start, end in pairwise((0, *places, len(whole)))]
