"""Which variant of an answer a request gets: representation and content coding."""

from collections.abc import Callable
from typing import Final

from app.http.cache.compression import ContentCoding, negotiate_coding

NegotiateFormat = Callable[[bytes | None], str]
Variant = tuple[str, ContentCoding]

_MAX_REMEMBERED_LENGTH: Final = 512
_MAX_REMEMBERED: Final = 1024


class Variants(dict[tuple[bytes | None, bytes | None], Variant]):
    """By the request's two fields `Accept` and `Accept-Encoding`. Long ones are not cached, so that the cache stays
    small."""

    def __init__(self, negotiated: NegotiateFormat) -> None:
        super().__init__()
        self._negotiated = negotiated

    def __missing__(self, fields: tuple[bytes | None, bytes | None]) -> Variant:
        accept, accept_encoding = fields
        found = (self._negotiated(accept), negotiate_coding(accept_encoding))
        if len(accept or b"") + len(accept_encoding or b"") <= _MAX_REMEMBERED_LENGTH:
            if len(self) >= _MAX_REMEMBERED:
                self.clear()
            self[fields] = found
        return found
