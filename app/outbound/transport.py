"""Connections that go only where they may, and no longer than they may.

A name is resolved once, at the moment of connecting; what was checked is what is connected to, so a name that
resolves differently the next time gains nothing. TLS still verifies the name.
"""

import ssl
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import httpcore
import httpx

from app.outbound.errors import DestinationForbidden, TimedOut, Unreachable
from app.outbound.ip_policy import IsPermitted, Resolve, resolve_permitted

MonotonicClock = Callable[[], float]


class Deadline:
    """A moment that a whole exchange must not pass, redirects included."""

    def __init__(self, seconds: float, monotonic: MonotonicClock) -> None:
        self._monotonic = monotonic
        self._end = monotonic() + seconds

    def remaining(self) -> float:
        """Seconds that are left; raises `TimedOut` where there are none."""
        left = self._end - self._monotonic()
        if left <= 0:
            raise TimedOut("The server did not respond in time.")
        return left


class TimedStream(httpcore.NetworkStream):
    """Every wait on it ends with the deadline, so that a server which drips cannot keep us."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.remaining())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.remaining())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, self._deadline.remaining())
        return TimedStream(secured, self._deadline)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


class GuardedBackend(httpcore.NetworkBackend):
    """Opens connections to checked addresses only, in the order they were resolved."""

    def __init__(self, deadline: Deadline, resolve: Resolve, permitted: IsPermitted) -> None:
        self._deadline = deadline
        self._resolve = resolve
        self._permitted = permitted
        self._network = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        left = self._deadline.remaining()
        addresses = resolve_permitted(host, port, left, resolve=self._resolve, permitted=self._permitted)
        failed: Exception = Unreachable("The server has no address.")
        for address in addresses:
            try:
                return TimedStream(self._network.connect_tcp(address, port, self._deadline.remaining()), self._deadline)
            except (httpcore.NetworkError, httpcore.TimeoutException) as error:
                failed = error
        raise failed

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        raise DestinationForbidden("Only public servers are contacted.")

    def sleep(self, seconds: float) -> None:
        self._network.sleep(min(seconds, self._deadline.remaining()))


class Body(httpx.SyncByteStream):
    """The bytes of an answer as they come; errors of the network are ours here too."""

    def __init__(self, parts: Iterable[bytes], close: Callable[[], None]) -> None:
        self._parts = parts
        self._close = close

    def __iter__(self) -> Iterator[bytes]:
        with map_exceptions():
            yield from self._parts

    def close(self) -> None:
        self._close()


class GuardedTransport(httpx.BaseTransport):
    """One exchange's connections. TLS certificates are verified."""

    def __init__(self, backend: GuardedBackend, tls: ssl.SSLContext) -> None:
        self._pool = httpcore.ConnectionPool(ssl_context=tls, network_backend=backend, max_keepalive_connections=0)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        raw = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        content = request.stream
        if not isinstance(content, httpx.SyncByteStream):
            raise TypeError("The body of a request is sent from a thread, so it cannot be an asynchronous stream.")
        with map_exceptions():
            answer = self._pool.handle_request(
                httpcore.Request(request.method, raw, headers=request.headers.raw, content=content)
            )
        return httpx.Response(answer.status, headers=answer.headers, stream=Body(answer.iter_stream(), answer.close))

    def close(self) -> None:
        self._pool.close()


@contextmanager
def map_exceptions() -> Iterator[None]:
    """What goes wrong on the way, in our own words."""
    try:
        yield
    except (TimeoutError, httpcore.TimeoutException) as error:
        raise TimedOut("The server did not respond in time.") from error
    except (httpcore.NetworkError, httpcore.ProtocolError, ssl.SSLError, OSError) as error:
        raise Unreachable("The server could not be reached, or does not speak HTTP.") from error
