"""Finished answers, kept for one head (whatever the service tells its states apart by) and within a number of bytes."""

from collections.abc import Hashable
from datetime import datetime, timedelta
from typing import Final

from app.http.conditions import SETTLED_AFTER
from app.http.headers import Headers, on_the_wire
from app.kit.bounded import Bounded
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

    __slots__ = ("_wires", "body", "brief", "changed", "etag", "head", "headers", "settles", "status")

    def __init__(
        self,
        status: int,
        headers: Headers,
        body: bytes,
        *,
        head: Hashable,
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
        self._wires: dict[int, bytes] = {}

    def wire(self, status: int) -> bytes:
        """Its own status line and fields, or those of the 304, as HTTP/1.1 has them; made once."""
        known = self._wires.get(status)
        if known is None:
            known = self._wires[status] = on_the_wire(status, self.brief if status == 304 else self.headers)
        return known


class Kept(Bounded[Hashable, Answer]):
    """Everything goes when the head moves."""

    head: Hashable = None

    def turn_to(self, head: Hashable) -> None:
        """Nothing that was made for another head is valid any more."""
        if head != self.head:
            self.head = head
            self.clear()

    def keep(self, key: Hashable, answer: Answer, *, key_bytes: int) -> None:
        """Unless the answer's head has passed."""
        if answer.head == self.head:
            self.put(key, answer, len(answer.body) + key_bytes + _OVERHEAD)
