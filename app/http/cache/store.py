"""Finished answers, kept for one head (whatever the service tells its states apart by) and within a number of bytes."""

from collections.abc import Hashable
from datetime import datetime, timedelta
from typing import Final

from app.http.cache.conditional_requests import SETTLED_AFTER
from app.http.headers import Headers, serialise_head
from app.kit.clock import http_date
from app.kit.lru_cache import LruByteCache

_OVERHEAD: Final = 2048
"""Bytes that an answer costs beside its body and its key: headers, lists, the entry itself."""

_OF_A_BODY: Final = frozenset(
    (b"content-type", b"content-length", b"content-encoding", b"content-language", b"content-disposition")
)


class CachedResponse:
    """What is sent, ready to send; `brief` are the fields of the 304 that stands for it.

    While a change is younger than two seconds, another one may follow under the same date. So a young
    answer carries a date one second early, which no later question can mistake for the present one.
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
    ) -> None:
        self.status = status
        self.revision = revision
        self.body = body
        self.etag = etag
        self.changed = changed
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
        """Its own status line and fields, or those of the 304, as HTTP/1.1 has them; made once."""
        known = self._serialised.get(status)
        if known is None:
            known = self._serialised[status] = serialise_head(
                status, self.not_modified_headers if status == 304 else self.headers
            )
        return known


class CacheStore(LruByteCache[Hashable, CachedResponse]):
    """Everything goes when the head moves."""

    revision: Hashable = None

    def advance_to(self, revision: Hashable) -> None:
        """Nothing that was made for another head is valid any more."""
        if revision != self.revision:
            self.revision = revision
            self.clear()

    def store(self, key: Hashable, answer: CachedResponse, *, key_bytes: int) -> None:
        """Unless the answer's head has passed."""
        if answer.revision == self.revision:
            self.put(key, answer, len(answer.body) + key_bytes + _OVERHEAD)
