"""Complete responses, stored for one published revision and within a number of bytes."""

from collections.abc import Hashable
from datetime import datetime, timedelta
from typing import Final

from app.http.cache.conditional_requests import SETTLED_AFTER
from app.http.context import Use
from app.http.headers import Headers, serialise_head
from app.kit.clock import http_date
from app.kit.containers.lru_cache import LruByteCache

_OVERHEAD: Final = 2048
"""Bytes that a response costs beside its body and its key: headers, lists, the entry itself."""

_OF_A_BODY: Final = frozenset(
    (b"content-type", b"content-length", b"content-encoding", b"content-language", b"content-disposition")
)


class CachedResponse:
    """A response, ready to send; `not_modified_headers` are the fields of the 304 that replaces it.

    While a change is younger than two seconds, another one may follow under the same date. So a young
    response carries a date one second early, which no later request can mistake for the current one.
    """

    __slots__ = (
        "_serialised",
        "body",
        "changed",
        "etag",
        "final_date_at",
        "headers",
        "not_modified_headers",
        "revision",
        "status",
        "use",
    )

    def __init__(
        self,
        status: int,
        headers: Headers,
        body: bytes,
        *,
        revision: Hashable,
        etag: bytes = b"",
        changed: datetime | None = None,
        use: Use | None = None,
    ) -> None:
        self.status = status
        self.revision = revision
        self.body = body
        self.etag = etag
        self.changed = changed
        self.use = use
        self.final_date_at = None if changed is None else changed + SETTLED_AFTER
        early = None if changed is None else changed - timedelta(seconds=1)
        self._write(headers, early)

    def finalise_date(self, now: datetime) -> None:
        """Show the true date as soon as it is safe."""
        if self.final_date_at is not None and now >= self.final_date_at:
            self.final_date_at = None
            self._write(self.headers, self.changed)

    def _write(self, headers: Headers, changed: datetime | None) -> None:
        if changed is not None:
            headers = [field for field in headers if field[0] != b"last-modified"]
            headers.append((b"last-modified", http_date(changed).encode("ascii")))
        self.headers = headers
        self.not_modified_headers = [field for field in headers if field[0] not in _OF_A_BODY]
        self._serialised: dict[int, bytes] = {}

    def serialise(self, status: int) -> bytes:
        """Its own status line and fields, or those of the 304, as bytes of HTTP/1.1; made once."""
        known = self._serialised.get(status)
        if known is None:
            known = self._serialised[status] = serialise_head(
                status, self.not_modified_headers if status == 304 else self.headers
            )
        return known


class CacheStore(LruByteCache[Hashable, CachedResponse]):
    """All responses are of one published revision; when it changes, the store is cleared."""

    revision: Hashable = None

    def advance_to(self, revision: Hashable) -> None:
        """Clear the store unless this is the revision its responses are of."""
        if revision != self.revision:
            self.revision = revision
            self.clear()

    def add(self, key: Hashable, answer: CachedResponse, *, key_bytes: int) -> None:
        """Add a response, unless it is of another revision."""
        if answer.revision == self.revision:
            head = len(answer.serialise(answer.status))
            self.put(key, answer, len(answer.body) + head + key_bytes + _OVERHEAD)
