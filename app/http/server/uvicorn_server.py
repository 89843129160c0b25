"""Uvicorn, with our connections: bounded in number, in time and in what they hold."""

import logging
import resource
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Final, cast

import uvicorn
from starlette.types import ASGIApp

from app.http.client_address import ClientAddressResolver
from app.http.server.listener import ACCEPT_BATCH, LINGERING, ConnectionLimits, Listener
from app.http.server.loop_lag import LoopLag
from app.http.server.protocol import Protocol
from app.http.server.timeouts import ConnectionTimeouts, TimeoutMonitor

RESERVED: Final = 128 + LINGERING + ACCEPT_BATCH
"""Descriptors for everything that is no connection: the database, files, logs, the event loop, refusals."""
MINIMUM: Final = 16
"""Connections below which a service is none."""

TICK: Final = 0.1
"""Seconds that uvicorn sleeps between two calls of `on_tick`."""

_LOG = logging.getLogger(__name__)


class TooFewFileDescriptors(Exception):
    """The process may not have as many open files as it needs to serve at all."""


class UvicornServer(uvicorn.Server):
    """Listens on the sockets that it is given, otherwise on all addresses of the configured host. `observe_lag` hears
    ten times a second by how many seconds the event loop is late."""

    def __init__(
        self,
        config: uvicorn.Config,
        limits: ConnectionLimits,
        client_addresses: ClientAddressResolver,
        timeouts: ConnectionTimeouts | None = None,
        observe_lag: Callable[[float], None] | None = None,
    ) -> None:
        super().__init__(config)
        self._limits = limits
        self._client_addresses = client_addresses
        self._watchman = TimeoutMonitor(timeouts or ConnectionTimeouts())
        self._lag = None if observe_lag is None else LoopLag(TICK, observe_lag)
        self.listener: Listener | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await self.lifespan.startup()
        bound = sockets or bind(self.config.host, self.config.port)
        make = partial(Protocol, self.config, self.server_state, self.lifespan.state)
        self.listener = Listener(bound, self._limits, self._client_addresses, make, self._spare)
        self.listener.listen()
        self.servers = [self.listener]  # type: ignore[list-item]  # it is closed as asyncio's are
        self.started = True

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second."""
        if self._lag is not None:
            self._lag.tick(time.monotonic())
        if counter % 10 == 0 and self.listener is not None:
            self._watchman.sweep(self._connections(), self.listener.now())
            self.listener.close_refused()
        return await super().on_tick(counter)

    def _connections(self) -> set[Protocol]:
        return cast(set[Protocol], self.server_state.connections)

    def _spare(self, client: str | None) -> Protocol | None:
        """The connection, of that client if one is named, that can be closed with the least harm."""
        all_ = self._connections()
        return self._watchman.longest_idle(each for each in all_ if client is None or each.client_key == client)


def serve(
    app: ASGIApp,
    sockets: list[socket.socket],
    limits: ConnectionLimits,
    client_addresses: ClientAddressResolver,
    *,
    patience: int,
    observe_lag: Callable[[float], None] | None = None,
) -> None:
    """On bound sockets, until the process receives a signal to stop; responses in progress have `patience` seconds
    then. Raises TooFewFileDescriptors."""
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http=Protocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        timeout_graceful_shutdown=patience,
    )
    bounded = replace(limits, total=limit_to_descriptors(limits.total))
    server = UvicornServer(config, bounded, client_addresses, observe_lag=observe_lag)
    with suppress(KeyboardInterrupt):  # it has stopped in order, and raises what stopped it
        server.run(sockets)


def limit_to_descriptors(wanted: int) -> int:
    """So many connections as leave enough descriptors for the rest. The process's limit is raised as far as it may be.
    Raises TooFewFileDescriptors."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + RESERVED
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    possible = wanted if soft == resource.RLIM_INFINITY else min(wanted, soft - RESERVED)
    if possible < MINIMUM:
        raise TooFewFileDescriptors(
            f"The process may have {soft} files open, and needs {MINIMUM + RESERVED}: see `ulimit -n`."
        )
    if possible < wanted:
        _LOG.warning("a limit of %d open files allows %d connections instead of %d", soft, possible, wanted)
    return possible


def bind(host: str, port: int) -> list[socket.socket]:
    """A socket for each address that the host has. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    bound: list[socket.socket] = []
    try:
        for family, kind, protocol, _, address in dict.fromkeys(found):
            sock = socket.socket(family, kind, protocol)
            bound.append(sock)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.bind(address)
    except OSError:
        for sock in bound:
            sock.close()
        raise
    return bound
