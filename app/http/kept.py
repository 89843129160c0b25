"""Finished answers, kept for one head and within a number of bytes."""

from collections import OrderedDict
from collections.abc import Hashable
from datetime import datetime, timedelta
from typing import Final

from app.http.conditions import SETTLED_AFTER
from app.http.headers import Headers
from app.kit.clock import http_date

_OVERHEAD: Final = 2048
"""Bytes that an answer costs beside its body and its key: headers, lists, the entry itself."""

_OF_A_BODY: Final = frozenset(
    (b"content-type", b"content-length", b"content-encoding", b"content-language", b"content-disposition")
)


class Answer:
    """What is sent, ready to send; `brief` are the fields of the 304 that stands for it.

    While a change is younger than two seconds, another one may follow under the same date. So a young
    answer carries a date one second early, which no later question can mistake for the present one.
    """

    __slots__ = ("body", "brief", "changed", "etag", "head", "headers", "settles", "status")

    def __init__(
        self,
        status: int,
        headers: Headers,
        body: bytes,
        *,
        head: int,
        etag: bytes = b"",
        changed: datetime | None = None,
    ) -> None:
        self.status = status
        self.head = head
        self.body = body
        self.etag = etag
        self.changed = changed
        self.settles = None if changed is None else changed + SETTLED_AFTER
        early = None if changed is None else changed - timedelta(seconds=1)
        self._write(headers, early)

    def settle(self, now: datetime) -> None:
        """Show the true date as soon as it is safe."""
        if self.settles is not None and now >= self.settles:
            self.settles = None
            self._write(self.headers, self.changed)

    def _write(self, headers: Headers, changed: datetime | None) -> None:
        if changed is not None:
            headers = [field for field in headers if field[0] != b"last-modified"]
            headers.append((b"last-modified", http_date(changed).encode("ascii")))
        self.headers = headers
        self.brief = [field for field in headers if field[0] not in _OF_A_BODY]


class Kept:
    """Least recently used answers go first. Everything goes when the head moves."""

    def __init__(self, max_bytes: int) -> None:
        self.bytes = 0
        self._max_bytes = max_bytes
        self.head: int | None = None
        self._answers: OrderedDict[Hashable, tuple[Answer, int]] = OrderedDict()

    def turn_to(self, head: int) -> None:
        """Nothing that was made for another head is valid any more."""
        if head != self.head:
            self.head = head
            self._answers.clear()
            self.bytes = 0

    def get(self, key: Hashable) -> Answer | None:
        found = self._answers.get(key)
        if found is None:
            return None
        self._answers.move_to_end(key)
        return found[0]

    def put(self, key: Hashable, answer: Answer, *, key_bytes: int) -> None:
        """Keep the answer, unless its head has passed or it is too large for the whole."""
        size = len(answer.body) + key_bytes + _OVERHEAD
        if answer.head != self.head or size > self._max_bytes:
            return
        self._drop(key)
        self._answers[key] = (answer, size)
        self.bytes += size
        while self.bytes > self._max_bytes:
            self._drop(next(iter(self._answers)))

    def _drop(self, key: Hashable) -> None:
        _, size = self._answers.pop(key, (None, 0))
        self.bytes -= size
