"""Which variant of an answer a request gets: representation and content coding."""

from collections.abc import Callable
from typing import Final

from app.http.coding import Coding, wanted_coding

Negotiated = Callable[[bytes | None], str]
Variant = tuple[str, Coding]

_LONGEST_REMEMBERED: Final = 512
_MOST_REMEMBERED: Final = 1024


class Variants:
    """Remembers by the request's two fields. Long ones are worked out anew each time, so that what is
    remembered stays small."""

    def __init__(self, negotiated: Negotiated) -> None:
        self._negotiated = negotiated
        self._known: dict[tuple[bytes | None, bytes | None], Variant] = {}

    def of(self, accept: bytes | None, accept_encoding: bytes | None) -> Variant:
        asked = (accept, accept_encoding)
        return self._known.get(asked) or self._worked_out(asked)

    def _worked_out(self, asked: tuple[bytes | None, bytes | None]) -> Variant:
        accept, accept_encoding = asked
        found = (self._negotiated(accept), wanted_coding(accept_encoding))
        if len(accept or b"") + len(accept_encoding or b"") <= _LONGEST_REMEMBERED:
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            self._known[asked] = found
        return found
