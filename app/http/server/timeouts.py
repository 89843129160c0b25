"""How long a connection may wait for its client: one look at all of them each second, and no timer for any request."""

import fcntl
import logging
import struct
import termios
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from app.http.server.connection_errors import BODY_TIMEOUT, HEAD_TIMEOUT
from app.http.server.protocol import Protocol

MAX_UNREAD: Final = 64 * 2**20
"""Bytes that may wait in all connections together for readers who take nothing."""
STALL_LIMIT: Final = 5.0
"""Seconds without taking anything after which a reader has to go when there is more than that."""

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionTimeouts:
    """Seconds. `head` runs from the first byte of a request; `body` is the time in which `body_rate` bytes a second
    have to come; `unread` is how long a reader may take nothing of what is waiting for it."""

    first_byte: float = 10
    head: float = 10
    body: float = 10
    body_rate: int = 500
    kept_alive: float = 75
    unread: float = 30


class Wait(Enum):
    """What a connection waits for from its client."""

    FIRST_BYTE = "the first byte"
    HEAD = "the rest of a head"
    BODY = "a body"
    NEXT = "another request"
    NOTHING = "nothing: the service is at work, or has asked for a pause"


@dataclass(slots=True)
class WaitState:
    """What a connection was found waiting for, since when, and the body that had come by then; what is not yet taken,
    and when that was last seen to move."""

    wait: Wait = Wait.NOTHING
    of: object = None
    since: float = 0.0
    body_bytes: int = 0
    unread: int = 0
    moves: int = 0
    moved: float = 0.0


@dataclass(slots=True)
class TimeoutMonitor:
    """Closes the connections whose clients let it wait for too long."""

    timeouts: ConnectionTimeouts
    _watches: dict[Protocol, WaitState] = field(default_factory=dict)

    def sweep(self, connections: Iterable[Protocol], now: float) -> None:
        """To be called about once a second. A connection that cannot be looked at is given up alone."""
        self._watches = {each: self._watches.get(each) or WaitState(since=now, moved=now) for each in connections}
        for connection, watch in self._watches.items():
            try:
                self._look_at(connection, watch, now)
            except Exception as error:
                _LOG.error("unexpected error", exc_info=error)
                connection.transport.abort()
        self._make_room(now)

    def longest_idle(self, connections: Iterable[Protocol]) -> Protocol | None:
        """The one that could be spared first: kept alive, and without a request."""
        idle = [each for each in connections if is_spare(each)]
        return min(idle, key=self._idle_since, default=None)

    def _idle_since(self, connection: Protocol) -> float:
        watch = self._watches.get(connection)
        known = watch is not None and watch.of is connection.cycle and watch.wait is Wait.NEXT
        return watch.since if watch is not None and known else float("inf")

    def _look_at(self, connection: Protocol, watch: WaitState, now: float) -> None:
        if not self._is_read(connection, watch, now):
            connection.transport.abort()
        elif not connection.transport.is_closing():
            self._look_at_reading(connection, watch, now)

    def _look_at_reading(self, connection: Protocol, watch: WaitState, now: float) -> None:
        wait, of = waits_for(connection)
        if wait is not watch.wait or of is not watch.of:
            watch.wait, watch.of, watch.since, watch.body_bytes = wait, of, now, connection.body_bytes
            return
        times, waited = self.timeouts, now - watch.since
        if (wait is Wait.FIRST_BYTE and waited >= times.first_byte) or (
            wait is Wait.NEXT and waited >= times.kept_alive
        ):
            connection.transport.close()
        elif wait is Wait.HEAD and waited >= times.head:
            connection.refuse(HEAD_TIMEOUT)
        elif wait is Wait.BODY and waited >= times.body:
            if connection.body_bytes - watch.body_bytes < waited * times.body_rate:
                connection.refuse(BODY_TIMEOUT)
            watch.since, watch.body_bytes = now, connection.body_bytes

    def _is_read(self, connection: Protocol, watch: WaitState, now: float) -> bool:
        """False if nothing was taken for too long."""
        unread = unread_bytes(connection)
        if unread == 0 or unread < watch.unread or connection.moves != watch.moves:
            watch.moved = now
        watch.unread, watch.moves = unread, connection.moves
        return now - watch.moved < self.timeouts.unread

    def _make_room(self, now: float) -> None:
        """Of those who take nothing the ones with most go first, until the rest can be borne."""
        total = sum(watch.unread for watch in self._watches.values())
        if total <= MAX_UNREAD:
            return
        stalled = [
            (connection, watch) for connection, watch in self._watches.items() if now - watch.moved >= STALL_LIMIT
        ]
        ended = 0
        for connection, watch in sorted(stalled, key=lambda each: each[1].unread, reverse=True):
            if total <= MAX_UNREAD:
                break
            total -= watch.unread
            ended += 1
            connection.transport.abort()
        if ended:
            _LOG.warning("%d readers who took nothing were disconnected: too much was waiting for them", ended)


def is_spare(connection: Protocol) -> bool:
    """Kept alive without a request, and its last answer has gone."""
    transport = connection.transport
    return connection.is_idle and not transport.is_closing() and transport.get_write_buffer_size() == 0


def waits_for(connection: Protocol) -> tuple[Wait, object]:
    """With a value that identifies this wait among others of its kind."""
    cycle: Any = connection.cycle
    scope: Any = connection.scope
    if connection.flow.read_paused or (cycle is not None and cycle.waiting_for_100_continue):
        return Wait.NOTHING, cycle
    if scope is not None and (cycle is None or cycle.scope is not scope):
        return Wait.HEAD, scope
    if cycle is None:
        return Wait.FIRST_BYTE, None
    if cycle.more_body:
        return Wait.BODY, cycle
    return (Wait.NEXT if connection.is_idle else Wait.NOTHING), cycle


def unread_bytes(connection: Protocol) -> int:
    """What waits here to be sent and, where it does, what the system has taken over and the client has not confirmed:
    the system takes and sends in large steps (tcp(7), SIOCOUTQ)."""
    waiting: int = connection.transport.get_write_buffer_size()
    sock = connection.transport.get_extra_info("socket") if waiting else None
    if sock is None:
        return waiting
    try:
        taken = fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, struct.pack("i", 0))
    except OSError:  # not known on this system
        return waiting
    unconfirmed: int = struct.unpack("i", taken)[0]
    return waiting + unconfirmed
