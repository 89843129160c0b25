"""Accepting connections: so many in all and of one client; where none can be accepted, it is logged and tried again."""

import asyncio
import logging
import socket
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from app.http.client_address import ClientAddressResolver
from app.http.server.connection_errors import TOO_MANY, TOO_MANY_PER_CLIENT
from app.http.server.protocol import Protocol

BACKLOG: Final = 2048
"""Connections that the system keeps until they are accepted."""
ACCEPT_BATCH: Final = 16
"""Connections accepted in one turn of the loop."""
PAUSE: Final = 1.0
"""Seconds until it is tried again when nothing can be accepted."""
LINGERING: Final = 32
"""Refused connections that are kept a moment, so that their refusal is read: it is lost where a connection is closed
while something unread lies in it."""
QUIET: Final = 60.0
"""Seconds in which the same warning is logged once."""

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """`total` connections, and `per_client` of one client; those of a trusted proxy count in the total only.
    `accept_batch` are accepted in one turn of the loop."""

    total: int
    per_client: int
    accept_batch: int = ACCEPT_BATCH


class RateLimitedWarnings:
    """Warnings that anybody could cause by the thousand: each at most once a minute, with how often."""

    def __init__(self) -> None:
        self._warned_at: dict[str, float] = {}
        self._unreported: Counter[str] = Counter()

    def warn(self, message: str, now: float) -> None:
        self._unreported[message] += 1
        if now - self._warned_at.get(message, -QUIET) >= QUIET:
            self._warned_at[message] = now
            _LOG.warning(message, extra={"fields": {"times": self._unreported.pop(message)}})


class Listener:
    """Accepts by itself: the event loop's own way stops listening, silently and for good, when descriptors are short.

    It has the methods that Uvicorn needs of a server: `close` and `wait_closed`.
    """

    def __init__(
        self,
        sockets: Sequence[socket.socket],
        limits: ConnectionLimits,
        client_addresses: ClientAddressResolver,
        make_protocol: Callable[[], Protocol],
        spare: Callable[[str | None], Protocol | None],
    ) -> None:
        self._sockets = sockets
        self._limits = limits
        self._client_addresses = client_addresses
        self._make_protocol = make_protocol
        self._spare = spare
        self._loop = asyncio.get_running_loop()
        self._count = 0
        self._per_client: Counter[str] = Counter()
        self._opening: set[asyncio.Task[None]] = set()
        self._lingering: deque[socket.socket] = deque()
        self._notices = RateLimitedWarnings()

    def listen(self) -> None:
        for sock in self._sockets:
            sock.setblocking(False)
            sock.listen(BACKLOG)
            self._loop.add_reader(sock, self._accept, sock)

    @property
    def ports(self) -> list[int]:
        return [sock.getsockname()[1] for sock in self._sockets]

    def now(self) -> float:
        """By the event loop's clock."""
        return self._loop.time()

    def close(self) -> None:
        for sock in self._sockets:
            self._loop.remove_reader(sock)
            sock.close()
        self.close_refused()

    async def wait_closed(self) -> None:
        """Nothing is left to be waited for."""

    def close_refused(self) -> None:
        """Close the refused connections that have had a moment. To be called about once a second."""
        while self._lingering:
            self._lingering.popleft().close()

    def _accept(self, sock: socket.socket) -> None:
        for _ in range(self._limits.accept_batch):
            try:
                accepted, address = sock.accept()
            except BlockingIOError:
                return
            except ConnectionAbortedError:
                continue
            except OSError as error:
                self._pause(sock, error)
                return
            self._admit(accepted, str(address[0]))

    def _pause(self, sock: socket.socket, error: OSError) -> None:
        """Descriptors or memory are short (accept(2)): whoever waits is accepted when there are some again."""
        self._notices.warn(f"connections cannot be accepted: {error.strerror}", self.now())
        self._loop.remove_reader(sock)
        self._loop.call_later(PAUSE, self._resume, sock)

    def _resume(self, sock: socket.socket) -> None:
        if sock.fileno() != -1:  # not closed meanwhile
            self._loop.add_reader(sock, self._accept, sock)

    def _admit(self, accepted: socket.socket, host: str) -> None:
        """Where there are too many, one that is kept alive without need makes room; else this one is refused."""
        client = self._client_addresses.direct(host)
        if client is not None and self._per_client[client] >= self._limits.per_client and not self._make_room(client):
            self._refuse(accepted, TOO_MANY_PER_CLIENT, "a client has as many connections as one may have")
        elif self._count >= self._limits.total and not self._make_room(None):
            self._refuse(accepted, TOO_MANY, "there are as many connections as there may be")
        else:
            self._open(accepted, client)

    def _make_room(self, client: str | None) -> bool:
        idle = self._spare(client)
        if idle is not None:
            idle.transport.abort()
        return idle is not None

    def _refuse(self, accepted: socket.socket, answer: bytes, why: str) -> None:
        self._notices.warn(why, self.now())
        if len(self._lingering) >= LINGERING:
            self._lingering.popleft().close()
        self._lingering.append(accepted)
        try:
            accepted.setblocking(False)
            accepted.send(answer)
            accepted.shutdown(socket.SHUT_WR)
        except OSError:  # it has gone already
            return

    def _open(self, accepted: socket.socket, client: str | None) -> None:
        self._count += 1
        if client is not None:
            self._per_client[client] += 1
        task = self._loop.create_task(self._connect(accepted, client))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    async def _connect(self, accepted: socket.socket, client: str | None) -> None:
        protocol = self._make_protocol()
        protocol.client_key = client
        protocol.on_lost = partial(self._lost, client)
        try:
            accepted.setblocking(False)
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await self._loop.connect_accepted_socket(lambda: protocol, accepted)
        except Exception as error:
            _LOG.warning("a connection could not be opened: %s", error)
            accepted.close()
            if not protocol.is_open:
                self._lost(client)

    def _lost(self, client: str | None) -> None:
        self._count -= 1
        if client is not None:
            self._per_client[client] -= 1
            if not self._per_client[client]:
                del self._per_client[client]
